import type { Message, Run } from '../../model/delivery.ts'
import { keysOf } from '../../model/key-set.ts'
import { NOT_FOUND, readCall, USER_ROOM } from '../../model/origins.ts'
import { wholeText } from '../origins/origin-names.ts'
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

/** Entries of ours from one origin, and the row of an event of it. */
interface Fresh {
  readonly row: number
  entries: number
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
  /** Some program or user of ours is known. */
  readonly #areKnown: boolean
  /** What came of the run and is in no program yet, in the order in which it came. */
  readonly #fresh = new Map<string, Fresh>()

  constructor(options: OwnOptions, state: OwnState = NOTHING) {
    this.#options = options
    this.#users = options.ours.uids.map((uid) => uid + USER_ROOM)
    this.#programs = options.ours.programs.map((program) => Buffer.from(`"${program}`))
    this.#areKnown = this.#users.length + this.#programs.length > 0
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
  }

  /** The rows of the run are over: its bytes may go. */
  end(): void {
    this.#settle()
    this.#run = null
  }

  /** Takes an event of the run that stands for so many entries among those whose maker was found. */
  pass(row: number, stands: number): void {
    const run = this.#run as Run
    const { records, eoe, program, user, sec, ms } = run.result.events
    this.#all += records[row] + eoe[row]
    if (stands === 0 || !this.#areKnown || program[row] === NOT_FOUND) return
    if (!this.#isProgram(run, program[row]) && !this.#isUser(user[row])) return
    this.#add(run, row, stands)
    this.#own += stands
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

  #isProgram({ batch, result }: Run, text: number): boolean {
    const { start: starts, end: ends } = result.texts
    const start = starts[text]
    const end = ends[text]
    for (const name of this.#programs)
      if (name.length === end - start && name.compare(batch.bytes, start, end) === 0) return true
    return false
  }

  #isUser(user: number): boolean {
    return user >= USER_ROOM && this.#users.includes(user)
  }

  /** What is told costs little for each event: names are made when the run is over. */
  #add({ result }: Run, row: number, entries: number): void {
    const { program, user, call, keySet } = result.events
    const key = `${program[row]} ${user[row]} ${call[row]} ${keySet[row]}`
    const known = this.#fresh.get(key)
    if (known === undefined) this.#fresh.set(key, { row, entries })
    else known.entries += entries
  }

  /** Adds what came of the run to its programs. */
  #settle(): void {
    const run = this.#run
    if (run === null || this.#fresh.size === 0) return
    let { programs } = this.#state
    for (const { row, entries } of this.#fresh.values())
      programs = withEntries(programs, this.#programOf(run, row), entries)
    this.#fresh.clear()
    this.#state = { ...this.#state, programs }
  }

  #programOf({ batch, result }: Run, row: number): OwnProgram {
    const { events, texts, keySets } = result
    const user = events.user[row]
    const call = events.call[row]
    const text = events.program[row]
    return {
      program: wholeText(batch.bytes.subarray(texts.start[text], texts.end[text])),
      uid: this.#users.includes(user) ? user - USER_ROOM : null,
      entries: 0,
      calls: 'type' in readCall(call) ? [] : [call],
      keys: keysOf(keySets[events.keySet[row]]),
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
