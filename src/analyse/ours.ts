import type { Batch } from '../model/batch.ts'
import type { Message, Run } from '../model/delivery.ts'
import { type Origins, readCall, USER_ROOM } from '../model/origins.ts'
import { type OwnProgram, selfCalm, selfFlood } from './self-alerts.ts'

/** Share of all entries from which our own are told, and below which they are calm again. */
const LOUD_SHARE = 0.01
const CALM_SHARE = 0.005
/** Share from which it is a loop: what is read makes most of what comes. */
const LOOP_SHARE = 0.5
/** Milliseconds of the stream's clock over which the share is taken, and how many such spans are calm before it ends. */
const SPAN_MS = 10_000
const CALM_SPANS = 3
/** Entries in a span that are worth telling: a rule on `execve` has some of the watcher on a quiet host. */
const LEAST_ENTRIES = 100

/** Programs, calls and keys that are told at most. */
const MOST_PROGRAMS = 8
const MOST_CALLS = 64
const MOST_KEYS = 20

/** Between the keys of one event in `Result.keySets`. */
const SEPARATOR = '\u0001'

/** How our own processes are known in records. */
export interface Ours {
  /** Users that run nothing else. */
  readonly uids: readonly number[]
  /** Programs that nobody else runs, as absolute paths. */
  readonly programs: readonly string[]
}

/** Entries of some time, all and our own. */
export interface OwnEntries {
  readonly own: number
  readonly all: number
  /** Milliseconds of the stream's clock. */
  readonly ms: number
}

/** Our own entries in the checkpoint. */
export interface OwnState extends OwnEntries {
  /** Clock at which it was last looked. */
  readonly lookedAt: number
  readonly programs: readonly OwnProgram[]
  /** Time of the newest of our entries, ms since the epoch. */
  readonly stamp: number
  /** Since when it is told, ms since the epoch, and whether as a loop; null while it is not. */
  readonly loudAt: number | null
  readonly isLoop: boolean
  readonly calmSpans: number
}

/** What following our own entries needs. */
export interface OwnOptions {
  /** The host we run on. */
  readonly node: string
  readonly ours: Ours
  emitAlert(alert: Message): void
}

const NOTHING: OwnState = {
  own: 0,
  all: 0,
  ms: 0,
  lookedAt: 0,
  programs: [],
  stamp: 0,
  loudAt: null,
  isLoop: false,
  calmSpans: 0,
}

/**
 * The share that our own processes have in the stream. Where a rule audits what they do, each record
 * makes them do more: on an idle host such a loop goes on for ever.
 */
export class Own {
  readonly #options: OwnOptions
  /** Users as origins have them. */
  readonly #users: readonly number[]
  readonly #programs: readonly Buffer[]
  #state: OwnState
  /** The same since it was last looked. */
  #own = 0
  #all = 0
  #last: OwnEntries = { own: 0, all: 0, ms: 0 }
  #run: Run | null = null
  /** 1 for each origin of the run that is ours; null where none is. */
  #origins: Uint8Array | null = null

  constructor(options: OwnOptions, state: OwnState = NOTHING) {
    this.#options = options
    this.#users = options.ours.uids.map((uid) => uid + USER_ROOM)
    this.#programs = options.ours.programs.map((program) => Buffer.from(`"${program}`))
    this.#state = state
  }

  /** Entries between the last two looks. */
  get last(): OwnEntries {
    return this.#last
  }

  /** What follows are rows of a run. */
  begin(run: Run): void {
    this.#run = run
    this.#origins = this.#originsOf(run)
  }

