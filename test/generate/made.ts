import { Generator, MIN_ROOM } from '../../src/generate/generator.ts'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import type { Truth } from '../../src/generate/truth.ts'

/** A whole stream and what its generator says of it. */
export function make(
  options: Partial<GeneratorOptions>,
  room: number = MIN_ROOM,
): { bytes: Buffer; truth: Truth } {
  const generator = new Generator(options)
  const parts: Buffer[] = []
  const buffer = Buffer.alloc(room)
  while (!generator.done) parts.push(Buffer.from(buffer.subarray(0, generator.fill(buffer))))
  return { bytes: Buffer.concat(parts), truth: generator.truth() }
}

/** A line as a person reads it; `id` is null where it is no record. */
export interface Line {
  readonly text: string
  readonly type: string
  readonly id: string | null
  readonly node: string | null
  readonly second: number
  readonly serial: number
}

const HEADER = /^(?:node=(\S+) )?type=(\S+) (?:msg=)?audit\((\d+)\.(\d{3}):(\d+)\):(?: |$)/

/** Reads a text stream line by line. */
export function readLines(bytes: Buffer): Line[] {
  const text = bytes.toString('latin1')
  if (text === '') return []
  return text.slice(0, -1).split('\n').map(readLine)
}

function readLine(text: string): Line {
  const match = HEADER.exec(text)
  if (match === null)
    return { text, type: '', id: null, node: null, second: Number.NaN, serial: Number.NaN }
  const [, node = null, type = '', second, ms, serial] = match
  const daemon = type.startsWith('DAEMON_')
  return {
    text,
    type,
    id: `${node ?? ''} ${second}.${ms}:${serial}${daemon ? 'd' : ''}`,
    node,
    second: Number(second),
    serial: Number(serial),
  }
}

/** The lines of each event, in stream order. */
export function byEvent(lines: readonly Line[]): Map<string, Line[]> {
  const events = new Map<string, Line[]>()
  for (const line of lines) {
    if (line.id === null) continue
    const event = events.get(line.id)
    if (event === undefined) events.set(line.id, [line])
    else event.push(line)
  }
  return events
}

/** The rule keys in an event's lines. */
export function keysOf(event: readonly Line[]): string[] {
  const syscall = event.find((line) => line.type === 'SYSCALL')
  const value = / key=("[^"]*"|[0-9A-F]+|\(null\))/.exec(syscall?.text ?? '')?.[1] ?? '(null)'
  if (value === '(null)') return []
  if (value.startsWith('"')) return [value.slice(1, -1)]
  return Buffer.from(value, 'hex').toString().split('\x01')
}
