import type { Lines } from '../model/result.ts'
import { EXECVE, LOGIN, SYSCALL } from '../tables/single.ts'
import { type Constant, constant } from './words.ts'

const PATH = 1302
const SOCKADDR = 1306
const CONFIG_CHANGE = 1305

/** A category as the member it becomes. */
function member(name: string): Constant {
  return constant(`,"category":"${name}"`)
}

const PROCESS = member('process')
const NETWORK = member('network')
const FILE = member('file')
const CALL = member('syscall')
const AUDIT = member('audit')
const OTHER = member('other')
const ACCOUNT = member('account')
const MAC = member('mac')
const SERVICE = member('service')
const LOGIN_CATEGORY = member('authentication')

/** Category of an event without a system call, by the first type of a range (linux/audit.h). */
const RANGES: readonly (readonly [from: number, to: number, category: Constant])[] = [
  [1100, 1101, LOGIN_CATEGORY],
  [1102, 1102, ACCOUNT],
  [1103, 1106, LOGIN_CATEGORY],
  [1107, 1107, MAC],
  [1108, 1110, LOGIN_CATEGORY],
  [1112, 1113, LOGIN_CATEGORY],
  [1114, 1117, ACCOUNT],
  [1123, 1124, PROCESS],
  [1127, 1131, SERVICE],
  [1132, 1134, ACCOUNT],
  [1200, 1299, AUDIT],
  [1400, 1599, MAC],
  [1600, 1699, member('crypto')],
  [1700, 1799, member('anomaly')],
  [1800, 1899, member('integrity')],
  [2100, 2199, member('anomaly')],
  [2200, 2299, member('response')],
  [2400, 2499, member('crypto')],
  [2500, 2599, member('virtualisation')],
]

/** Category and weight of each record type. */
const CATEGORIES: readonly Constant[] = [
  OTHER,
  CALL,
  FILE,
  NETWORK,
  PROCESS,
  AUDIT,
  LOGIN_CATEGORY,
  ...RANGES.map(([, , category]) => category),
]
const INDEX = new Uint8Array(4096)
const WEIGHT = new Uint8Array(4096)

function weigh(type: number, category: Constant, weight: number): void {
  INDEX[type] = CATEGORIES.indexOf(category)
  WEIGHT[type] = weight
}

for (const [from, to, category] of RANGES)
  for (let type = from; type <= to; type++) weigh(type, category, 5)
weigh(SYSCALL, CALL, 1)
weigh(PATH, FILE, 2)
weigh(SOCKADDR, NETWORK, 3)
weigh(EXECVE, PROCESS, 4)
weigh(CONFIG_CHANGE, AUDIT, 5)
weigh(LOGIN, LOGIN_CATEGORY, 5)

/**
 * The member `category`: a coarse word for what an event is about, from its record types alone. A kernel record that comes
 * with a SYSCALL (a denial, a login) says more than the call.
 *
 * @param first - one line of each record type in the event, in order; `count` of them count.
 */
export function categoryOf(lines: Lines, first: readonly number[], count: number): Constant {
  let category = 0
  let weight = 0
  for (let i = 0; i < count; i++) {
    const type = lines.type[first[i]]
    if (type >= WEIGHT.length || WEIGHT[type] <= weight) continue
    weight = WEIGHT[type]
    category = INDEX[type]
  }
  return CATEGORIES[category]
}
