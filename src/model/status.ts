/**
 * How a service stands, as `status.json` has it (docs/operating.md). Names are those of the file, times
 * are ISO 8601. The contract that tests hold it against is src/contracts/status.ts.
 */
export interface Status {
  readonly v: number
  readonly version: string
  readonly pid: number
  readonly node: string
  readonly started: string
  /** Null while it runs, and after it was killed. */
  readonly stopped: string | null
  readonly delivery: ProgressStatus
  readonly analysis: ProgressStatus & { readonly lag_s: number | null }
  readonly parted: boolean
  readonly spool: {
    readonly directory: string
    readonly bytes: number | null
    readonly limit: number | null
  }
  readonly counts: {
    readonly bytes: number
    readonly entries: number
    readonly events: number
    readonly rejected: number
    readonly dropped_lines: number
    readonly dropped_bytes: number
  }
  readonly kernel: KernelStatus
  readonly queue: QueueStatus
  /** The last interval of each node, in the order in which they were told. */
  readonly rates: readonly RatesStatus[]
  /** The last seconds up to now, of the busiest nodes. */
  readonly windows: readonly NodeWindows[]
  /** Who makes the busiest keys of all these nodes. */
  readonly origins: readonly KeyOriginsStatus[]
  readonly alerts: {
    readonly open: readonly AlertStatus[]
    readonly recent: readonly AlertStatus[]
  }
  readonly sink: SinkState
}

/** A status with the time of its writing, as it lies in the file. */
export interface WrittenStatus extends Status {
  readonly time: string
}

interface ProgressStatus {
  readonly done: string | null
  readonly resume: string
  readonly lag_bytes: number
}

/** The kernel's figures as last read; null where nothing reads them. */
interface KernelStatus {
  readonly lost: number | null
  readonly backlog: number | null
  readonly backlog_limit: number | null
}

/** The kernel's queue as the stream shows it; null where it does not. */
interface QueueStatus {
  /** Entries a second that the stream can be drained at. */
  readonly drain_per_s: number | null
  /** Entries in the queue as of a time, which is the newest that the stream can tell of. */
  readonly entries: number | null
  readonly entries_low: number | null
  readonly entries_high: number | null
  readonly at: string | null
  /** The limit, and whether a reading told it or it is the usual one. */
  readonly limit: number
  readonly limit_read: boolean
  /** Seconds until it overflows, null where nothing is foreseen; `high` is null where it may never. */
  readonly overflow_s: number | null
  readonly overflow_low_s: number | null
  readonly overflow_high_s: number | null
}

/** The last interval of one node, with its largest keys. */
export interface RatesStatus {
  readonly node: string
  readonly from: string
  readonly to: string
  readonly total: RateStatus
  readonly keys: readonly KeyStatus[]
}

/** Sums over one interval, as far as they are shown. */
export interface RateStatus {
  readonly records: number
  readonly events_per_s: number
  readonly records_per_s: number
  readonly bytes_per_s: number
  readonly peak_records_per_s: number
}

/** The same of one rule key; the empty one is that of records without a key. */
export interface KeyStatus extends RateStatus {
  readonly key: string
}

/** Rates of one node up to `until`, with its busiest keys. */
export interface NodeWindows {
  readonly node: string
  readonly until: string
  readonly total: WindowsStatus
  readonly keys: readonly (WindowsStatus & { readonly key: string })[]
}

/** Rates over the last second, ten seconds, minute and quarter of an hour. */
export interface WindowsStatus {
  readonly '1s': WindowStatus
  readonly '10s': WindowStatus
  readonly '1m': WindowStatus
  readonly '15m': WindowStatus
}

/** Rates over one window. */
export interface WindowStatus {
  /** How many seconds it has: fewer after a start, up to a bucket more for the longer ones. */
  readonly seconds: number
  readonly events_per_s: number
  readonly entries_per_s: number
  readonly bytes_per_s: number
  /** Most entries in one second. */
  readonly peak_entries_per_s: number
  /** Entries of a second that half of the seconds, 95 and 99 of a hundred of them do not exceed. */
  readonly p50_entries_per_s: number
  readonly p95_entries_per_s: number
  readonly p99_entries_per_s: number
}

/** Who makes the entries of a key, over the ten seconds up to `until`. */
export interface KeyOriginsStatus extends OriginsStatus {
  readonly node: string
  readonly key: string
  readonly until: string
}

/** Of each kind those that make most, and of all kinds together. */
export interface OriginsStatus {
  readonly program: readonly OriginStatus[]
  readonly user: readonly OriginStatus[]
  readonly call: readonly OriginStatus[]
  readonly path: readonly OriginStatus[]
  readonly parent: readonly OriginStatus[]
  readonly together: readonly (Omit<OriginStatus, 'name'> &
    Readonly<Record<'program' | 'user' | 'call' | 'path', string>>)[]
}

/** The share of the key's entries at least, and by how much it may be more. */
export interface OriginStatus {
  readonly name: string
  readonly share: number
  readonly error: number
}

/** An alert, as far as it is shown. */
export interface AlertStatus {
  readonly type: string
  readonly node: string
  readonly severity: string
  readonly starts_at: string
  readonly text: string
  readonly evidence: {
    readonly key?: unknown
    readonly why?: unknown
    readonly shares?: unknown
  }
}

/** A sink; all but the kind is there where it delivers to somewhere else. */
interface SinkState {
  readonly kind: string
  readonly connected?: boolean
  readonly waiting?: number
  readonly waiting_bytes?: number
  readonly delivered?: number
  readonly stalled_s?: number
  readonly error?: string | null
  readonly outbox?: number
  readonly outbox_dropped?: number
}
