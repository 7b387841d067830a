/** What auditd's own log holds, read without any code of the product. */

import { readFileSync } from 'node:fs'

/** One event of the log. */
export interface Logged {
  /** Its lines, in order, without their ends. */
  readonly lines: readonly string[]
  /** Keys of the rules that made it: those of its SYSCALL record. CONFIG_CHANGE names keys of its own. */
  readonly keys: readonly string[]
}

const HEAD = /^(?:node=\S+ )?type=(\S+) msg=audit\((\d+\.\d{3}:)(\d+)\):/
const KEY = /(?<= )key=(?:"([^"]*)"|([0-9A-F]+)|\(null\))/

/** The events of a log by `ID`, with the `d` that tells auditd's own apart. Bytes are characters. */
export function logged(file: string): Map<string, Logged> {
  const events = new Map<string, { lines: string[]; keys: string[] }>()
  for (const line of readFileSync(file, 'latin1').split('\n').slice(0, -1)) {
    const [, type, stamp, serial] = HEAD.exec(line) ?? []
    if (type === undefined) throw new Error(`no record: ${line}`)
    const id = `${stamp}${type.startsWith('DAEMON_') ? 'd' : ''}${serial}`
    const event = events.get(id) ?? { lines: [], keys: [] }
    event.lines.push(line)
    if (type === 'SYSCALL') event.keys.push(...keysOf(line))
    events.set(id, event)
  }
  return events
}

function keysOf(line: string): string[] {
  const [, plain, hex] = KEY.exec(line) ?? []
  if (plain !== undefined) return [plain]
  return hex === undefined ? [] : Buffer.from(hex, 'hex').toString().split('\u0001')
}
