import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Running programs and measuring them from outside, by what Linux keeps in /proc, so that nothing
 * has to be installed and a contestant in any language is measured in the same way.
 */

/** The checkout: this file is compiled to dist/bench. */
export const ROOT: string = join(import.meta.dirname, '../..')

/** The command as it is shipped. */
export const SPILLWAY: string = join(ROOT, 'bin/spillway')

/** The bundled shim. */
export const SHIM: string = join(ROOT, 'dist/spillway-shim')

/** USER_HZ: /proc counts CPU time in hundredths of a second on every architecture Node runs on. */
const TICKS_PER_SECOND = 100

/** How often the peak memory of a child is read; the kernel keeps the peak, only the end can be missed. */
const LOOK_MS = 50

/** Characters of standard error that are kept. */
const SAID = 65_536

/** A program to run. Its descriptors are files, or pipes that the caller made. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly stdin?: number | 'ignore' | 'pipe'
  readonly stdout?: number | 'ignore' | 'pipe'
}

/** What one run took. */
export interface Usage {
  /** Seconds from start to exit. */
  readonly wall: number
  /** Seconds of CPU, user and system, of all its threads. */
  readonly cpu: number
  /** Peak resident memory in bytes. */
  readonly peak: number
}

/** How a program ended. */
export interface Ended {
  /** Peak resident memory in bytes. */
  readonly peak: number
  /** The end of what it wrote to standard error. */
  readonly said: string
}

/** A program that was started. */
export interface Running {
  readonly child: ChildProcess
  /** Rejects with what it said when it fails. */
  readonly ended: Promise<Ended>
}

/** Starts a program. */
export function start({ command, args, stdin = 'ignore', stdout = 'ignore' }: Program): Running {
  const child = spawn(command, args, { stdio: [stdin, stdout, 'pipe'] })
  let said = ''
  child.stderr?.on('data', (bytes: Buffer) => {
    said = `${said}${bytes.toString()}`.slice(-SAID)
  })
  let peak = 0
  const look = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid as number))
  }, LOOK_MS)
  const end = async (): Promise<Ended> => {
    const [code] = (await once(child, 'close')) as [number | null]
    clearInterval(look)
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${said}`)
    return { peak, said }
  }
  return { child, ended: end() }
}

/** Runs a program to its end, while nothing else that this process started runs. */
export async function measured(program: Program): Promise<Usage> {
  const cpu = childrenCpu()
  const began = performance.now()
  const { peak } = await start(program).ended
  return { wall: (performance.now() - began) / 1000, cpu: childrenCpu() - cpu, peak }
}

/** What a thread group has used up, over all its threads. */
export interface Activity {
  /** Seconds on a CPU. */
  readonly cpu: number
  /** Times that a thread gave up its CPU to wait, which is how often it was woken. */
  readonly wakeUps: number
  /** Resident memory in bytes, as it is now. */
  readonly resident: number
}

/** What a running process has used up so far. */
export function activityOf(pid: number): Activity {
  let cpu = 0
  let wakeUps = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    // First number of schedstat: nanoseconds on a CPU (kernel, Documentation/scheduler/sched-stats).
    cpu += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e9
    wakeUps += numberIn(`/proc/${pid}/task/${task}/status`, 'voluntary_ctxt_switches')
  }
  return { cpu, wakeUps, resident: numberIn(`/proc/${pid}/status`, 'VmRSS') * 1024 }
}

/** Peak resident memory of a process so far, in bytes; 0 when it is gone. */
function peakOf(pid: number): number {
  try {
    return numberIn(`/proc/${pid}/status`, 'VmHWM') * 1024
  } catch {
    return 0
  }
}

function numberIn(path: string, name: string): number {
  const found = readFileSync(path, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))
  return Number(found?.[1] ?? 0)
}

/** CPU seconds of all children that have ended: cutime and cstime of proc(5). */
function childrenCpu(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
}
