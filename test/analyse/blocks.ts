import { crc32 } from 'node:zlib'
import { Analyser } from '../../src/analyse/analyser.ts'
import type { AnalyserOptions } from '../../src/analyse/options.ts'
import type { AnalyserState } from '../../src/analyse/state.ts'
import { addMark, type Batch, createBatch, MARK_WIDTH, MarkKind } from '../../src/model/batch.ts'
import type { Block, Message } from '../../src/model/delivery.ts'
import { callOf, NO_USER } from '../../src/model/origins.ts'
import { Close, createResult, type Result } from '../../src/model/result.ts'

/** One thing in a hand-made stream, in stream order. */
export type Item =
  | {
      readonly kind: 'event'
      /** Stamp in seconds, with milliseconds. */
      readonly at: number
      readonly keys?: readonly string[]
      readonly node?: string
      readonly records?: number
      readonly eoe?: number
      readonly bytes?: number
      readonly serial?: number
      readonly daemon?: boolean
      /** Number of its record type. */
      readonly type?: number
      /** @default true */
      readonly complete?: boolean
      /** Who made it; without a program that is not known. */
      readonly program?: string
      readonly path?: string
      readonly user?: number
      readonly call?: number
      readonly parent?: number
    }
  | { readonly kind: 'reject' }
  /** What follows came at this clock. */
  | { readonly kind: 'frame'; readonly clock: number }
  /** Nothing came up to this clock. */
  | { readonly kind: 'tick'; readonly clock: number }

/** Where a block's bytes come from, and which clock governs its first line. */
interface Origin {
  readonly epoch?: number
  readonly boot?: string | null
  readonly clock?: number
  /** Place of its first byte. */
  readonly place?: number
  /** What is open behind it. */
  readonly open?: Block['open']
}

/** A block of events that close at their only line. */
export function blockOf(items: readonly Item[], origin: Origin = {}): Block {
  const size = items.length + 1
  const nodes = items.reduce((n, item) => n + (item.kind === 'event' ? lineOf(item) : 1), 0)
  const batch = createBatch(new Uint8Array(nodes), new Float64Array((size + 1) * MARK_WIDTH))
  const result = createResult({ lines: size, events: size, rejects: size, texts: size * 2, out: 0 })
  const { lines, events, rejects } = result
  batch.epoch = origin.epoch ?? 1
  batch.boot = origin.boot ?? null
  const first = items[0]
  const base = origin.place ?? 0
  if (first?.kind !== 'frame') addMark(batch, 0, origin.clock ?? 0, base, MarkKind.Place)
  let at = 0
  for (const item of items) {
    if (item.kind === 'frame' || item.kind === 'tick')
      addMark(batch, at, item.clock, base + at, MarkKind.Clock)
    else if (item.kind === 'reject') {
      rejects.start[rejects.count++] = at
      at += 1
    } else {
      const node = Buffer.from(item.node ?? '')
      batch.bytes.set(node, at)
      batch.bytes[at + node.length] = (base + at) * 7
      const row = events.count++
      const line = lines.count++
      lines.start[line] = at
      events.sec[row] = Math.floor(item.at)
      events.ms[row] = Math.round(item.at * 1000) % 1000
      events.nodeStart[row] = at
      events.nodeEnd[row] = at + node.length
      events.serial[row] = item.serial ?? 0
      events.daemon[row] = item.daemon === true ? 1 : 0
      events.first[row] = line
      lines.type[line] = item.type ?? 1300
      events.complete[row] = item.complete === false ? 0 : 1
      events.records[row] = item.records ?? 1
      events.eoe[row] = item.eoe ?? 0
      events.bytes[row] = item.bytes ?? 100
      events.close[row] = Close.Last
      events.closeLine[row] = line
      events.closeMark[row] = -1
      events.keySet[row] = keySet(result.keySets, (item.keys ?? []).join('\u0001'))
      events.parent[row] = item.parent ?? 0
      events.user[row] = NO_USER
      if (item.program !== undefined) addOrigin(batch, result, row, item)
      result.order[result.orderCount++] = row
      at += lineOf(item)
    }
  }
  batch.length = at
  const place = { epoch: batch.epoch, place: base + at }
  return {
    batch,
    result,
    counts: result.counts,
    runs: [{ batch, result, from: 0, to: result.orderCount, start: 0, end: 0 }],
    rejectsFrom: 0,
    done: { ...place, line: true },
    resume: place,
    open: origin.open ?? [],
  }
}