  /** Takes an event of the run. */
  pass(row: number): void {
    const run = this.#run as Run
    const { records, eoe, origin } = run.result.events
    const entries = records[row] + eoe[row]
    this.#all += entries
    if (this.#origins !== null && this.#origins[origin[row]] === 1) this.#take(run, row, entries)
  }

  /** The stream's clock is at `clock`, while its writer was there. */
  look(clock: number): void {
    const { lookedAt, own, all, ms } = this.#state
    const passed = clock - lookedAt
    if (passed <= 0) return
    this.#last = { own: this.#own, all: this.#all, ms: passed }
    const sums = { own: own + this.#own, all: all + this.#all, ms: ms + passed }
    this.#own = this.#all = 0
    this.#state = { ...this.#state, ...sums, lookedAt: clock }
    if (sums.ms >= SPAN_MS) this.#judge()
  }

  /** For the checkpoint. */
  state(): OwnState {
    const { own, all } = this.#state
    return { ...this.#state, own: own + this.#own, all: all + this.#all }
  }

  #judge(): void {
    const { own, all, loudAt, isLoop, calmSpans, programs, stamp, ms } = this.#state
    const { node } = this.#options
    const share = all === 0 ? 0 : own / all
    const isLoud = share >= LOUD_SHARE && own >= LEAST_ENTRIES
    const loops = isLoud && share >= LOOP_SHARE
    if (isLoud && (loudAt === null || (loops && !isLoop))) {
      const from = loudAt ?? stamp
      this.#options.emitAlert(selfFlood({ node, from, time: stamp, own, all, ms, loops, programs }))
      this.#state = { ...this.#state, loudAt: from, isLoop: loops }
    }
    const isCalm = share < CALM_SHARE || own < LEAST_ENTRIES / 2
    const calm = isCalm ? calmSpans + 1 : 0
    this.#state = { ...this.#state, own: 0, all: 0, ms: 0, programs: [], calmSpans: calm }
    if (loudAt === null || calm < CALM_SPANS) return
    this.#options.emitAlert(selfCalm(node, loudAt, stamp))
    this.#state = { ...this.#state, loudAt: null, isLoop: false }
  }

  /** Which origins of a run are ours, by their rows; null where none is. */
  #originsOf({ batch, result }: Run): Uint8Array | null {
    const { origins } = result
    let ours: Uint8Array | null = null
    if (this.#users.length + this.#programs.length === 0) return null
    for (let row = 1; row < origins.count; row++) {
      if (!this.#isOurs(batch, origins, row)) continue
      ours ??= new Uint8Array(origins.count)
      ours[row] = 1
    }
    return ours
  }

  #take(run: Run, row: number, entries: number): void {
    const { sec, ms } = run.result.events
    const { stamp, programs } = this.#state
    this.#own += entries
    this.#state = {
      ...this.#state,
      stamp: Math.max(stamp, sec[row] * 1000 + ms[row]),
      programs: withEntries(programs, this.#programOf(run, row), entries),
    }
  }

  #isOurs({ bytes }: Batch, { user, programStart, programEnd }: Origins, row: number): boolean {
    if (user[row] >= USER_ROOM && this.#users.includes(user[row])) return true
    if (this.#programs.length === 0) return false
    const [start, end] = [programStart[row], programEnd[row]]
    return this.#programs.some(
      (program) => program.length === end - start && program.compare(bytes, start, end) === 0,
    )
  }

  #programOf({ batch, result }: Run, row: number): OwnProgram {
    const { origins, events, keySets } = result
    const origin = events.origin[row]
    const user = origins.user[origin]
    return {
      program: textOf(
        batch.bytes.subarray(origins.programStart[origin], origins.programEnd[origin]),
      ),
      uid: this.#users.includes(user) ? user - USER_ROOM : null,
      entries: 0,
      calls: 'type' in readCall(origins.call[origin]) ? [] : [origins.call[origin]],
      keys: keySets[events.keySet[row]].split(SEPARATOR).filter((key) => key !== ''),
    }
  }
}

/** Programs with entries of one more. */
function withEntries(
  programs: readonly OwnProgram[],
  one: OwnProgram,
  entries: number,
): readonly OwnProgram[] {
  const at = programs.findIndex(({ program, uid }) => program === one.program && uid === one.uid)
  if (at < 0) return [...programs, { ...one, entries }].slice(0, MOST_PROGRAMS)
  const known = programs[at]
  return programs.with(at, {
    ...known,
    entries: known.entries + entries,
    calls: union(known.calls, one.calls, MOST_CALLS),
    keys: union(known.keys, one.keys, MOST_KEYS),
  })
}

function union<T>(known: readonly T[], more: readonly T[], most: number): readonly T[] {
  const fresh = more.filter((one) => !known.includes(one))
  return fresh.length === 0 ? known : [...known, ...fresh].slice(0, most)
}

const QUOTE = 0x22

/** A program's name as a record has it: behind a quote, or in hex. */
function textOf(raw: Uint8Array): string {
  const bytes = Buffer.from(raw)
  if (bytes[0] === QUOTE) return bytes.subarray(1).toString('utf8')
  return Buffer.from(bytes.toString('latin1'), 'hex').toString('utf8')
}
