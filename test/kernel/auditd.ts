/**
 * A private auditd on the real kernel: own configuration, own log, recorders as plugins. What the
 * kernel's audit settings were before is put back afterwards, also on failure.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { auditctl, lock, quietly, restore, status } from './kernel.ts'

const LOAD = fileURLToPath(new URL('load.pl', import.meta.url))
const START_MS = 5000
const SETTLE_MS = 20_000
const TAIL = 64 * 1024

/** A plugin of the private auditd. */
export interface Plugin {
  readonly name: string
  readonly format: 'string' | 'binary'
  /** Node program that is the plugin; without it a recorder that writes `DIR/NAME.out`. */
  readonly program?: string
  /** The text of a program that is the plugin instead. */
  readonly script?: string
  /** Its argument, given the folder. */
  readonly args?: (dir: string) => string
  /** Its arguments, given by a shell around it: auditd 3.0 has no room for more than one or two. */
  readonly flags?: (dir: string) => string
}

/** How the private auditd is set up. */
export interface Setup {
  readonly logFormat: 'RAW' | 'ENRICHED'
  /** Written as `node=` before each record. */
  readonly node?: string
  readonly plugins: readonly Plugin[]
  /** Kernel backlog limit. */
  readonly backlog?: number
  /** Records that wait for plugins at most, `q_depth`. */
  readonly queue?: number
  /** Folder to work in, made anew; else one in the temporary folder. */
  readonly dir?: string
  /** Sets the folder up further before auditd starts. */
  readonly arrange?: (dir: string) => void
  /** Learns the kernel's settings before and after, as read while nobody else may change them. */
  readonly onRestored?: (before: Kernel, after: Kernel) => void
}

/** The kernel's audit settings: what `auditctl -s` and `-l` print. */
export interface Kernel {
  readonly status: Map<string, number>
  readonly rules: string
}

/** What load.pl can do. */
type LoadMode = 'mixed' | 'users' | 'getppid' | 'paced' | 'long' | 'calls' | 'sleeps' | 'opens'

/** A running auditd with its folder. */
export interface Auditd {
  readonly dir: string
  readonly pid: number
  /** auditd's own log. */
  readonly log: string
  /** What a recorder wrote. */
  recorded(name: string): string
  /** Runs load.pl through the audited copy of perl. */
  load(mode: LoadMode, count?: number | string): Promise<void>
  /** Waits until everything logged so far is in the log and in every recorder's file; gives the last text. */
  settle(): Promise<string>
}

/**
 * Runs `use` with a private auditd and puts the kernel back after it.
 * Rules are added by `use`; its folder is deleted at the end.
 */