/** Bytes of an event's line. */
export function lineOf(item: {
  readonly node?: string
  readonly program?: string
  readonly path?: string
}): number {
  const { node = '', program, path = '' } = item
  const origin = program === undefined ? 0 : Buffer.byteLength(`"${program}"${path}`)
  return 1 + Buffer.byteLength(node) + origin
}

/** Says who made an event; the texts lie behind its node. */
function addOrigin(
  batch: Batch,
  result: Result,
  row: number,
  item: Extract<Item, { kind: 'event' }>,
): void {
  const { events } = result
  const program = Buffer.from(`"${item.program ?? ''}`)
  const path = Buffer.from(item.path === undefined ? '' : `"${item.path}`)
  const start = events.nodeEnd[row] + 1
  batch.bytes.set(program, start)
  batch.bytes.set(path, start + program.length)
  events.program[row] = addText(batch, result, start, program)
  events.path[row] = addText(batch, result, start + program.length, path)
  events.call[row] = item.call ?? callOf(0xc000003e, 257)
  events.user[row] = item.user ?? 1000
}

/** Row of a text that stands at `start`; equal ones have the same. */
function addText({ bytes }: Batch, { texts }: Result, start: number, text: Buffer): number {
  texts.count = Math.max(1, texts.count)
  if (text.length === 0) return 0
  const hash = crc32(text) | 0
  for (let row = 1; row < texts.count; row++)
    if (texts.hash[row] === hash && text.compare(bytes, texts.start[row], texts.end[row]) === 0)
      return row
  texts.start[texts.count] = start
  texts.end[texts.count] = start + text.length
  texts.hash[texts.count] = hash
  return texts.count++
}

function keySet(sets: string[], set: string): number {
  const known = sets.indexOf(set)
  return known >= 0 ? known : sets.push(set) - 1
}

/** The stream cut before the items of the given numbers; a frame stays with what follows it. */
export function cut(items: readonly Item[], cuts: readonly number[]): Block[] {
  const blocks: Block[] = []
  let clock = 0
  let place = 0
  let from = 0
  const places = [...new Set([...cuts, items.length])].toSorted((a, b) => a - b)
  for (let to of places) {
    while (to > from && to < items.length && items[to - 1].kind === 'frame') to--
    if (to <= from) continue
    const part = items.slice(from, to)
    const block = blockOf(part, { clock, place })
    blocks.push(block)
    place += block.batch.length
    for (const item of part) if (item.kind === 'frame' || item.kind === 'tick') clock = item.clock
    from = to
  }
  return blocks
}

/** An analyser that keeps what it sends. */
export class Bench {
  readonly heartbeats: Message[] = []
  readonly alerts: Message[] = []
  readonly analyser: Analyser
  #place = 0

  constructor(options: Partial<AnalyserOptions> = {}, state?: AnalyserState) {
    this.analyser = new Analyser(
      {
        host: 'web-01',
        interval: 10_000,
        emitRate: (heartbeat) => this.heartbeats.push(heartbeat),
        emitAlert: (alert) => this.alerts.push(alert),
        ...options,
      },
      state,
    )
  }

  /** Takes the items as one block. */
  take(...items: readonly Item[]): this {
    const block = blockOf(items, { place: this.#place })
    this.#place += block.batch.length
    this.analyser.accept(block)
    return this
  }

  /** Ends the stream. */
  end(): this {
    this.analyser.end()
    return this
  }

  /** Of each heartbeat the row over all, whose key is null here, and then those of the keys. */
  get rows(): Message[] {
    return rowsOf(this.heartbeats)
  }

  /** The rows over all. */
  get totals(): Message[] {
    return this.rows.filter((row) => row['key'] === null)
  }
}

/** Rows of heartbeats, each with what the heartbeat says of its interval. */
export function rowsOf(heartbeats: readonly Message[]): Message[] {
  return heartbeats.flatMap(({ total, keys, part, ...head }) => [
    ...(part === 1 ? [{ ...head, key: null, ...(total as Message) }] : []),
    ...(keys as Message[]).map((row) => ({ ...head, ...row })),
  ])
}

/** What is told of items that are cut before these of them, where the analyser is made anew at each cut. */
export function toldInParts(
  items: readonly Item[],
  cuts: readonly number[],
): Pick<Bench, 'alerts' | 'heartbeats'> {
  let bench = new Bench()
  const alerts: Message[] = []
  const heartbeats: Message[] = []
  for (const block of cut(items, cuts)) {
    bench = new Bench({}, JSON.parse(JSON.stringify(bench.analyser.state())) as AnalyserState)
    bench.analyser.accept(block)
    alerts.push(...bench.alerts)
    heartbeats.push(...bench.heartbeats)
  }
  return { alerts, heartbeats }
}
