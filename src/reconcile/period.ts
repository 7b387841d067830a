/** Stamps between which events are held against each other, in ms since the epoch; null where nothing is said. */
export interface Period {
  readonly since: number | null
  readonly until: number | null
}

/** Whether a stamp lies in a period. */
export function isWithin({ since, until }: Period, time: number): boolean {
  return (since === null || time >= since) && (until === null || time <= until)
}