export async function withAuditd<T>(setup: Setup, use: (auditd: Auditd) => Promise<T>): Promise<T> {
  const release = await lock()
  const before = kernel()
  const dir = setup.dir ?? mkdtempSync(join(tmpdir(), 'spillway-kernel-'))
  let daemon: ChildProcess | null = null
  try {
    prepare(dir, setup)
    setup.arrange?.(dir)
    auditctl('-D')
    auditctl('-b', String(setup.backlog ?? 8192))
    auditctl('--backlog_wait_time', '15000')
    daemon = spawn(
      '/usr/bin/setpriv',
      ['--pdeathsig', 'TERM', '/usr/sbin/auditd', '-n', '-c', join(dir, 'etc')],
      { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let said = ''
    daemon.stderr?.on('data', (chunk) => {
      said += String(chunk)
    })
    const pid = daemon.pid ?? 0
    await until(
      () => status().get('pid') === pid,
      START_MS,
      () => `auditd did not start: ${said}`,
    )
    return await use(running(dir, pid, setup))
  } finally {
    quietly(() => auditctl('-D'))
    if (daemon) await stop(daemon)
    restore(before.status)
    setup.onRestored?.(before, kernel())
    release()
    rmSync(dir, { recursive: true, force: true })
  }
}

const kernel = (): Kernel => ({ status: status(), rules: auditctl('-l') })

function running(dir: string, pid: number, setup: Setup): Auditd {
  const log = join(dir, 'log', 'audit.log')
  const recorded = (name: string): string => join(dir, `${name}.out`)
  const files = [
    log,
    ...setup.plugins.filter((p) => !p.program && !p.script).map((p) => recorded(p.name)),
  ]
  let marker = 0
  return {
    dir,
    pid,
    log,
    recorded,
    load: (mode, count) =>
      finished(
        spawn(join(dir, 'bin', 'load'), [join(dir, 'load.pl'), mode, dir, String(count ?? '')], {
          cwd: '/',
          env: {},
          stdio: ['ignore', 'ignore', 'inherit'],
        }),
      ),
    async settle(): Promise<string> {
      const text = `spillway settled ${++marker}`
      auditctl('-m', text)
      await until(
        () => files.every((file) => endsWith(file, text)),
        SETTLE_MS,
        () => 'auditd did not catch up',
      )
      return text
    },
  }
}

/** Lays out the folder: configuration, recorders, the programs that rules name. */
function prepare(dir: string, setup: Setup): void {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { mode: 0o755 })
  for (const name of ['bin', 'etc', 'etc/plugins.d', 'log', 'spool']) mkdirSync(join(dir, name))
  chmodSync(dir, 0o755)
  writeFileSync(join(dir, 'denied'), '', { mode: 0o600 })
  copyFileSync(LOAD, join(dir, 'load.pl'))
  for (const [from, to] of [
    ['/usr/bin/perl', 'load'],
    ['/usr/bin/true', 'other'],
    ['/usr/bin/true', 'other program'],
  ]) {
    copyFileSync(from, join(dir, 'bin', to))
    chmodSync(join(dir, 'bin', to), 0o755)
  }
  writeFileSync(
    join(dir, 'etc', 'auditd.conf'),
    [
      'local_events = yes',
      'write_logs = yes',
      `log_file = ${join(dir, 'log', 'audit.log')}`,
      'log_group = root',
      `log_format = ${setup.logFormat}`,
      'flush = INCREMENTAL_ASYNC',
      'freq = 50',
      'max_log_file = 512',
      'max_log_file_action = IGNORE',
      'space_left = 2',
      'space_left_action = IGNORE',
      'admin_space_left = 1',
      'admin_space_left_action = IGNORE',
      'disk_full_action = IGNORE',
      'disk_error_action = IGNORE',
      ...(setup.node ? ['name_format = USER', `name = ${setup.node}`] : ['name_format = NONE']),
      `q_depth = ${setup.queue ?? 90_000}`,
      `plugin_dir = ${join(dir, 'etc', 'plugins.d')}`,
      '',
    ].join('\n'),
    { mode: 0o640 },
  )
  for (const plugin of setup.plugins) {
    const program = join(dir, 'bin', `plugin-${plugin.name}`)
    writeFileSync(program, pluginText(dir, plugin), { mode: 0o750 })
    const path = plugin.flags ? `${program}-sh` : program
    if (plugin.flags)
      writeFileSync(path, `#!/bin/sh\nexec '${program}' ${plugin.flags(dir)}\n`, { mode: 0o750 })
    writeFileSync(
      join(dir, 'etc', 'plugins.d', `${plugin.name}.conf`),
      [
        'active = yes',
        'direction = out',
        `path = ${path}`,
        'type = always',
        ...(plugin.args ? [`args = ${plugin.args(dir)}`] : []),
        `format = ${plugin.format}`,
        '',
      ].join('\n'),
      { mode: 0o640 },
    )
  }
}

/** auditd runs a plugin only as a root-owned file of mode 0750, with an empty environment. */
function pluginText(dir: string, { name, program, script }: Plugin): string {
  if (script !== undefined) return script
  return program === undefined
    ? `#!/bin/sh\nexec /bin/cat >'${join(dir, `${name}.out`)}'\n`
    : readFileSync(program, 'utf8').replace(/^#!.*/, `#!${process.execPath} --jitless`)
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  daemon.kill('SIGTERM')
  await Promise.race([ended, sleep(START_MS)])
  daemon.kill('SIGKILL')
  await ended
}

/** Waits until something holds; throws with `failure` after so many milliseconds. */
export async function until(done: () => boolean, ms: number, failure: () => string): Promise<void> {
  const end = performance.now() + ms
  while (!done()) {
    if (performance.now() > end) throw new Error(failure())
    await sleep(20)
  }
}

/** Whether a text stands near the end of a file. Reads no more, so that waiting costs nothing. */
export function endsWith(file: string, text: string): boolean {
  const tail = Buffer.alloc(TAIL)
  const fd = openSync(file, 'r')
  try {
    const size = readSync(fd, tail, 0, TAIL, Math.max(0, fstatSync(fd).size - TAIL))
    return tail.subarray(0, size).includes(text)
  } finally {
    closeSync(fd)
  }
}

async function finished(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))))
  })
}
