import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listSegments } from '../../../src/spool/directory.ts'
import { ROOT } from '../../cli/spillway.ts'
import { until } from '../../spool/fixture.ts'
import type { Source } from './source.ts'

/** Bytes of the spool's file system: small enough to be filled at once, large enough for a run. */
const DISK_BYTES = 768 << 20

/** Bytes of the smallest one that is tried. */
const LEAST_BYTES = 16 << 20

/** Blocks that are not taken at once: the shim takes some in the meantime. */
const SPARE_BLOCKS = 4096

/** Milliseconds without progress after which nothing more is waited for. */
const STILL_MS = 20_000

/** Milliseconds until a service that ended is started again, as its unit does. */
const RESTART_MS = 100

/** True where this process may mount an image, and freeze what it has mounted. */
export const canLoop: boolean = ((): boolean => {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-loop-'))
  try {
    mountImage(join(directory, 'disk.img'), directory, LEAST_BYTES)
    execFileSync('fsfreeze', ['--freeze', directory])
    execFileSync('fsfreeze', ['--unfreeze', directory])
    execFileSync('umount', [directory])
    return true
  } catch (error) {
    process.stderr.write(`the fault campaign is SKIPPED: no disk of its own (${String(error)})\n`)
    return false
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})()

/** Makes a file system in a file and mounts it. */
function mountImage(image: string, directory: string, bytes: number): void {
  execFileSync('truncate', ['-s', String(bytes), image])
  execFileSync('mkfs.ext4', ['-q', '-m', '0', image])
  execFileSync('mount', ['-o', 'loop', image, directory])
}

/**
 * A host under test: shim and service as they are installed, the spool on a file system of its own,
 * and what auditd and systemd do about processes that end.
 */
export class Host {
  readonly spool: string
  readonly out: string
  readonly #directory: string
  readonly #config: string
  readonly #disk: string
  readonly #source: Source
  /** Standard error of everything that ran. */
  said = ''
  shim: ChildProcess | null = null
  service: ChildProcess | null = null
  /** Services that are to give way to a newer one. */
  readonly giving: ChildProcess[] = []
  #ending = false

  constructor(source: Source) {
    this.#source = source
    this.#directory = mkdtempSync(join(tmpdir(), 'spillway-campaign-'))
    this.#disk = join(this.#directory, 'disk')
    this.spool = join(this.#disk, 'spool')
    this.out = join(this.#directory, 'out')
    mkdirSync(this.#disk)
    mountImage(join(this.#directory, 'disk.img'), this.#disk, DISK_BYTES)
    mkdirSync(this.spool)
    this.#config = join(this.#directory, 'spillway.yaml')
    writeFileSync(
      this.#config,
      `node: web-01\nspool:\n  directory: ${this.spool}\noutput: ndjson:${this.out}\nraw: true\nlog:\n  level: warn\n`,
    )
  }

  /** Starts a shim, has the source feed it, and waits for its first segment. */
  async startShim(): Promise<ChildProcess> {
    const before = this.#epoch()
    const shim = spawn(
      join(ROOT, 'dist/spillway-shim'),
      ['--spool', this.spool, '--keep-free', '1M', '--limit', '4G'],
      { env: {}, cwd: '/', stdio: ['pipe', 'ignore', 'pipe'] },
    )
    this.#hear(shim)
    this.shim = shim
    this.#source.feed(shim)
    await until(() => this.#epoch() > before, 'the shim has a segment')
    return shim
  }

  /** Starts a service, which is started again whenever it ends before `end`. */
  startService(): void {
    const service = spawn(
      process.execPath,
      [join(ROOT, 'bin/spillway'), 'run', '--config', this.#config],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#hear(service)
    this.service = service
    service.on('exit', () => {
      setTimeout(() => {
        if (!this.#ending && this.service === service) this.startService()
      }, RESTART_MS)
    })
  }

  /** Freezes or thaws the spool's file system. */
  freeze(on: boolean): void {
    execFileSync('fsfreeze', [on ? '--freeze' : '--unfreeze', this.#disk])
  }

  /** Takes all room of the spool's file system, or gives it back. */
  fill(on: boolean): void {
    const [ballast, rest] = ['ballast', 'rest'].map((name) => join(this.#disk, name))
    if (!on) {
      for (const path of [ballast, rest]) rmSync(path, { force: true })
      return
    }
    const { bavail, bsize } = statfsSync(this.#disk)
    execFileSync('fallocate', ['-l', String(Math.max(1, bavail - SPARE_BLOCKS) * bsize), ballast])
    // It ends because the disk is full.
    spawnSync('dd', ['if=/dev/zero', `of=${rest}`, 'bs=64K'], { stdio: 'ignore' })
  }

  /**
   * Ends the input, then the service as soon as `delivered` gives the last serial, or has not moved for
   * long; gives their exit codes.
   */
  async end(delivered: () => number, last: number): Promise<{ shim: Ending; service: Ending }> {
    this.shim?.stdin?.end()
    const shim = await exitCodeOf(this.shim as ChildProcess)
    let moved = performance.now()
    for (let seen = 0; seen !== last && performance.now() - moved < STILL_MS; await sleep(200)) {
      const now = delivered()
      if (now !== seen) moved = performance.now()
      seen = now
    }
    this.#ending = true
    this.service?.kill('SIGTERM')
    const service = await exitCodeOf(this.service as ChildProcess)
    return { shim, service }
  }

  /** Ends what still runs and removes everything. */
  remove(): void {
    this.#ending = true
    for (const child of [this.shim, this.service, ...this.giving]) child?.kill('SIGKILL')
    execFileSync('umount', ['-l', this.#disk])
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #hear(child: ChildProcess): void {
    child.stderr?.on('data', (text: Buffer) => {
      this.said += text.toString()
    })
  }

  #epoch(): number {
    return listSegments(this.spool).at(-1)?.epoch ?? 0
  }
}

/** Exit code or signal of a process. */
type Ending = number | string

/** Settles with the exit code or signal of a process. */
export async function exitCodeOf(child: ChildProcess): Promise<Ending> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode ?? child.signalCode ?? 'running'
}
