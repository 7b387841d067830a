import { Keys, TOTAL } from '../../src/analyse/counts/keys.ts'
import { Sums } from '../../src/analyse/counts/sums.ts'
import { Floods } from '../../src/analyse/floods/floods.ts'
import type { Culprits } from '../../src/analyse/origins/culprits.ts'
import { JUDGED_BEHIND_MS } from '../../src/analyse/rates/window.ts'
import type { Message } from '../../src/model/delivery.ts'
import { type Label, STRICT_SHARE } from './labels.ts'
import { Random } from './random.ts'
import type { Source } from './sources.ts'
import { KEPT_S, type Named, Stage } from './stage.ts'

/** Seconds before a boot in which nothing comes. */
export const DOWN_S = 30

/** A made host: what its keys make, and which of it is a flood. */
export interface Host {
  readonly shape: string
  /** First second, and how many there are. */
  readonly from: number
  readonly seconds: number
  /** Entries a second that it can drain. */
  readonly drain: number
  /** The detector is told so; else it takes its own assumption, which is then also the truth. */
  readonly measured: boolean
  /** What is usual, and what is not. */
  readonly sources: readonly Source[]
  readonly labels: readonly Label[]
  /** Seconds of its boots, in order. */
  readonly boots: readonly number[]
}

/** An alert, and the time at which the product tells it: when the next second is JUDGED_BEHIND_MS old. */
export interface Told {
  readonly at: number
  readonly alert: Message
  /** Of a labelled flood that is told of with who makes it: whether that is right. */
  readonly named: Named | null
}

/** Seconds after a flood in which it may still be told, and an alert of its key still belongs to it. */
export const AFTER_S = 5

/** Runs a host second by second through the detector as the product has it. */
export function run(host: Host): Told[] {
  const { from, seconds, sources, labels, boots } = host
  const told: Told[] = []
  const keys = new Keys()
  let second = from
  const keyNames = sources.map(({ key }) => key)
  const stage = new Stage(new Random(from), keyNames, labels.length)
  const labelOf = (key: string): number =>
    labels.findIndex(
      (label) =>
        label.key === key &&
        label.share >= STRICT_SHARE &&
        second + 1 > label.from &&
        second < label.to + AFTER_S,
    )
  const floods = new Floods(keys, 'host', {
    drain: () => (host.measured ? host.drain : null),
    culprits: (row, begin, to) =>
      labelOf(keys.name(row) ?? '') < 0 ? null : stage.culprits(row, begin, to),
    emitAlert: (alert) => {
      const { key, origins } = alert['evidence'] as { key: string; origins: Culprits | null }
      const label = labelOf(key)
      const named = origins === null || label < 0 ? null : stage.named(label, origins)
      told.push({ at: second + 1 + JUDGED_BEHIND_MS / 1000, alert, named })
    },
  })
  const sums = new Sums()
  const rows = new Map<string, number>()
  const rowOf = (key: string): number => {
    let row = rows.get(key)
    if (row === undefined) {
      row = keys.rowsOf(key)[0]
      sums.reserve(keys.count)
      rows.set(key, row)
    }
    return row
  }
  let boot = 0
  for (; second < from + seconds; second++) {
    if (second === boots[boot]) {
      floods.finish(true)
      boot++
    }
    let all = 0
    const isStaged = labels.some(({ from: begin, to }) => second > begin - KEPT_S && second < to)
    if (isStaged) stage.begin(second)
    const add = (cast: number, key: string, entries: number): void => {
      if (entries === 0) return
      const row = rowOf(key)
      sums.add(row, entries, entries, 0)
      if (isStaged) stage.add(cast, row, entries)
      all += entries
    }
    for (const [i, source] of sources.entries()) {
      const entries = source.at(second)
      if (boots[boot] === undefined || second < boots[boot] - DOWN_S) add(i, source.key, entries)
    }
    for (const [i, label] of labels.entries())
      if (second + 1 > label.from && second < label.to)
        add(sources.length + i, label.key, label.at(second))
    if (all === 0) {
      floods.quiet(second, 1)
      continue
    }
    sums.add(TOTAL, all, all, 0)
    floods.second(second, sums)
    sums.clear()
  }
  floods.finish()
  return told
}
