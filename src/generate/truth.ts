import type { Names } from './names.ts'
import type { GeneratorOptions } from './options.ts'

/** What was written with one rule key. An event with two keys counts in both. */
export interface KeyTruth {
  readonly events: number
  /** Records without EOE, copies and late ones included. */
  readonly records: number
  readonly eoe: number
  /** Of the records, those that came after the end of their event. */
  readonly late: number
}

/** What was written of one node. Serials of auditd's own records are not among these. */
export interface NodeTruth {
  /** Null where records name no node. */
  readonly name: string | null
  readonly events: number
  readonly firstSerial: number | null
  readonly lastSerial: number | null
}

/** Exactly what a generator has written. `lines = records + eoe + blank + rejected`. */
export interface Truth {
  readonly events: number
  readonly records: number
  readonly eoe: number
  readonly blank: number
  /** Lines that are no record. */
  readonly rejected: number
  readonly lines: number
  readonly bytes: number
  /** Events whose records mixed with those of others. */
  readonly interleaved: number
  readonly odd: number
  /** Events of auditd itself. */
  readonly daemon: number
  /** Events of the flood. */
  readonly flood: number
  /** Records and EOE that were written a second time. */
  readonly repeated: number
  /** Events that had a record after their end. */
  readonly late: number
  /** Events a reader finds by the stitching rule: a late record and a copy of a single record are events of their own. */
  readonly pieces: number
  /** Stamp of the first and the last event, milliseconds since the epoch. */
  readonly firstStamp: number | null
  readonly lastStamp: number | null
  readonly nodes: readonly NodeTruth[]
  readonly keys: Readonly<Record<string, KeyTruth>>
  /** What carries no rule key. */
  readonly unkeyed: KeyTruth
}

/** Counts kept per rule key, by its index. */
interface KeyColumns {
  readonly events: Float64Array
  readonly records: Float64Array
  readonly eoe: Float64Array
  readonly late: Float64Array
}

/** The counts while a stream is being made. */
export class Tally {
  events = 0
  records = 0
  eoe = 0
  blank = 0
  rejected = 0
  bytes = 0
  interleaved = 0
  odd = 0
  daemon = 0
  flood = 0
  repeated = 0
  late = 0
  /** Copies of single records. */
  copies = 0
  firstStamp: number | null = null
  lastStamp: number | null = null
  readonly nodeEvents: Float64Array
  readonly firstSerials: Float64Array
  readonly lastSerials: Float64Array
  readonly keys: KeyColumns
  private readonly names: Names
  private readonly named: boolean

  constructor(options: GeneratorOptions, names: Names) {
    this.names = names
    this.named = options.nodes > 0
    const nodes = Math.max(1, options.nodes)
    this.nodeEvents = new Float64Array(nodes)
    this.firstSerials = new Float64Array(nodes).fill(-1)
    this.lastSerials = new Float64Array(nodes).fill(-1)
    // the ordinary keys, the flood's, none
    const rows = options.keys + 2
    this.keys = {
      events: new Float64Array(rows),
      records: new Float64Array(rows),
      eoe: new Float64Array(rows),
      late: new Float64Array(rows),
    }
  }

  /** Records and EOE. */
  get entries(): number {
    return this.records + this.eoe
  }

  /** Adds to the rows of an event's keys; -1 stands for none. */
  addKey(column: keyof KeyColumns, key: number, secondKey: number, count = 1): void {
    const rows = this.keys[column]
    rows[key < 0 ? rows.length - 1 : key] += count
    if (secondKey >= 0) rows[secondKey] += count
  }

  /** Counts an event that begins. */
  begin(node: number, daemon: boolean, serial: number, stamp: number): void {
    this.events++
    this.nodeEvents[node]++
    this.firstStamp ??= stamp
    this.lastStamp = stamp
    if (daemon) {
      this.daemon++
      return
    }
    if (this.firstSerials[node] < 0) this.firstSerials[node] = serial
    this.lastSerials[node] = serial
  }

  /** The counts so far. */
  truth(): Truth {
    const keys: Record<string, KeyTruth> = {}
    const none = this.keys.events.length - 1
    for (let i = 0; i < none; i++)
      if (this.keys.events[i] > 0) keys[this.names.keyName(i)] = this.row(i)
    return {
      events: this.events,
      records: this.records,
      eoe: this.eoe,
      blank: this.blank,
      rejected: this.rejected,
      lines: this.entries + this.blank + this.rejected,
      bytes: this.bytes,
      interleaved: this.interleaved,
      odd: this.odd,
      daemon: this.daemon,
      flood: this.flood,
      repeated: this.repeated,
      late: this.late,
      pieces: this.events + this.late + this.copies,
      firstStamp: this.firstStamp,
      lastStamp: this.lastStamp,
      nodes: Array.from(this.nodeEvents, (events, i) => ({
        name: this.named ? this.names.nodeName(i) : null,
        events,
        firstSerial: serialOf(this.firstSerials[i]),
        lastSerial: serialOf(this.lastSerials[i]),
      })),
      keys,
      unkeyed: this.row(none),
    }
  }

  private row(i: number): KeyTruth {
    const { events, records, eoe, late } = this.keys
    return { events: events[i], records: records[i], eoe: eoe[i], late: late[i] }
  }
}

function serialOf(kept: number): number | null {
  return kept < 0 ? null : kept
}
