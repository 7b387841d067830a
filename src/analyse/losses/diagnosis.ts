import type { Sign } from './signs.ts'

/** Why records were lost, or are about to be. */
export type Cause =
  | 'burst'
  | 'rate_limit'
  | 'auditd_stalled'
  | 'no_auditd'
  | 'slow_plugin'
  | 'plugin_queue'
  | 'blocking'
  | 'lost_wakeup'
  | 'memory'
  | 'unknown'

/** What was seen around a loss. */
export interface Evidence {
  /** By how much the kernel's counter rose. */
  readonly losses: number
  /** Serials that are missing, for no reason that the spool knows. */
  readonly gaps: number
  /** More was on the way than the kernel and the sockets hold. */
  readonly isBehind: boolean
  readonly signs: ReadonlyMap<Sign, number>
}

/** What a cause is in words, and what to do about it. */
export interface Words {
  readonly is: string
  readonly advice: string
}

/** Serials that a few CPUs may have out of order at any time; more of them are missing. */
const STRAYS = 8

/**
 * Sends to auditd that fail before the first record is given up: one from the queue, five from the retry queue
 * (UNICAST_RETRIES in kernel/audit.c), 100 ms each.
 */
const GIVEN_UP_SENDS = 6

/**
 * The cause, by the first line that holds (docs/forecast.md has the table): a record that is refused for
 * a full queue has no serial, one that is dropped later leaves a gap.
 *
 * | lost | gaps | besides | cause |
 * |---|---|---|---|
 * | + | | the kernel says so | rate limit, memory |
 * | | | no auditd | no auditd |
 * | | + | six sends failed, records in the kernel log | auditd stalled |
 * | + | + | or its queue was full, or more waits than the kernel holds | slow plugin |
 * | 0 | + | its queue was full | queue for plugins |
 * | + | 0 | | burst |
 * | 0 | 0 | the kernel does not answer, a process hangs | lost wake-up |
 * | 0 | 0 | processes waited | blocking |
 */
export function diagnose({ losses, gaps, isBehind, signs }: Evidence): Cause {
  const has = (...some: readonly Sign[]): boolean => some.some((sign) => signs.has(sign))
  const isLost = losses > 0
  const isTorn = gaps > STRAYS
  if (isLost && (has('rate') || (has('limited') && !has('backlog')))) return 'rate_limit'
  if (isLost && has('memory') && !has('backlog')) return 'memory'
  if (has('absent', 'hold') && (isLost || isTorn)) return 'no_auditd'
  const isGivenUp = isTorn && (signs.get('drops') ?? 0) >= GIVEN_UP_SENDS
  if (has('retry', 'printed') || isGivenUp) return 'auditd_stalled'
  if (isLost && (isTorn || isBehind || has('queue-full'))) return 'slow_plugin'
  if (isTorn) return has('queue-full') ? 'plugin_queue' : 'unknown'
  if (isLost) return 'burst'
  if (has('hung', 'waiting') && !has('waited')) return 'lost_wakeup'
  return has('waited') ? 'blocking' : 'unknown'
}

/** What each cause is, and what to do. */
export const CAUSES: Readonly<Record<Cause, Words>> = {
  burst: {
    is: 'more came at once than the backlog holds',
    advice:
      'narrow the rules that make most (spillway top), or raise the backlog limit (auditctl -b)',
  },
  rate_limit: {
    is: 'the rate limit drops what is over it, however idle auditd is',
    advice: 'take the rate limit away (auditctl -r 0)',
  },
  auditd_stalled: {
    is: 'auditd did not read for longer than its socket and 0.6 s last',
    advice: 'find what held it up (a stop, its disk, name look-ups, the CPU)',
  },
  no_auditd: {
    is: 'no auditd ran',
    advice: 'start it, and boot with audit=1 so that the kernel keeps records until then',
  },
  slow_plugin: {
    is: "a plugin of auditd's is slow: with its queue full auditd waits 8 ms for each record",
    advice: 'find the plugin, and raise q_depth in auditd.conf',
  },
  plugin_queue: {
    is: "auditd's queue for plugins was full: its own log has what is missing here",
    advice: 'raise q_depth in auditd.conf, then spillway reconcile',
  },
  blocking: {
    is: 'processes wait for room in the queue, and nothing is lost yet',
    advice:
      'narrow the rules that make most (spillway top), or raise the backlog limit (auditctl -b)',
  },
  lost_wakeup: {
    is: 'processes wait for room though the queue is empty: a wake-up went astray',
    advice: 'send one record (auditctl -m kick), and ask for the status less often',
  },
  memory: { is: 'the kernel had no memory for records', advice: 'find what used the memory up' },
  unknown: {
    is: 'nothing says why',
    advice: 'run spillway watch, and look at auditctl -s and at q_depth in auditd.conf',
  },
}
