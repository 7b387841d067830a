import type { AuditdNote } from '../../model/auditd-note.ts'
import type { KernelNote } from '../../model/kernel-note.ts'
import type { Reading } from '../../model/reading.ts'

/** Signs that are remembered. */
const MOST_SIGNS = 200

/** What a reading may be a sign of. */
export type Sign =
  /** The kernel said so of a loss. */
  | 'backlog'
  | 'rate'
  | 'retry'
  | 'hold'
  | 'memory'
  /** Lines of the kernel log were left out: it prints ten in five seconds. */
  | 'suppressed'
  /** A rate limit was set. */
  | 'limited'
  /** A record went to the kernel log, since auditd did not take it. */
  | 'printed'
  /** Sends to auditd's socket failed. */
  | 'drops'
  /** auditd's queue for plugins was full. */
  | 'queue-full'
  /** No auditd was there. */
  | 'absent'
  /** Processes waited for room, in jiffies; the kernel did not answer; a process is reported as hung. */
  | 'waited'
  | 'waiting'
  | 'hung'

const OF_KERNEL: Readonly<Partial<Record<KernelNote['says'], Sign>>> = {
  over: 'backlog',
  backlog: 'backlog',
  rate: 'rate',
  retry: 'retry',
  hold: 'hold',
  memory: 'memory',
  record: 'printed',
  gone: 'absent',
  blocked: 'hung',
  suppressed: 'suppressed',
}

const OF_AUDITD: Readonly<Partial<Record<AuditdNote['says'], Sign>>> = {
  'queue-full': 'queue-full',
  'queue-muted': 'queue-full',
  'queue-suspended': 'queue-full',
  receive: 'drops',
  absent: 'absent',
}

/** Those that the kernel prints when it loses something. */
const OF_LOSS: ReadonlySet<Sign> = new Set(['backlog', 'rate', 'retry', 'hold', 'memory'])

/** A sign, when it was read (ms since the epoch), and how much of it. */
interface Seen {
  readonly at: number
  readonly sign: Sign
  readonly count: number
}

/** The signs in the checkpoint, with the counters that were read last. */
export interface SignsState {
  readonly seen: readonly Seen[]
  readonly drops: number | null
  readonly waited: number | null
}

/** What readings are signs of, for a while. */
export class Signs {
  #state: SignsState

  constructor(state: SignsState = { seen: [], drops: null, waited: null }) {
    this.#state = state
  }

  /** Takes a reading of the kernel that runs. */
  take(reading: Reading): void {
    const at = Date.parse(reading.time)
    if (reading.kind === 'kmsg') this.#see(at, OF_KERNEL[reading.says])
    if (reading.kind === 'auditd') this.#see(at, OF_AUDITD[reading.says])
    if (reading.kind === 'state' && reading.queue_overflow === true) this.#see(at, 'queue-full')
    if (reading.kind === 'unknown' && reading.why === 'waiting') this.#see(at, 'waiting')
    if (reading.kind === 'netlink') {
      const { drops } = this.#state
      if (drops !== null && reading.drops > drops) this.#see(at, 'drops', reading.drops - drops)
      this.#state = { ...this.#state, drops: reading.drops }
    }
    if (reading.kind !== 'status') return
    if (reading.pid === 0) this.#see(at, 'absent')
    if ((reading.rate_limit ?? 0) > 0) this.#see(at, 'limited')
    const { backlog_wait_time_actual: waited } = reading
    const before = this.#state.waited
    if (waited !== null && before !== null && waited > before)
      this.#see(at, 'waited', waited - before)
    this.#state = { ...this.#state, waited }
  }

  /** When, from one time to another, the kernel first said of a loss; null where it did not. */
  firstLoss(from: number, to: number): number | null {
    const found = this.#state.seen.find(
      ({ at, sign }) => at >= from && at <= to && OF_LOSS.has(sign),
    )
    return found?.at ?? null
  }

  /** How much of each sign was read from one time to another. */
  between(from: number, to: number): ReadonlyMap<Sign, number> {
    const found = new Map<Sign, number>()
    for (const { at, sign, count } of this.#state.seen)
      if (at >= from && at <= to) found.set(sign, (found.get(sign) ?? 0) + count)
    return found
  }

  /** For the checkpoint. */
  state(): SignsState {
    return this.#state
  }

  #see(at: number, sign: Sign | undefined, count = 1): void {
    if (sign === undefined) return
    const seen = [...this.#state.seen.slice(1 - MOST_SIGNS), { at, sign, count }]
    this.#state = { ...this.#state, seen }
  }
}
