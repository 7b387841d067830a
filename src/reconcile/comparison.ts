import type { Block, Run } from '../model/delivery.ts'
import { sizeOf } from './boot-gaps.ts'
import {
  createFinding,
  type Finding,
  type Findings,
  type HoleFinding,
  type SerialRange,
} from './findings.ts'
import type { Hole } from './holes.ts'
import { Judge, type JudgeOptions, Standing } from './judge.ts'
import { Lost, type LostEvent } from './lost.ts'
import type { NamedSerials } from './named-serials.ts'
import { NodeLog } from './node-log.ts'
import type { Period } from './period.ts'
import { addEvent } from './tally.ts'

/** Ranges of serials that are told one by one at most; sums have all. */
const MAX_TOLD = 100

/** What a comparison needs. */
export interface ComparisonOptions extends JudgeOptions, Period {
  /** In the order of the stream. */
  readonly holes: readonly Hole[]
  /** What is named by serial, beside holes. */
  readonly serials: NamedSerials
}

/**
 * Holds the log against what was delivered, in two readings of the same bytes: the first finds where the
 * delivered events begin and end in the log and what is missing between, the second picks that out.
 *
 * ```
 *  log        a b c d e f g h i j k      a b: before the first delivered event, j k: after the last;
 *  delivered      c d     g h i          nobody knows whether they were to come, unless a period says it
 *                     e f                missing
 * ```
 */
export class Comparison {
  readonly #options: ComparisonOptions
  readonly #judge: Judge
  readonly #lost = new Lost()
  readonly #numbers = new Map<string, number>()
  readonly #logs: NodeLog[] = []
  #number = -1

  constructor(options: ComparisonOptions) {
    this.#options = options
    this.#judge = new Judge(options)
  }

  /** First reading: takes a block of the log. */
  accept(block: Block): void {
    this.#each(block, (log) => this.#take(log))
  }

  /** Ends the first reading: what it found. */
  finish(): Findings {
    const { delivered, holes } = this.#options
    let foreign = 0
    delivered.eachUnclaimed((number, daemon, time, serial) => {
      const own = this.#numbers.get(delivered.nodes[number])
      if (own === undefined) foreign++
      else this.#logs[own].unlogged(daemon, time, serial)
    })
    delivered.unclaim()
    for (const log of this.#logs) log.finish()
    const silent = createFinding()
    const found: HoleFinding[] = holes.map((hole, i) => ({
      hole,
      reached: this.#logs.some((log) => log.isReached(i)),
      ...createFinding(),
    }))
    const named = createFinding()
    const findingOf = (log: NodeLog, event: LostEvent): Finding => {
      const hole = log.holeAt(event.first, event.last)
      if (hole >= 0) return found[hole]
      return this.#isNamed(log, event) ? named : silent
    }
    const silentRanges: SerialRange[] = []
    for (const event of this.#lost) {
      const log = this.#logs[event.node]
      const finding = findingOf(log, event)
      if (event.standing === Standing.Recovered) finding.recovered++
      else if (this.#isLost(log, event)) {
        addLost(finding.lost, event)
        if (finding === silent) addToRanges(silentRanges, log.node, event)
      } else addLost(log.outside, event)
    }
    for (const log of this.#logs) {
      log.at = 0
      for (const gap of log.gaps) {
        const hole = log.holeAt(gap.place, gap.place)
        if (hole >= 0) found[hole].neither += sizeOf(gap)
      }
    }
    const gaps = this.#logs.flatMap(({ node, gaps: all }) => all.map((gap) => ({ ...gap, node })))
    return {
      nodes: this.#logs,
      holes: found,
      named,
      silent,
      silentRanges,
      missingSerials: this.#logs.reduce((sum, { missingSerials }) => sum + missingSerials, 0),
      gaps: gaps.slice(0, MAX_TOLD),
      foreign,
    }
  }

  /**
   * Second reading: what of a block is missing, as a block of its own without rejects; null for
   * nothing. `finish` must have been called.
   */
  pick(block: Block): Block | null {
    const runs: Run[] = []
    this.#each(block, (log, run, at) => {
      const { standing, time, serial, first, last } = this.#judge
      if (standing < Standing.Torn) return
      if (!this.#isLost(log, { number: log.at, time, serial, first, last })) return
      const { order, events } = run.result
      const end = events.outEnd[order[at]]
      const open = runs.at(-1)
      if (open?.result === run.result && open.to === at)
        runs[runs.length - 1] = { ...open, to: at + 1, end }
      else runs.push({ ...run, from: at, to: at + 1, start: events.outStart[order[at]], end })
    })
    return runs.length === 0 ? null : { ...block, runs, rejectsFrom: block.result.rejects.count }
  }

  #take(log: NodeLog): void {
    const { standing, daemon, time, serial, records, first, last } = this.#judge
    log.take(daemon, serial, time, records, first)
    if (standing === Standing.Whole) {
      log.pass(this.#judge.position, time, first, last)
    } else if (standing !== Standing.Recovered && log.isBefore())
      addEvent(log.outside, time, records, false)
    else {
      const { at: number } = log
      this.#lost.add({ node: this.#number, number, time, serial, records, standing, first, last })
    }
  }

  /** Whether an event that was not delivered was to be: it is announced as missing, or can no more be on its way. */
  #isLost(log: NodeLog, event: Omit<LostEvent, 'node' | 'records' | 'standing'>): boolean {
    const { number, time, first, last } = event
    if (!log.isJudged(number, time)) return false
    return !log.mayBeOpen(last, time) || log.holeAt(first, last) >= 0 || this.#isNamed(log, event)
  }

  #isNamed({ node }: NodeLog, { serial, time }: Pick<LostEvent, 'serial' | 'time'>): boolean {
    return this.#options.serials.has(node, serial, time)
  }

  #each({ runs }: Block, take: (log: NodeLog, run: Run, at: number) => void): void {
    for (const run of runs)
      for (let at = run.from; at < run.to; at++) {
        this.#judge.look(run, at)
        const log = this.#logOf(this.#judge.node)
        log.at++
        take(log, run, at)
      }
  }

  #logOf(node: string): NodeLog {
    if (this.#logs[this.#number]?.node === node) return this.#logs[this.#number]
    this.#number = this.#numbers.get(node) ?? this.#logs.length
    if (this.#number === this.#logs.length) {
      this.#numbers.set(node, this.#number)
      this.#logs.push(new NodeLog(node, this.#options))
    }
    return this.#logs[this.#number]
  }
}

function addLost(
  sum: Parameters<typeof addEvent>[0],
  { time, records, standing }: LostEvent,
): void {
  addEvent(sum, time, records, standing === Standing.Torn)
}

function addToRanges(ranges: SerialRange[], node: string, { serial, time }: LostEvent): void {
  const last = ranges.at(-1)
  if (last?.node === node && serial === (last.last + 1) >>> 0) last.last = serial
  else if (ranges.length < MAX_TOLD) ranges.push({ node, first: serial, last: serial, time })
}
