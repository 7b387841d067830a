import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'

export const ROOT: string = resolve(import.meta.dirname, '../..')

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `spillway` with a pipe, holding `input`, on its standard input. */
export async function spillway(
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<Ended> {
  const child = spawn(process.execPath, [resolve(ROOT, 'bin/spillway'), ...args])
  const out = buffer(child.stdout)
  const err = buffer(child.stderr)
  // A command that never reads its input breaks this pipe.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out: (await out).toString(), err: (await err).toString() }
}

/** Runs a shell line in which `spillway` is the command. */
export async function shell(line: string): Promise<Ended> {
  const program = `spillway() { '${process.execPath}' '${ROOT}/bin/spillway' "$@"; }; ${line}`
  const child = spawn('bash', ['-c', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err] = [buffer(child.stdout), buffer(child.stderr)]
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out: (await out).toString(), err: (await err).toString() }
}
