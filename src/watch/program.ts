import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { linesOf } from './lines.ts'

/** What a program printed, on both its outputs, and how it ended; null where a signal ended it. */
export interface Printed {
  readonly lines: readonly string[]
  readonly said: readonly string[]
  readonly code: number | null
}

/** Runs a program with an empty environment, and waits for its end. */
export async function runProgram(path: string, args: readonly string[]): Promise<Printed> {
  const child = start(path, args)
  const closed = once(child, 'close') as Promise<[number | null]>
  const [lines, said, [code]] = await Promise.all([
    collect(child.stdout ?? []),
    collect(child.stderr ?? []),
    closed,
  ])
  return { lines, said, code }
}

/**
 * The lines that a program prints as it does, until it ends or `stop`. Throws with what it said last when
 * it ended by itself.
 */
export async function* linesFrom(
  path: string,
  args: readonly string[],
  stop: AbortSignal,
): AsyncGenerator<string> {
  const child = start(path, args)
  const said = collect(child.stderr ?? [])
  const kill = (): boolean => child.kill()
  stop.addEventListener('abort', kill, { once: true })
  try {
    if (stop.aborted) kill()
    if (child.stdout !== null) yield* linesOf(child.stdout)
    const last = (await said).at(-1)
    if (!stop.aborted) throw new Error(last ?? `${path} has ended`)
  } finally {
    stop.removeEventListener('abort', kill)
    kill()
  }
}

function start(path: string, args: readonly string[]): ChildProcess {
  return spawn(path, args, { cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function collect(
  stream: AsyncIterable<Uint8Array> | readonly Uint8Array[],
): Promise<string[]> {
  const lines: string[] = []
  for await (const line of linesOf(stream)) lines.push(line)
  return lines
}
