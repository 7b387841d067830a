import type { Batch } from '../model/batch.ts'
import type { Message, Run } from '../model/delivery.ts'
import { keysOf } from '../model/key-set.ts'
import { type Origins, readCall, USER_ROOM } from '../model/origins.ts'
import { wholeText } from './origin-names.ts'
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
  /** Time of the newest of our entries, ms since the epoch. */
  #stamp: number
  #run: Run | null = null
  /** Entries of each origin of the run that is ours, NaN for the others; null where none is. */
  #entries: Float64Array | null = null
  /** Origins of the run with entries that are in no program yet, in the order in which they came. */
  readonly #fresh: number[] = []

  constructor(options: OwnOptions, state: OwnState = NOTHING) {
    this.#options = options
    this.#users = options.ours.uids.map((uid) => uid + USER_ROOM)
    this.#programs = options.ours.programs.map((program) => Buffer.from(`"${program}`))
    this.#state = state
    this.#stamp = state.stamp
  }

  /** Entries between the last two looks. */
  get last(): OwnEntries {
    return this.#last
  }

  /** What follows are rows of a run. */
  begin(run: Run): void {
    this.#run = run
    this.#entries = this.#originsOf(run)
  }

  /** The rows of the run are over: its bytes may go. */
  end(): void {
    this.#settle()
    this.#run = this.#entries = null
  }

  /** Takes an event of the run. */
  pass(row: number): void {
    const { records, eoe, origin, sec, ms } = (this.#run as Run).result.events
    const entries = records[row] + eoe[row]
    this.#all += entries
    const of = this.#entries
    if (of === null || Number.isNaN(of[origin[row]])) return
    if (of[origin[row]] === 0) this.#fresh.push(origin[row])
    of[origin[row]] += entries
    this.#own += entries
    this.#stamp = Math.max(this.#stamp, sec[row] * 1000 + ms[row])
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
    if (sums.ms < SPAN_MS) return
    this.#settle()
    this.#judge()
  }

  /** For the checkpoint. */
  state(): OwnState {
    const { own, all } = this.#state
    return { ...this.#state, own: own + this.#own, all: all + this.#all, stamp: this.#stamp }
  }

  #judge(): void {
    const { own, all, loudAt, isLoop, calmSpans, programs, ms } = this.#state
    const stamp = this.#stamp
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

  /** Entries of a run's origins before any came: 0 for ours and NaN for others; null where none is ours. */
  #originsOf({ batch, result }: Run): Float64Array | null {
    const { origins } = result
    let ours: Float64Array | null = null
    if (this.#users.length + this.#programs.length === 0) return null
    for (let row = 1; row < origins.count; row++) {
      if (!this.#isOurs(batch, origins, row)) continue
      ours ??= new Float64Array(origins.count).fill(Number.NaN)
      ours[row] = 0
    }
    return ours
  }

  /** Adds what came of the run to its programs: what is told costs nothing for each event. */
  #settle(): void {
    const [run, of] = [this.#run, this.#entries]
    if (run === null || of === null || this.#fresh.length === 0) return
    let { programs } = this.#state
    for (const origin of this.#fresh) {
      programs = withEntries(programs, this.#programOf(run, origin), of[origin])
      of[origin] = 0
    }
    this.#fresh.length = 0
    this.#state = { ...this.#state, programs }
  }

  #isOurs({ bytes }: Batch, { user, programStart, programEnd }: Origins, row: number): boolean {
    if (user[row] >= USER_ROOM && this.#users.includes(user[row])) return true
    if (this.#programs.length === 0) return false
    const [start, end] = [programStart[row], programEnd[row]]
    return this.#programs.some(
      (program) => program.length === end - start && program.compare(bytes, start, end) === 0,
    )
  }

  #programOf({ batch, result }: Run, origin: number): OwnProgram {
    const { origins, keySets } = result
    const user = origins.user[origin]
    const name = batch.bytes.subarray(origins.programStart[origin], origins.programEnd[origin])
    return {
      program: wholeText(name),
      uid: this.#users.includes(user) ? user - USER_ROOM : null,
      entries: 0,
      calls: 'type' in readCall(origins.call[origin]) ? [] : [origins.call[origin]],
      keys: keysOf(keySets[origins.keySet[origin]]),
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
