/** What goes to topics, or files, of its own. */
export type Kind = 'events' | 'rejects' | 'alerts'

/** Where the service of a run delivers to, and what is there. */
export interface Outlet {
  readonly sink: 'ndjson' | 'kafka'
  /** Settings of the service, as JSON has them. */
  readonly settings: object
  /** Serial of the newest event, 0 before the first. */
  last(): Promise<number>
  /** All that is there, one JSON value each; events that came in parts are whole again. */
  lines(kind: Kind): AsyncIterable<string>
  /** Removes what a run has left. */
  remove(): Promise<void>
}
