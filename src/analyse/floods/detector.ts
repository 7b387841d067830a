import type { Severity } from '../../model/alert.ts'
import type { Baseline } from './baseline.ts'

/**
 * When a key is in flood.
 *
 * ```
 *   entries/s
 *      │              ┌─┐ ← a peak over the bar: at once when far over it, else after HOT_SECONDS
 *  bar ┼ ─ ─ ─ ─ ─ ─ ─│─│─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─
 *      │    ╷         │ │
 *  usual ── │ ──╷──── │ │ ── the peaks it usually has
 *  line┼ ─ ─│─ ─│─ ─ ─│─│─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ below: calm
 *  level ▄▄▄█▄▄▄█▄▄▄▄▄█ █▄▄▄▄▄▄ its mean
 * ```
 *
 * The bar lies over the usual peaks by as much as these lie over the mean, and at least by a share of
 * what can be drained: so a steady key is judged strictly and one with bursts is not, without a setting.
 * The same is done with the smooth rate, which finds a flood no higher than the usual bursts.
 */

/**
 * Entries a second that are taken for what can be drained until it is measured: half of what a stock
 * auditd (ENRICHED, INCREMENTAL_ASYNC, one plugin) was measured to drain on a virtual machine with two
 * cores, 67,000 to 90,000. One that syncs each record drains 5,000.
 */
export const ASSUMED_DRAIN = 40_000

/** Least drain that shares are taken of: an auditd that stands still makes no flood of everything. */
const LEAST_DRAIN = 1000

/** Share of the drain by which a flood lies over what is usual: with the assumed one 1,000 entries/s. */
const FLOOR_SHARE = 0.025

/** The same from which one second is enough. */
const URGENT_SHARE = 0.1

/** Seconds in a row over the bar that else are needed. */
const HOT_SECONDS = 3

/** Share of the usual peaks by which a flood lies over them. */
const SPREAD = 0.5

/** Times the mean that a flood makes at least, since a rise in small steps is growth. */
const RISE = 1.4

/** The same while little is known, then with half of all entries in two seconds in a row. */
const SETTLING_RISE = 4
const SETTLING_OF_ALL = 0.5
const SETTLING_HOT_SECONDS = 2

/** Share of the drain below which nothing is a flood in the first minutes of a boot. */
const BOOT_SHARE = 0.25

/** Share of the drain from which a flood is a warning. */
const WARNING_SHARE = 0.1

/**
 * Share of the drain over which a flood makes a surplus, and the surplus from which it is critical, in seconds of
 * the whole drain. Each second adds what it makes over the share or takes off what it makes less, but never below
 * none (Page's test). So a mean over the share is found, the sooner the further it is over it, and noise about one
 * below it is not: at 45 %, with independent seconds that differ by a third of that, in 2 of 10,000 simulated hours.
 */
const CRITICAL_SHARE = 0.5
const CRITICAL_SURPLUS_S = 3

/**
 * Share of the drain above its mean from which a key is told however usual that is: what a flood of a quarter
 * makes in a second of which it had a little less than all.
 */
const LARGE_SHARE = 0.2

/** Times the mean that it makes at least: a key that always makes much has high noise. */
const LARGE_RISE = 2

/** Share of what a key makes more that all keys together have to make more: else it took another's place. */
const RISE_OF_ALL = 0.5

/** Calm seconds after which a flood is over. */
export const CALM_S = 10

/** A flood that comes again within AGAIN_S has to be calm for twice as long, up to MOST_CALM_S. */
const AGAIN_S = 600
const MOST_CALM_S = 300

/** Seconds after which what a flood makes is taken for usual: six hours. */
export const ACCEPTED_S = 21_600

/** What can be drained, and what follows from it. */
export interface Drain {
  readonly perSecond: number
  readonly measured: boolean
  /** Least entries a second over the usual. */
  readonly floor: number
}

/** The drain as measured, or as assumed where it is null. */
export function drainOf(measured: number | null): Drain {
  const perSecond = Math.max(LEAST_DRAIN, measured ?? ASSUMED_DRAIN)
  return { perSecond, measured: measured !== null, floor: FLOOR_SHARE * perSecond }
}

/** Entries of one second from which a key is hot. */
export function barOf({ level, peak }: Baseline, { floor }: Drain): number {
  return over(level, peak, floor)
}

/** Smooth rate from which a key is in flood. */
export function smoothBarOf({ level, smoothPeak }: Baseline, { floor }: Drain): number {
  return over(level, smoothPeak, floor)
}

/** Entries a second below which a key is calm. */
export function lineOf(base: Baseline, drain: Drain): number {
  return (base.level + smoothBarOf(base, drain)) / 2
}

/** Entries of one second from which a key takes much of the drain, and those below which it is calm again. */
export function largeOf({ level }: Baseline, { perSecond }: Drain): { bar: number; line: number } {
  const bar = Math.max(level + LARGE_SHARE * perSecond, LARGE_RISE * level)
  return { bar, line: (level + bar) / 2 }
}

/** All keys together make more too. */
export function hasRisen(
  { level }: Baseline,
  entries: number,
  { rise }: { rise: number },
): boolean {
  return rise >= RISE_OF_ALL * (entries - level)
}

/** The bar while time has just begun. */
export function settlingBarOf(base: Baseline, drain: Drain, booted: boolean, all: number): number {
  return Math.max(
    barOf(base, drain),
    SETTLING_RISE * base.level,
    SETTLING_OF_ALL * all,
    booted ? BOOT_SHARE * drain.perSecond : 0,
  )
}

/** Seconds in a row that a key has to be hot. */
export function hotSecondsOf(
  base: Baseline,
  drain: Drain,
  entries: number,
  settling: boolean,
): number {
  if (settling) return SETTLING_HOT_SECONDS
  return entries - base.level - base.peak >= URGENT_SHARE * drain.perSecond ? 1 : HOT_SECONDS
}

/** The surplus of a flood after a second in which it made `entries`, when it was `surplus` before. */
export function surplusOf(surplus: number, entries: number, { perSecond }: Drain): number {
  return Math.max(0, surplus + entries - CRITICAL_SHARE * perSecond)
}

/** A flood is near to a loss: it has so much surplus, or makes all that can be drained over its last seconds. */
export function isCritical(surplus: number, recent: number, { perSecond }: Drain): boolean {
  return surplus >= CRITICAL_SURPLUS_S * perSecond || recent >= perSecond
}

/** How bad a flood is that makes `peak` entries in its worst second, and no more is known of. */
export function severityOf(peak: number, { perSecond }: Drain): Severity {
  return peak >= WARNING_SHARE * perSecond ? 'warning' : 'info'
}

/** Calm seconds that a flood of a key needs to be over when it is told in a second. */
export function calmOf({ calm, endedAt }: Baseline, second: number): number {
  const isAgain = endedAt > 0 && second - endedAt < AGAIN_S
  return isAgain ? Math.min(2 * calm, MOST_CALM_S) : CALM_S
}

function over(level: number, peak: number, floor: number): number {
  return Math.max(level + peak + Math.max(floor, SPREAD * peak), RISE * level)
}
