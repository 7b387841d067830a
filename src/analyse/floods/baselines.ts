import { Baseline, type BaselineState, blockOf, faded, mean } from './baseline.ts'

/**
 * Keys of one node whose usual rate is known. More than 20 cannot be worth a look in one second, since
 * each then takes a twentieth of the drain; rule sets that ship have up to 60 keys.
 */
export const MAX_BASELINES = 128

/** Seconds after time began in which little is known yet, and a boot makes what it makes but once. */
export const SETTLING_S = 120

/** Of these the first, in which services start, that say nothing of the seconds to come. */
const STARTING_S = 60

/** Seconds in which the lately made is forgotten by half: what stopped that long ago may go on under another key. */
const LATELY_HALF_LIFE = 60

/** The baselines of one node in the checkpoint. */
export interface BaselinesState {
  readonly pace: number
  readonly lately: number
  readonly age: number
  readonly settled: number
  readonly fresh: boolean
  readonly booted: boolean
  readonly block: number
  readonly keys: readonly BaselineState[]
}

/** What the keys of one node usually make, as far as they make much, and what all make together. */
export class Baselines {
  /** Mean entries a second of all keys, without what floods make, and the same lately. */
  #pace: number
  #lately: number
  /** Seconds since the start in which anything was learned. */
  age: number
  /** Seconds since time began, up to SETTLING_S. */
  settled: number
  /** Time began with a boot. */
  booted: boolean
  /** The present block. */
  block: number
  /** Nothing was known when time began. */
  #fresh: boolean
  readonly #rows: (Baseline | undefined)[] = []
  readonly #all: Baseline[] = []

  constructor(state?: BaselinesState) {
    this.#pace = state?.pace ?? 0
    this.#lately = state?.lately ?? 0
    this.age = state?.age ?? 0
    this.settled = state?.settled ?? 0
    this.booted = state?.booted ?? false
    this.block = state?.block ?? 0
    this.#fresh = state?.fresh ?? true
    for (const key of state?.keys ?? []) this.#add(Baseline.from(key, this.block))
  }

  /**
   * What all keys together make without floods. Where a job is just over it is what is left: what begins then takes
   * no other key's place.
   */
  get usual(): number {
    return Math.min(this.#pace, this.#lately)
  }

  /** Time began and goes on. */
  get started(): boolean {
    return this.settled > 0
  }

  /** Time began less than SETTLING_S ago. */
  get settling(): boolean {
    return this.settled < SETTLING_S
  }

  /** The baseline of a row, where it has one. */
  get(row: number): Baseline | undefined {
    return this.#rows[row]
  }

  /**
   * Gives a row a baseline. When all are in use, that of the weakest row that is not `kept` has to go,
   * if `entries` are worth it and more than it ever made.
   */
  admit(
    row: number,
    entries: number,
    worth: number,
    kept: (row: number) => boolean,
  ): Baseline | undefined {
    const isFull = this.#all.length >= MAX_BASELINES
    if (isFull && (entries < worth || !this.#forget(entries, kept))) return undefined
    return this.#add(new Baseline(row))
  }

  /** A second begins: what goes by blocks is learned when one is over. */
  reach(second: number): void {
    const block = blockOf(second)
    if (block !== this.block) {
      if (this.block > 0) for (const base of this.#all) base.roll(this.block, block, !this.settling)
      this.block = block
    }
    this.age++
    if (!this.settling) return
    this.settled++
    if (this.settled === STARTING_S) for (const base of this.#all) base.dropBlock()
    if (this.settled === SETTLING_S) this.#settle()
  }

  /** Learns what all keys made in a second, without what floods made. */
  learnPace(entries: number): void {
    this.#pace = mean(this.#pace, entries, this.age)
    this.#lately = mean(this.#lately, entries, this.age, LATELY_HALF_LIFE)
  }

  /** Nothing came for so many seconds. */
  fade(seconds: number): void {
    this.age += seconds
    this.#pace = faded(this.#pace, seconds)
    this.#lately = faded(this.#lately, seconds, LATELY_HALF_LIFE)
    for (const base of this.#all) base.fade(seconds)
  }

  /** Time ends; it may begin anew, with a boot or without. What was learned stays. */
  stop(booted: boolean): void {
    this.settled = 0
    this.booted = booted
    for (const base of this.#all) base.dropBlock()
  }

  /** For the checkpoint. */
  state(): BaselinesState {
    return {
      pace: this.#pace,
      lately: this.#lately,
      age: this.age,
      settled: this.settled,
      fresh: this.#fresh,
      booted: this.booted,
      block: this.block,
      keys: this.#all.map((base) => base.state()),
    }
  }

  /** Where nothing was known, what was reached in the last seconds is usual until more is known. */
  #settle(): void {
    if (this.#fresh)
      for (const base of this.#all) {
        const { peak, smooth } = base.dropBlock()
        base.accept(base.level, peak, smooth, this.block)
      }
    this.#fresh = false
    this.booted = false
  }

  #add(base: Baseline): Baseline {
    this.#rows[base.row] = base
    this.#all.push(base)
    return base
  }

  #forget(entries: number, kept: (row: number) => boolean): boolean {
    let weakest = -1
    let least = entries
    for (const [i, base] of this.#all.entries()) {
      if (base.strength >= least || kept(base.row)) continue
      weakest = i
      least = base.strength
    }
    if (weakest < 0) return false
    this.#rows[this.#all[weakest].row] = undefined
    this.#all.splice(weakest, 1)
    return true
  }
}
