import { type Batch, Framing, placeAt } from '../../model/batch.ts'
import { BINARY_HEADER } from '../../model/binary.ts'
import type { Block, Run } from '../../model/delivery.ts'
import type { HeaderName, KafkaOptions } from '../../model/kafka.ts'
import { KEY_SEPARATOR } from '../../model/key-set.ts'
import { formatPosition } from '../../model/place.ts'
import type { Result } from '../../model/result.ts'
import type { Chunk, Chunks } from './chunks.ts'
import type { Header } from './client.ts'
import { type Outgoing, type Sender, WAITING } from './message.ts'
import { HEAD_ROOM, MAX_KEYS, MIN_LIMIT } from './parts.ts'
import { roomForLines, writeLines } from './raw.ts'

/** Version of what an event's message holds, with the format before it: `native/1`. */
const SCHEMA_VERSION = 1
const RAW_SCHEMA: Header = { schema: `raw/${SCHEMA_VERSION}` }

/** From how many bytes on an event may have to be sent in parts, and so needs a name. */
const NAMED_BYTES = MIN_LIMIT - HEAD_ROOM

/** What of the settings shapes an event's message. */
export interface EventOptions
  extends Pick<KafkaOptions, 'key' | 'timestamp' | 'headers' | 'topics'> {
  /** Node of events whose records name none. */
  readonly node: string
  readonly format: string
}

/** Turns the events of blocks into messages: no copy but one of the bytes, no string but for headers. */
export class EventMessages {
  readonly #options: EventOptions
  readonly #chunks: Chunks
  readonly #sender: Sender
  readonly #schema: Header
  readonly #wants: ReadonlySet<HeaderName>
  readonly #ownNode: Buffer
  #node: Buffer
  #nodeText: string

  constructor(options: EventOptions, chunks: Chunks, sender: Sender) {
    this.#options = options
    this.#chunks = chunks
    this.#sender = sender
    this.#ownNode = Buffer.from(options.node)
    this.#node = this.#ownNode
    this.#nodeText = options.node
    this.#schema = { schema: `${options.format}/${SCHEMA_VERSION}` }
    this.#wants = new Set(options.headers)
  }

  /** Gives `take` each event of the block, in closing order, and its lines where a topic wants them. */
  each(block: Block, take: (message: Outgoing) => void): void {
    this.#values(block, take)
    const { raw } = this.#options.topics
    if (raw !== null) for (const run of block.runs) this.#lines(run, raw, take)
  }

  #values(block: Block, take: (message: Outgoing) => void): void {
    let bytes = 0
    for (const { start, end } of block.runs) bytes += end - start
    if (bytes === 0) return
    const chunk = this.#chunks.withRoom(bytes)
    for (const run of block.runs) {
      chunk.memory.set(run.result.out.subarray(run.start, run.end), chunk.used)
      this.#run(run, chunk, take)
      chunk.used += run.end - run.start
    }
  }

  #run(run: Run, chunk: Chunk, take: (message: Outgoing) => void): void {
    const { order, events } = run.result
    const { topics } = this.#options
    const shift = chunk.used - run.start
    for (let i = run.from; i < run.to; i++) {
      const row = order[i]
      // The line feed that ends an event is no part of its message.
      const value = chunk.memory.subarray(
        events.outStart[row] + shift,
        events.outEnd[row] + shift - 1,
      )
      take(this.#message(run, row, topics.events, this.#schema, value, chunk))
    }
  }

  /** The lines of each event of a run. */
  #lines(run: Run, topic: string, take: (message: Outgoing) => void): void {
    const { batch, result } = run
    let room = 0
    for (let i = run.from; i < run.to; i++) room += roomForLines(result, result.order[i])
    const chunk = this.#chunks.withRoom(room)
    for (let i = run.from; i < run.to; i++) {
      const row = result.order[i]
      const end = writeLines(batch, result, row, chunk.memory, chunk.used)
      const value = chunk.memory.subarray(chunk.used, end)
      chunk.used = end
      take(this.#message(run, row, topic, RAW_SCHEMA, value, chunk))
    }
  }

  #message(
    { batch, result }: Run,
    row: number,
    topic: string,
    schema: Header,
    value: Buffer,
    chunk: Chunk,
  ): Outgoing {
    const { events } = result
    const { key, timestamp } = this.#options
    const head = batch.framing === Framing.Text ? 0 : BINARY_HEADER
    this.#enterNode(batch, events.nodeStart[row], events.nodeEnd[row])
    const place = placeAt(batch, result.lines.start[events.first[row]] - head)
    const isNamed = key === 'id' || this.#wants.has('id') || value.length > NAMED_BYTES
    const id = isNamed ? this.#id(result, row) : ''
    const keySet = result.keySets[events.keySet[row]] ?? ''
    chunk.users++
    return {
      sender: this.#sender,
      topic,
      value,
      key: key === 'node' ? this.#node : key === 'id' ? Buffer.from(id) : null,
      timestamp: timestamp === 'event' ? events.sec[row] * 1000 + events.ms[row] : 0,
      headers: this.#headers(id, batch.epoch, place, schema, keySet),
      id,
      epoch: batch.epoch,
      place,
      chunk,
      open: WAITING,
      failed: false,
    }
  }

  /** Makes the node of an event that at hand; the one before it is nearly always the same. */
  #enterNode(batch: Batch, start: number, end: number): void {
    if (start === end) {
      if (this.#node === this.#ownNode) return
      this.#node = this.#ownNode
    } else {
      const name = batch.bytes.subarray(start, end)
      if (this.#node.equals(name)) return
      this.#node = Buffer.from(name)
    }
    this.#nodeText = this.#node.toString()
  }

  /** `EVENT.id` of an event (docs/contracts.md). */
  #id({ events }: Result, row: number): string {
    const ms = events.ms[row]
    const zeros = ms < 10 ? '00' : ms < 100 ? '0' : ''
    const daemon = events.daemon[row] === 1 ? 'd' : ''
    return `${this.#nodeText}:${events.sec[row]}.${zeros}${ms}:${daemon}${events.serial[row]}`
  }

  #headers(
    id: string,
    epoch: number,
    place: number,
    schema: Header,
    keySet: string,
  ): Header[] | undefined {
    const wants = this.#wants
    if (wants.size === 0) return undefined
    const headers: Header[] = []
    if (wants.has('id')) headers.push({ id })
    if (wants.has('pos')) headers.push({ pos: formatPosition(epoch, place) })
    if (wants.has('schema')) headers.push(schema)
    if (wants.has('keys') && keySet !== '' && keySet.length <= MAX_KEYS)
      headers.push({ keys: keySet.replaceAll(KEY_SEPARATOR, ',') })
    return headers
  }
}
