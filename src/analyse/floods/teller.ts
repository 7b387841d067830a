import type { Severity } from '../../model/alert.ts'
import type { Keys } from '../counts/keys.ts'
import type { Culprits } from '../origins/culprits.ts'
import type { Output } from '../stream/output.ts'
import { type Drain, drainOf } from './detector.ts'
import type { Flood } from './flood.ts'
import { type FloodFigures, floodEnd, floodStart, floodWorse, type Over } from './flood-alerts.ts'
import type { Now } from './now.ts'

/** Where alerts go, what can be drained, and who made a row's entries in the seconds `from … to`. */
export interface FloodsOutput extends Pick<Output, 'emitAlert' | 'drain'> {
  culprits?(row: number, from: number, to: number): Culprits | null
}

/** Tells of the floods of one node. */
export class Teller {
  readonly #keys: Keys
  readonly #node: string
  readonly #output: FloodsOutput

  constructor(keys: Keys, node: string, output: FloodsOutput) {
    this.#keys = keys
    this.#node = node
    this.#output = output
  }

  /** A flood has begun. */
  start(flood: Flood, severity: Severity, now: Now): void {
    this.#attribute(flood, now)
    this.#output.emitAlert(floodStart(this.#figures(flood, now.drain), severity))
  }

  /** It is worse than was told. */
  worse(flood: Flood, severity: Severity, now: Now): void {
    this.#attribute(flood, now)
    this.#output.emitAlert(floodWorse(this.#figures(flood, now.drain), severity))
  }

  /** It is over. */
  end(flood: Flood, over: Over): void {
    const drain = drainOf(this.#output.drain())
    this.#output.emitAlert(floodEnd(this.#figures(flood, drain), over))
  }

  #attribute(flood: Flood, { second }: Now): void {
    flood.origins = this.#output.culprits?.(flood.row, flood.from, second) ?? null
  }

  #figures(flood: Flood, drain: Drain): FloodFigures {
    const { level, usual, bar, why, origins } = flood
    const key = this.#keys.name(flood.row) ?? ''
    const sums = flood.whole
    return { node: this.#node, key, ...sums, level, usual, bar, why, drain, origins }
  }
}
