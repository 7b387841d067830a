import { crc32 } from 'node:zlib'
import type { Culprits } from '../../src/analyse/origins/culprits.ts'
import { Hitters } from '../../src/analyse/origins/hitters.ts'
import { callName, parentName, userName } from '../../src/analyse/origins/origin-names.ts'
import { Origins } from '../../src/analyse/origins/origins.ts'
import { Sample } from '../../src/analyse/origins/sample.ts'
import { LATENESS_S } from '../../src/analyse/rates/window.ts'
import { createBatch } from '../../src/model/batch.ts'
import type { Run } from '../../src/model/delivery.ts'
import { createResult } from '../../src/model/result.ts'
import { type Cast, type Culprit, floodCast, type Maker, usualCast } from './cast.ts'
import type { Random } from './random.ts'

/** Seconds of which it is kept who made what: the open ones, and those in which half and half again is forgotten. */
export const KEPT_S = 40

/** Entries of an event. */
const ENTRIES = 5

/** Makers are drawn from a table of so many, in which each has its share. */
const DRAWN = 4096

/** Kinds that an alert names. */
export const KINDS = ['program', 'user', 'call', 'path', 'parent'] as const

/** By kind whether what is named first is the culprit of a flood; kinds that it has none of are left out. */
export type Named = Partial<Record<(typeof KINDS)[number], boolean>>

/** Entries of one cast in a second, under the row of a key. */
interface Part {
  readonly cast: number
  readonly row: number
  readonly entries: number
}

/**
 * Who makes the entries of a host, made only where it is asked for: the parts of the last seconds are kept, and out of
 * them events come that are counted as analysis counts those of a decoder.
 */
export class Stage {
  readonly #random: Random
  readonly #run: Run
  /** By cast: rows of the run's events, as often as they are made. */
  readonly #drawn: Uint32Array[] = []
  readonly #culprits: Culprit[] = []
  readonly #parts: Part[][] = Array.from({ length: KEPT_S }, () => [])
  #second = 0

  /** Of a host with these keys of sources and so many floods; casts are numbered in that order. */
  constructor(random: Random, sources: readonly string[], floods: number) {
    this.#random = random
    const casts: Cast[] = sources.map((key) => usualCast(random, key === '' ? 'none' : key))
    for (let n = 0; n < floods; n++) {
      const { cast, culprit } = floodCast(random, n)
      casts.push(cast)
      this.#culprits.push(culprit)
    }
    this.#run = runOf(casts.flatMap(({ makers }) => makers))
    let first = 0
    for (const { makers, weights } of casts) {
      this.#drawn.push(drawn(random, first, weights))
      first += makers.length
    }
  }

  /** What follows is of this second. */
  begin(second: number): void {
    const first = Math.max(this.#second, second - KEPT_S)
    for (let one = first; one < second; one++) this.#of(one + 1).length = 0
    this.#second = second
  }

  /** Entries of a source or a flood under the row of its key. */
  add(cast: number, row: number, entries: number): void {
    this.#of(this.#second).push({ cast, row, entries })
  }

  /** Who made a row's entries in the seconds `from … to`, of which `to` is the last that came, as far as they are open. */
  culprits(row: number, from: number, to: number): Culprits | null {
    const closed = to + 1 - LATENESS_S
    const origins = new Origins()
    for (let second = to + 1 - KEPT_S; second < closed; second++)
      origins.add(second, this.#hitters(second))
    const open: Hitters[] = []
    let entries = 0
    const start = Math.max(from, closed)
    for (let second = start; second <= to; second++) {
      open.push(this.#hitters(second))
      for (const part of this.#of(second)) if (part.row === row) entries += part.entries
    }
    return origins.attribute(row, open, to + 1 - start, entries)
  }

  /** Whether an alert names who makes a flood. */
  named(flood: number, { program, user, call, path, parent }: Culprits): Named {
    const culprit = this.#culprits[flood]
    const of = (name: string | undefined): string => name ?? ''
    return {
      user: of(user[0]?.name) === userName(culprit.user),
      call: of(call[0]?.name) === callName(culprit.call),
      path: of(path[0]?.name).replace(/\/$/, '') === culprit.path,
      ...(culprit.program === undefined
        ? {}
        : { program: of(program[0]?.name) === culprit.program }),
      ...(culprit.parent === undefined
        ? {}
        : { parent: of(parent[0]?.name) === parentName(culprit.parent) }),
    }
  }

  #of(second: number): Part[] {
    return this.#parts[second % KEPT_S]
  }

  #hitters(second: number): Hitters {
    const hitters = new Hitters()
    const sample = new Sample()
    const rows = new Uint32Array(1)
    const ofRow = new Map<number, number>()
    let of = 0
    for (const { cast, row, entries } of this.#of(second)) {
      const makers = this.#drawn[cast]
      const events = Math.ceil(entries / ENTRIES)
      const at = this.#random.whole(0, DRAWN)
      rows[0] = row
      let nth = ofRow.get(row) ?? 0
      for (let i = 0, left = entries; i < events; i++) {
        const made = Math.round(left / (events - i))
        left -= made
        const stands = sample.take(second, row, ++nth, ++of, made)
        if (stands > 0) hitters.add(this.#run, 1, makers[(at + i) % DRAWN], rows, stands, made)
      }
      ofRow.set(row, nth)
    }
    hitters.seal()
    return hitters
  }
}

/** Rows from `first` on, mixed, each as often as its weight is a share of all. */
function drawn(random: Random, first: number, weights: readonly number[]): Uint32Array {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const rows = new Uint32Array(DRAWN)
  let passed = 0
  let row = 0
  for (let i = 0; i < DRAWN; i++) {
    while (row + 1 < weights.length && passed + weights[row] < ((i + 0.5) / DRAWN) * sum)
      passed += weights[row++]
    rows[i] = first + row
  }
  for (let i = DRAWN - 1; i > 0; i--) {
    const other = random.whole(0, i + 1)
    ;[rows[i], rows[other]] = [rows[other], rows[i]]
  }
  return rows
}

/** A decoded batch with one event of each maker. */
function runOf(makers: readonly Maker[]): Run {
  const texts = new Map<string, { row: number; start: number }>()
  let length = 0
  for (const { program, path } of makers)
    for (const text of [program, path]) {
      if (texts.has(text)) continue
      texts.set(text, { row: texts.size + 1, start: length })
      length += 1 + Buffer.byteLength(text)
    }
  const room = { lines: 1, events: makers.length, rejects: 1, texts: texts.size + 1, out: 0 }
  const batch = createBatch(new Uint8Array(length), new Float64Array(0))
  const result = createResult(room)
  result.texts.count = texts.size + 1
  for (const [text, { row, start }] of texts) {
    const bytes = Buffer.from(`"${text}`)
    batch.bytes.set(bytes, start)
    result.texts.start[row] = start
    result.texts.end[row] = start + bytes.length
    result.texts.hash[row] = crc32(bytes) | 0
  }
  for (const [event, { program, path, user, call, parent }] of makers.entries()) {
    result.events.program[event] = texts.get(program)?.row ?? 0
    result.events.path[event] = texts.get(path)?.row ?? 0
    result.events.user[event] = user
    result.events.call[event] = call
    result.events.parent[event] = parent
  }
  return { batch, result, from: 0, to: 0, start: 0, end: 0 }
}
