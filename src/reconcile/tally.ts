/** A sum over events, and the stamps between which they lie, in ms since the epoch. */
export interface Tally {
  events: number
  records: number
  /** Events of which a part was delivered. */
  torn: number
  first: number
  last: number
}

/** A sum over nothing. */
export function createTally(): Tally {
  return {
    events: 0,
    records: 0,
    torn: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
  }
}

/** Adds one event. */
export function addEvent(sum: Tally, time: number, records: number, torn: boolean): void {
  sum.events++
  sum.records += records
  if (torn) sum.torn++
  sum.first = Math.min(sum.first, time)
  sum.last = Math.max(sum.last, time)
}

/** Adds `more` to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  sum.events += more.events
  sum.records += more.records
  sum.torn += more.torn
  sum.first = Math.min(sum.first, more.first)
  sum.last = Math.max(sum.last, more.last)
}
