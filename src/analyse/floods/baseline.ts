/**
 * What one key usually makes, in entries a second, learned from what it made:
 *
 * - its *level*, the mean, with a half-life of LEVEL_HALF_LIFE;
 * - its *peaks* of the last hours: of each block of BLOCK_S seconds the second that was highest above
 *   the level, and of these the third highest, fading with a half-life of BLOCK_HALF_LIFE blocks. So
 *   what a burst reached is usual when it has come three times;
 * - the same for the *smooth* rate, a mean over some seconds: bursts as high as a flood are short;
 * - its peaks by hour of the day: of the days the second highest, fading with a half-life of
 *   DAY_HALF_LIFE days. So what a nightly job makes is usual from its third night on.
 *
 * Peaks count from the level, which follows the slopes of a day. All of it is 16 numbers for a key, and
 * 48 more for one that ever had a peak worth keeping.
 */

/** Seconds in which the mean forgets half: longer than a burst, shorter than a slope of the day. */
const LEVEL_HALF_LIFE = 600

/** Seconds in which the smooth rate forgets half: longer than a burst, shorter than a flood. */
const SMOOTH_HALF_LIFE = 5

/** Seconds of a block. An hour is a whole number of them. */
export const BLOCK_S = 300

/** Blocks in which a peak fades to half: twelve hours. */
const BLOCK_HALF_LIFE = 144

/** Days in which a peak of an hour of the day fades to half: what comes once a week is remembered. */
const DAY_HALF_LIFE = 10

/** Peaks kept; the last of them is the usual one. */
const PEAKS = 3

/** Entries a second below which a peak of an hour of the day is not kept: no flood begins there. */
const LEAST_KEPT = 100

const HOURS = 24
const BLOCKS_PER_HOUR = 3600 / BLOCK_S
const BLOCKS_PER_DAY = HOURS * BLOCKS_PER_HOUR

/** Share of the mean and of the smooth rate that a second leaves. */
const LEVEL_KEPT: number = 2 ** (-1 / LEVEL_HALF_LIFE)
const SMOOTH_KEPT: number = 2 ** (-1 / SMOOTH_HALF_LIFE)

/** A baseline in the checkpoint. */
export interface BaselineState {
  readonly row: number
  readonly level: number
  readonly smooth: number
  readonly blockPeak: number
  readonly blockSmooth: number
  readonly peaks: readonly number[]
  readonly smoothPeaks: readonly number[]
  readonly hourPeak: number
  /** Of each hour of the day the highest and the second highest; null where there is none. */
  readonly hours: readonly number[] | null
  readonly calm: number
  readonly endedAt: number
  readonly skipped: boolean
}

/** What one key usually makes. */
export class Baseline {
  /** Row of the key. */
  readonly row: number
  /** Mean, and the mean over some seconds. */
  level = 0
  smooth = 0
  /** Usual peak of a second and of the smooth rate, above the level. */
  peak = 0
  smoothPeak = 0
  /** The last flood that was neither short nor harmless was not learned; every second one is. */
  skipped = false
  /** Calm seconds that its last flood needed to be over, and its end; 0 before the first. */
  calm = 0
  endedAt = 0
  #blockPeak = 0
  #blockSmooth = 0
  #peaks: number[] = Array.from({ length: PEAKS }, () => 0)
  #smoothPeaks: number[] = Array.from({ length: PEAKS }, () => 0)
  #hourPeak = 0
  #hours: number[] | null = null

  constructor(row: number) {
    this.row = row
  }

