import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listSegments } from '../../../src/spool/directory.ts'
import { ROOT } from '../../cli/spillway.ts'
import { Disk } from '../../loop-disk.ts'
import { until } from '../../spool/fixture.ts'
import type { Outlet } from './outlet.ts'
import type { Source } from './source.ts'

const SABOTEUR = `--import=${join(import.meta.dirname, 'saboteur.mjs')}`

/** Bytes of the spool's file system: small enough to be filled at once, large enough for a run. */
const DISK_BYTES = 768 << 20

/** How a host is set up. */
export interface HostOptions {
  /** The service has workers from the start, and what `saboteur.mjs` can do is asked for. */
  readonly sabotage?: boolean
  /** Events bring their lines, so that they can be compared. */
  readonly raw?: boolean
  /** Bytes of the spool's file system. */
  readonly diskBytes?: number
}

/** Milliseconds until a service that ended is started again, as its unit does. */
const RESTART_MS = 100

/**
 * A host under test: shim and service as they are installed, the spool on a file system of its own,
 * and what auditd and systemd do about processes that end.
 */
export class Host {
  readonly disk: Disk
  readonly spool: string
  readonly #directory: string
  readonly #config: string
  readonly #source: Source
  readonly #sabotage: boolean
  /** Standard error of everything that ran. */
  said = ''
  shim: ChildProcess | null = null
  service: ChildProcess | null = null
  /** Services that are to give way to a newer one. */
  readonly giving: ChildProcess[] = []
  #ending = false

  constructor(
    source: Source,
    outlet: Outlet,
    { sabotage = false, raw = true, diskBytes = DISK_BYTES }: HostOptions = {},
  ) {
    this.#source = source
    this.#sabotage = sabotage
    this.#directory = mkdtempSync(join(tmpdir(), 'spillway-campaign-'))
    this.disk = new Disk(this.#directory, diskBytes)
    this.spool = join(this.disk.path, 'spool')
    mkdirSync(this.spool)
    this.#config = join(this.#directory, 'spillway.yaml')
    const config = {
      node: 'web-01',
      spool: { directory: this.spool },
      raw,
      workers: sabotage ? 2 : 'auto',
      log: { level: 'warn' },
      ...outlet.settings,
    }
    writeFileSync(this.#config, JSON.stringify(config))
  }

  /** Starts a shim, has the source feed it, and waits for its first segment. */
  async startShim(): Promise<ChildProcess> {
    const before = this.#epoch()
    const shim = spawn(
      join(ROOT, 'dist/spillway-shim'),
      ['--spool', this.spool, '--keep-free', '1M', '--limit', '4G'],
      { env: this.#env('NODE_OPTIONS'), cwd: '/', stdio: ['pipe', 'ignore', 'pipe'] },
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
      [
        // Workers take it over from here, and not from the environment.
        ...(this.#sabotage ? [SABOTEUR] : []),
        join(ROOT, 'bin/spillway'),
        'run',
        '--config',
        this.#config,
      ],
      { env: { ...process.env, ...this.#env() }, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#hear(service)
    this.service = service
    service.on('exit', () => {
      setTimeout(() => {
        if (!this.#ending && this.service === service) this.startService()
      }, RESTART_MS)
    })
  }

  /** Tells the saboteur in the service and the shim what to do: see there. */
  sabotage(what: 'end' | 'memory' | 'wedge' | 'clock', text: string = ''): void {
    writeFileSync(join(this.#directory, what), text)
  }

  /** Ends the input, then the service; gives their exit codes. */
  async end(): Promise<{ shim: Ending; service: Ending }> {
    this.shim?.stdin?.end()
    const shim = await exitCodeOf(this.shim as ChildProcess)
    this.#ending = true
    this.service?.kill('SIGTERM')
    const service = await exitCodeOf(this.service as ChildProcess)
    return { shim, service }
  }

  /** Ends what still runs and removes everything. */
  remove(): void {
    this.#ending = true
    for (const child of [this.shim, this.service, ...this.giving]) child?.kill('SIGKILL')
    this.disk.remove()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Environment with the saboteur, loaded by `variable` where a command line has no room for it. */
  #env(variable?: 'NODE_OPTIONS'): Record<string, string> {
    if (!this.#sabotage) return {}
    const loads = variable === undefined ? {} : { [variable]: SABOTEUR }
    return { SPILLWAY_SABOTAGE: this.#directory, ...loads }
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
