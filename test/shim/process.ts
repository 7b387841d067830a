import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { makeDirectory } from '../spool/fixture.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** The shim's one file for the tests of a file, and a spool directory for each of them. */
export interface ShimFixture {
  readonly shim: string
  readonly spool: string
}

/** Builds the shim before the tests of the calling file and makes each its spool; both go away after. */
export function useShim(): ShimFixture {
  const fixture = { shim: '', spool: '' }
  let remove: () => void = () => {}
  beforeAll(() => {
    fixture.shim = buildShim()
  })
  afterAll(() => rmSync(fixture.shim, { force: true }))
  beforeEach(() => {
    ;({ path: fixture.spool, remove } = makeDirectory())
  })
  afterEach(() => remove())
  return fixture
}

/** Builds the shim's one file from the sources; returns its path. */
export function buildShim(): string {
  const path = join(tmpdir(), `spillway-shim-${process.pid}`)
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle-shim.mjs'), path])
  return path
}

/** Starts the shim as auditd does, without an environment; node makes its stdin a socket. */
export function startProcess(
  shim: string,
  args: readonly string[],
  output: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  return spawn(shim, args, { env: {}, cwd: '/', stdio: ['pipe', output, 'pipe'] })
}

/** How a process ended: its exit code or signal, its standard output and what it said on standard error. */
export interface Exit {
  readonly code: number | string
  readonly out: string
  readonly said: string
}

/** Settles when a process has ended. */
export function exitOf(child: ChildProcess): Promise<Exit> {
  let out = ''
  let said = ''
  child.stdout?.on('data', (chunk) => {
    out += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    said += String(chunk)
  })
  return new Promise((done) => {
    const settle = (code: number | null, signal: NodeJS.Signals | null): void =>
      done({ code: code ?? signal ?? '', out, said })
    // A process that is over may have closed before anybody listened.
    if (child.exitCode === null && child.signalCode === null) child.on('close', settle)
    else setTimeout(() => settle(child.exitCode, child.signalCode), 50)
  })
}

/** Lines of the shim in what was said: Node has a warning of its own about --jitless. */
export function linesOfShim(said: string): string[] {
  return said.split('\n').filter((line) => line.startsWith('spillway-shim['))
}

/** Numbered lines, so that a missing or doubled one shows. */
export function numberedLines(first: number, count: number): string {
  let text = ''
  for (let i = first; i < first + count; i++) {
    text += `type=SYSCALL msg=audit(1795331090.516:${i}): arch=c000003e key="numbered"\n`
  }
  return text
}

/** CPU ticks and voluntary context switches of a process, over all its threads. */
export function loadOf(pid: number): { ticks: number; wakeUps: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  let wakeUps = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1')
    wakeUps += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1])
  }
  return { ticks: Number(fields[11]) + Number(fields[12]), wakeUps }
}
