import type { Run } from '../../model/delivery.ts'
import { comparePositions, type Position } from '../../model/place.ts'
import { placeOfClosing, placeOfFirst } from '../counts/clock.ts'

/** Breaks that are remembered for nodes that have been silent since. */
const MOST_PASSED = 64

/** What a hole in the spool has as reason begins with this. */
const HOLE = 'spool.'

/** Why of events that are missing between two writers of the spool. */
const NEXT_WRITER = 'shim.restarted'

/** A place at which the stream is known to be interrupted, and by what. */
export interface Break {
  readonly at: Position
  readonly why: string
}

/** The breaks in the checkpoint. */
export interface BreaksState {
  readonly passed: number
  readonly reasons: readonly string[]
  readonly last: Position | null
  readonly ahead: readonly Break[]
}

/** Where the stream is known to be interrupted: ahead of what was analysed, and behind. */
export class Breaks {
  /** Breaks passed so far. */
  passed: number
  /** Reasons of the last of these. */
  #reasons: string[]
  #last: Position | null
  #ahead: Break[]

  constructor(state?: BreaksState) {
    this.passed = state?.passed ?? 0
    this.#reasons = [...(state?.reasons ?? [])]
    this.#last = state?.last ?? null
    this.#ahead = [...(state?.ahead ?? [])]
  }

  /** Some lie ahead. */
  get waiting(): boolean {
    return this.#ahead.length > 0
  }

  /** The stream is broken: to be told before what follows comes, once or more. */
  add({ at, why }: Break): void {
    const isPassed = this.#last !== null && comparePositions(at, this.#last) <= 0
    const isKnown = this.#ahead.some((one) => comparePositions(at, one.at) === 0 && one.why === why)
    if (isPassed || isKnown) return
    this.#ahead.push({ at, why })
    this.#ahead.sort((a, b) => comparePositions(a.at, b.at))
  }

  /** Another writer goes on. */
  addWriter(epoch: number): void {
    this.add({ at: { epoch, place: 0 }, why: NEXT_WRITER })
  }

  /** The stream is where a row closed, in this epoch: breaks before that are passed. */
  passTo(epoch: number, { batch, result }: Run, row: number): void {
    const place = placeOfClosing(batch, result, row, Number.POSITIVE_INFINITY)
    while (this.waiting && comparePositions(this.#ahead[0].at, { epoch, place }) <= 0) {
      const [{ at, why }] = this.#ahead.splice(0, 1)
      this.passed++
      this.#reasons = [...this.#reasons.slice(1 - MOST_PASSED), why]
      this.#last = at
    }
  }

  /** A row began behind all that were passed. */
  isBehind({ batch, result }: Run, row: number): boolean {
    const { epoch } = batch
    const place = placeOfFirst(batch, result, row)
    return this.#last === null || comparePositions(this.#last, { epoch, place }) <= 0
  }

  /** The reason of what is missing since so many were passed; a hole of the spool comes first. */
  since(passed: number, otherwise: string | null): string | null {
    if (passed === this.passed) return otherwise
    const reasons = this.#reasons.slice(passed - this.passed)
    return reasons.find((why) => why.startsWith(HOLE)) ?? otherwise ?? reasons[0]
  }

  /** For the checkpoint. */
  state(): BreaksState {
    return {
      passed: this.passed,
      reasons: this.#reasons,
      last: this.#last,
      ahead: this.#ahead,
    }
  }
}
