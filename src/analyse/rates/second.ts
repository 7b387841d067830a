import { Sums, type SumsState } from '../counts/sums.ts'
import { Hitters, type HittersState } from '../origins/hitters.ts'
import { Sample, type SampleState } from '../origins/sample.ts'
import { NO_SERIAL, type SecondFigures } from './interval.ts'

/** An open second in the checkpoint. */
export interface SecondState extends SecondFigures {
  readonly second: number
  readonly sums: SumsState
  readonly hitters: HittersState | null
  readonly sample: SampleState
}

/** What is known of one open second of a node. */
export class Second implements SecondFigures {
  readonly sums: Sums = new Sums()
  /** Who made its entries; null where nobody was looked for. */
  hitters: Hitters | null = null
  sample: Sample = new Sample()
  /** Something counted in it. */
  isUsed = false
  rejected = 0
  incomplete = 0
  first: number = NO_SERIAL
  last: number = NO_SERIAL

  /** Takes over what a checkpoint kept. */
  load({ sums, hitters, sample, rejected, incomplete, first, last }: SecondState): void {
    this.sums.load(sums)
    this.hitters = hitters === null ? null : new Hitters(hitters)
    this.sample = new Sample(sample)
    this.isUsed = true
    this.rejected = rejected
    this.incomplete = incomplete
    this.first = first
    this.last = last
  }

  /** Empties it for another second. */
  clear(): void {
    this.sums.clear()
    this.hitters = null
    this.sample.clear()
    this.isUsed = false
    this.rejected = this.incomplete = 0
    this.first = this.last = NO_SERIAL
  }

  /** For the checkpoint; `second` is which one it is. */
  state(second: number): SecondState {
    const { rejected, incomplete, first, last } = this
    const sums = this.sums.state()
    const hitters = this.hitters?.state() ?? null
    const sample = this.sample.state()
    return { second, rejected, incomplete, first, last, sums, hitters, sample }
  }
}
