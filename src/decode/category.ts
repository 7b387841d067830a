import type { Lines } from '../model/result.ts'
import { EXECVE, LOGIN, SYSCALL } from '../tables/single.ts'
import { ascii } from './out.ts'

const PATH = 1302
const SOCKADDR = 1306
const CONFIG_CHANGE = 1305

const PROCESS = ascii('process')
const NETWORK = ascii('network')
const FILE = ascii('file')
const CALL = ascii('syscall')
const AUDIT = ascii('audit')
const OTHER = ascii('other')
const LOGIN_CATEGORY = ascii('authentication')

/** Category of an event without a system call, by the first type of a range (linux/audit.h). */
const RANGES: readonly (readonly [from: number, to: number, category: Uint8Array])[] = [
  [1100, 1105, LOGIN_CATEGORY],
  [1106, 1107, OTHER],
  [1108, 1109, LOGIN_CATEGORY],
  [1112, 1113, LOGIN_CATEGORY],
  [1114, 1117, ascii('account')],
  [1123, 1124, PROCESS],
  [1130, 1131, ascii('service')],
  [1200, 1299, AUDIT],
  [1400, 1599, ascii('mac')],
  [1600, 1699, ascii('crypto')],
  [1700, 1799, ascii('anomaly')],
  [1800, 1899, ascii('integrity')],
  [2100, 2199, ascii('anomaly')],
  [2200, 2299, ascii('response')],
  [2400, 2499, ascii('crypto')],
  [2500, 2599, ascii('virtualisation')],
]

/**
 * A coarse word for what an event is about, from its record types alone. A kernel record that comes
 * with a SYSCALL (a denial, a login) says more than the call.
 *
 * @param first - one line of each record type in the event, in order.
 */
export function categoryOf(lines: Lines, first: readonly number[]): Uint8Array {
  let category = OTHER
  let rank = 0
  for (const line of first) {
    const type = lines.type[line]
    const [next, weight] = weigh(type)
    if (weight > rank) {
      rank = weight
      category = next
    }
  }
  return category
}

function weigh(type: number): readonly [Uint8Array, number] {
  switch (type) {
    case SYSCALL:
      return [CALL, 1]
    case PATH:
      return [FILE, 2]
    case SOCKADDR:
      return [NETWORK, 3]
    case EXECVE:
      return [PROCESS, 4]
    case CONFIG_CHANGE:
      return [AUDIT, 5]
    case LOGIN:
      return [LOGIN_CATEGORY, 5]
    default:
      for (const [from, to, category] of RANGES)
        if (type >= from && type <= to) return [category, 5]
      return [OTHER, 0]
  }
}