  /** The highest it is known to have made: how much would be forgotten with it. */
  get strength(): number {
    return this.level + Math.max(this.#peaks[0], this.#blockPeak)
  }

  /** Takes the entries of a second, whatever they are. */
  take(entries: number): void {
    this.smooth = SMOOTH_KEPT * this.smooth + (1 - SMOOTH_KEPT) * entries
    const peak = entries - this.level
    if (peak > this.#hourPeak) this.#hourPeak = peak
  }

  /** Learns the mean from a second after `age` seconds: at first it is that of all. */
  learnLevel(entries: number, age: number): void {
    this.level += Math.max(1 - LEVEL_KEPT, 1 / age) * (entries - this.level)
  }

  /** Learns what was reached above the level in this block. */
  learnPeak(peak: number, smooth: number): void {
    if (peak > this.#blockPeak) this.#blockPeak = peak
    if (smooth > this.#blockSmooth) this.#blockSmooth = smooth
  }

  /** Learns what was reached as if it had been a block of its own. */
  learnBurst(peak: number, smooth: number, block: number): void {
    insert(this.#peaks, peak)
    insert(this.#smoothPeaks, smooth)
    this.#conclude(block)
  }

  /** Takes a mean and the peaks above it for usual at once. */
  accept(level: number, peak: number, smooth: number, block: number): void {
    this.level = level
    this.#peaks.fill(Math.round(peak))
    this.#smoothPeaks.fill(Math.round(smooth))
    this.#conclude(block)
  }

  /** Forgets what was reached in this block, and says what it was. */
  dropBlock(): { peak: number; smooth: number } {
    const dropped = { peak: this.#blockPeak, smooth: this.#blockSmooth }
    this.#blockPeak = this.#blockSmooth = 0
    return dropped
  }

  /** Nothing came for so many seconds. */
  fade(seconds: number): void {
    this.level *= LEVEL_KEPT ** seconds
    this.smooth *= SMOOTH_KEPT ** seconds
  }

  /** Goes on from one block to another; what was reached in the old one is learned when `learns`. */
  roll(from: number, to: number, learns: boolean): void {
    const passed = Math.max(0, to - from)
    if (learns) {
      insert(this.#peaks, this.#blockPeak)
      insert(this.#smoothPeaks, this.#blockSmooth)
      this.dropBlock()
    }
    const kept = 2 ** (-passed / BLOCK_HALF_LIFE)
    fadeAll(this.#peaks, kept)
    fadeAll(this.#smoothPeaks, kept)
    if (hourOf(from) !== hourOf(to) || passed >= BLOCKS_PER_HOUR) this.#endHour(hourOf(from))
    const days = dayOf(to) - dayOf(from)
    if (days > 0 && this.#hours) fadeAll(this.#hours, 2 ** (-days / DAY_HALF_LIFE))
    this.#conclude(to)
  }

  /** For the checkpoint. */
  state(): BaselineState {
    return {
      row: this.row,
      level: this.level,
      smooth: this.smooth,
      blockPeak: this.#blockPeak,
      blockSmooth: this.#blockSmooth,
      peaks: [...this.#peaks],
      smoothPeaks: [...this.#smoothPeaks],
      hourPeak: this.#hourPeak,
      hours: this.#hours && [...this.#hours],
      calm: this.calm,
      endedAt: this.endedAt,
      skipped: this.skipped,
    }
  }

  /** A baseline as the checkpoint has it. */
  static from(state: BaselineState, block: number): Baseline {
    const base = new Baseline(state.row)
    base.level = state.level
    base.smooth = state.smooth
    base.calm = state.calm
    base.endedAt = state.endedAt
    base.skipped = state.skipped
    base.#blockPeak = state.blockPeak
    base.#blockSmooth = state.blockSmooth
    base.#peaks = [...state.peaks]
    base.#smoothPeaks = [...state.smoothPeaks]
    base.#hourPeak = state.hourPeak
    base.#hours = state.hours && [...state.hours]
    base.#conclude(block)
    return base
  }

  /** The highest second of an hour goes to its hour of the day. */
  #endHour(hour: number): void {
    const peak = this.#hourPeak
    this.#hourPeak = 0
    if (peak < LEAST_KEPT) return
    const hours = (this.#hours ??= Array.from({ length: HOURS * 2 }, () => 0))
    const [highest, second] = [hours[hour * 2], hours[hour * 2 + 1]]
    hours[hour * 2] = Math.max(highest, peak)
    hours[hour * 2 + 1] = Math.max(second, Math.min(highest, peak))
  }

  /** What is usual in a block. Jobs begin a little before or after their hour. */
  #conclude(block: number): void {
    const hour = hourOf(block)
    const part = block % BLOCKS_PER_HOUR
    let ofHour = this.#usualOf(hour)
    if (part === 0) ofHour = Math.max(ofHour, this.#usualOf(hour - 1))
    if (part === BLOCKS_PER_HOUR - 1) ofHour = Math.max(ofHour, this.#usualOf(hour + 1))
    this.peak = Math.max(this.#peaks[PEAKS - 1], ofHour)
    this.smoothPeak = Math.max(this.#smoothPeaks[PEAKS - 1], ofHour)
  }

  #usualOf(hour: number): number {
    return this.#hours?.[((hour + HOURS) % HOURS) * 2 + 1] ?? 0
  }
}

/** The mean over all entries, as `learnLevel` learns that of a key, or with another half-life. */
export function mean(
  level: number,
  entries: number,
  age: number,
  halfLife: number = LEVEL_HALF_LIFE,
): number {
  return level + Math.max(1 - 2 ** (-1 / halfLife), 1 / age) * (entries - level)
}

/** A mean after so many seconds of nothing. */
export function faded(level: number, seconds: number, halfLife: number = LEVEL_HALF_LIFE): number {
  return level * 2 ** (-seconds / halfLife)
}

/** The block that a second is in. */
export function blockOf(second: number): number {
  return Math.floor(second / BLOCK_S)
}

function hourOf(block: number): number {
  return Math.floor(block / BLOCKS_PER_HOUR) % HOURS
}

function dayOf(block: number): number {
  return Math.floor(block / BLOCKS_PER_DAY)
}

/** Puts a value into a list that falls; the lowest leaves it. */
function insert(list: number[], value: number): void {
  let at = list.length
  while (at > 0 && list[at - 1] < value) at--
  if (at === list.length) return
  list.splice(at, 0, value)
  list.pop()
}

/** Whole numbers, since they are shorter in the checkpoint. */
function fadeAll(list: number[], kept: number): void {
  for (const [i, value] of list.entries()) list[i] = Math.floor(value * kept)
}
