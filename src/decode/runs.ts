import { equalBytes, SLACK, viewOf } from './words.ts'

/**
 * Runs of fields met before, and what they become. Most of what a record says is said again by the
 * next one: whose process it is (`auid=… ses=`), what auditd makes of that (the ENRICHED part), what
 * kind of file (`dev=… cap_frootid=`). A run that comes again is compared and copied as a whole. Three
 * in five fields of enriched streams are in such runs, and decoding took a tenth less time with them.
 *
 * ```
 *  hash of the run's beginning ──► set of WAYS slots: │ run │ written │ fields in it │ its record's shape │
 * ```
 *
 * A run is written as it was the first time, so it is kept only if that does not depend on anything
 * but its bytes: every field plain, known, and nothing but a member of the record. It is used only where
 * none of its fields came before it.
 */

const SETS = 128
const WAYS = 4
/** Longest run that is kept, and room for what it becomes. */
const RUN_ROOM = 384
const WRITTEN_ROOM = 768
/** Shorter runs are not worth it; the hash looks at as many bytes. */
const SHORTEST = 32

/** Fields a run may have. */
export const RUN_FIELDS = 32

/** The run that is being written for the first time. */
export class Run {
  /** Where it begins in the record's bytes; -1 while there is none. */
  at = -1
  /** Where what it becomes begins in the output. */
  written = 0
  /** It goes on to the end of the record. */
  whole = false
  /** The fields it has so far. */
  readonly fields: Int16Array = new Int16Array(RUN_FIELDS)
  count = 0

  /** Begins a run. */
  begin(at: number, written: number, whole: boolean): void {
    this.at = at
    this.written = written
    this.whole = whole
    this.count = 0
  }
}

/** A cache of runs. */
export class RunCache {
  readonly #runs = viewOf(new Uint8Array(SETS * WAYS * RUN_ROOM + SLACK))
  readonly #written = viewOf(new Uint8Array(SETS * WAYS * WRITTEN_ROOM + SLACK))
  readonly #runLengths = new Uint16Array(SETS * WAYS)
  readonly #writtenLengths = new Uint16Array(SETS * WAYS)
  readonly #fields = new Int16Array(SETS * WAYS * RUN_FIELDS)
  readonly #counts = new Uint8Array(SETS * WAYS)
  readonly #shapes: (object | null)[] = Array.from({ length: SETS * WAYS }, () => null)
  /** Hash of the run that was last not found in each set: only what comes again is kept. */
  readonly #missed = new Int32Array(SETS)
  readonly #turn = new Uint8Array(SETS)
  #hash = 0
  /** Bytes of the run last found. */
  length = 0

  /**
   * Looks for a run that begins at `start`.
   *
   * @param end - where it ends at the latest, and exactly there when it is `whole`.
   * @param stamps - and `stamp`: which fields came before it in the record, as in `Scope`.
   * @returns a slot for `write`, or -1.
   */
  find(
    view: DataView,
    start: number,
    end: number,
    whole: boolean,
    stamps: Uint32Array,
    stamp: number,
    shape: object,
  ): number {
    if (end - start < SHORTEST) {
      this.#hash = 0
      return -1
    }
    // A whole run is sampled all along: enriched parts begin alike.
    const step = whole ? 12 : 4
    const until = whole ? end - 4 : start + SHORTEST - 4
    let hash = step
    for (let at = start; at <= until; at += step)
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1)
    hash ^= hash >>> 15
    this.#hash = hash
    const first = (hash & (SETS - 1)) * WAYS
    for (let slot = first; slot < first + WAYS; slot++) {
      const length = this.#runLengths[slot]
      if (
        (whole ? length === end - start : start + length <= end) &&
        this.#shapes[slot] === shape &&
        equalBytes(view, start, this.#runs, slot * RUN_ROOM, length) &&
        this.#isNew(slot, stamps, stamp)
      ) {
        this.length = length
        return slot
      }
    }
    return -1
  }

  #isNew(slot: number, stamps: Uint32Array, stamp: number): boolean {
    const first = slot * RUN_FIELDS
    const last = first + this.#counts[slot]
    for (let i = first; i < last; i++) if (stamps[this.#fields[i]] === stamp) return false
    return true
  }

  /** Writes what the run in a slot becomes to `to` at `at`; gives where it ends. */
  write(slot: number, to: DataView, at: number): number {
    const from = slot * WRITTEN_ROOM
    const length = this.#writtenLengths[slot]
    // Eight bytes at a time; as they are ASCII, no number is a NaN, whose bits might not be kept.
    for (let i = 0; i < length; i += 8)
      to.setFloat64(at + i, this.#written.getFloat64(from + i, true), true)
    return at + length
  }

  /** Marks the fields of the run in a slot as met. */
  stamp(slot: number, stamps: Uint32Array, stamp: number): void {
    const first = slot * RUN_FIELDS
    const count = this.#counts[slot]
    for (let i = first; i < first + count; i++) stamps[this.#fields[i]] = stamp
  }

  /** Last field of the run in a slot. */
  last(slot: number): number {
    return this.#fields[slot * RUN_FIELDS + this.#counts[slot] - 1]
  }

  /**
   * Keeps the run last looked for in vain, if it was looked for before; it ends at `end` in `bytes`
   * and `writtenEnd` in `to`. Either way it is over.
   */
  keep(
    run: Run,
    bytes: Uint8Array,
    end: number,
    to: Uint8Array,
    writtenEnd: number,
    shape: object,
  ): void {
    const hash = this.#hash
    const set = hash & (SETS - 1)
    const { at, written, count } = run
    run.at = -1
    if (hash === 0 || end - at > RUN_ROOM || writtenEnd - written > WRITTEN_ROOM) return
    if (count === 0 || count > RUN_FIELDS) return
    if (this.#missed[set] !== hash) {
      this.#missed[set] = hash
      return
    }
    const slot = set * WAYS + (this.#turn[set]++ & (WAYS - 1))
    new Uint8Array(this.#runs.buffer).set(bytes.subarray(at, end), slot * RUN_ROOM)
    new Uint8Array(this.#written.buffer).set(to.subarray(written, writtenEnd), slot * WRITTEN_ROOM)
    this.#runLengths[slot] = end - at
    this.#writtenLengths[slot] = writtenEnd - written
    this.#shapes[slot] = shape
    this.#fields.set(run.fields.subarray(0, count), slot * RUN_FIELDS)
    this.#counts[slot] = count
  }
}
