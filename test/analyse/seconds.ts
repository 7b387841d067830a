import { Keys, TOTAL } from '../../src/analyse/counts/keys.ts'
import { Sums } from '../../src/analyse/counts/sums.ts'
import { Floods, type FloodsState } from '../../src/analyse/floods/floods.ts'
import type { Message } from '../../src/model/delivery.ts'

/** Entries of a second by key; events are a tenth. */
export type Second = Readonly<Record<string, number>>

/** A flood rule that is given seconds, without a stream around it. */
export class Rule {
  readonly alerts: Message[] = []
  readonly keys: Keys
  readonly floods: Floods
  /** Entries a second that can be drained, null for not measured. */
  drain: number | null = null
  /** The next second. */
  now: number

  constructor(now = 1_700_000_000, keys: readonly string[] = [], state?: FloodsState) {
    this.now = now
    this.keys = new Keys(keys)
    const emitAlert = (alert: Message): void => void this.alerts.push(alert)
    this.floods = new Floods(this.keys, 'web-01', { emitAlert, drain: () => this.drain }, state)
  }

  /** Gives `n` seconds, all alike or made from their number. */
  give(n: number, of: Second | ((i: number) => Second)): this {
    for (let i = 0; i < n; i++) this.#second(typeof of === 'function' ? of(i) : of)
    return this
  }

  /** Gives `n` seconds of silence at once. */
  quiet(n: number): this {
    this.floods.quiet(this.now, n)
    this.now += n
    return this
  }

  /** Another rule that goes on from what this one has in the checkpoint. */
  restarted(): Rule {
    const state = JSON.parse(JSON.stringify(this.floods.state())) as FloodsState
    const rule = new Rule(this.now, this.keys.names, state)
    rule.drain = this.drain
    return rule
  }

  /** Types and keys of the alerts. */
  get told(): string[] {
    return this.alerts.map(
      ({ type, evidence }) => `${String(type)} ${String((evidence as Message)['key'])}`,
    )
  }

  #second(second: Second): void {
    const entries = Object.entries(second).filter(([, made]) => made > 0)
    if (entries.length === 0) {
      this.quiet(1)
      return
    }
    const rows = entries.map(([key, made]) => [this.keys.rowsOf(key)[0], made])
    const sums = new Sums()
    sums.reserve(this.keys.count)
    for (const [row, n] of [[TOTAL, entries.reduce((sum, [, made]) => sum + made, 0)], ...rows]) {
      sums.add(row, n, n, n * 100)
      for (let i = 1; i < n / 10; i++) sums.add(row, 0, 0, 0)
    }
    this.floods.second(this.now++, sums)
  }
}
