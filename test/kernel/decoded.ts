/** What `spillway decode` makes of a file, run as a user runs it. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const BIN = fileURLToPath(new URL('../../bin/spillway', import.meta.url))
const ROOM = 1 << 28

/** One event of the native format, as far as these tests look. */
export interface DecodedEvent {
  readonly ID: string
  readonly EXECVE?: { readonly ARGV: readonly string[] }
  readonly EVENT: { readonly complete: boolean; readonly keys: readonly string[]; pos?: string }
}

/** Standard output of `spillway decode ARGS`; throws with its messages unless it exits with 0. */
export function decode(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [BIN, 'decode', ...args], {
    encoding: 'latin1',
    maxBuffer: ROOM,
  })
  if (error) throw error
  if (status !== 0) throw new Error(`decode ${args.join(' ')}: exit ${status}: ${stderr}`)
  return stdout
}

/** The events of a file in order, without their positions. */
export function events(file: string): DecodedEvent[] {
  return lines(decode(file)).map((line) => {
    const event = JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as DecodedEvent
    delete event.EVENT.pos
    return event
  })
}

/** The lines of a text, sorted: as a multiset. */
export function bag(all: string): string[] {
  return lines(all).toSorted()
}

/** A file's bytes as text, one character each; unpacked where its name ends in `.gz`. */
export function text(file: string): string {
  const bytes = readFileSync(file)
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
}

function lines(all: string): string[] {
  return all.split('\n').filter((line) => line !== '')
}
