import type { Batch } from '../model/batch.ts'
import type { Texts } from '../model/origins.ts'
import {
  type Counts,
  createResult,
  type Events,
  type Lines,
  type Rejects,
  type Result,
  type ResultRoom,
} from '../model/result.ts'
import type { Slot } from './slot.ts'

/**
 * What goes between the threads. Bytes and columns do not: they lie in shared memory, and a message
 * says only how much of them counts. A column that outgrew its memory is moved along.
 */

/** One batch to decode. Cloning it shares its memory. */
export interface Task {
  readonly batch: Batch
  readonly room: ResultRoom
  readonly memory: SharedArrayBuffer
}

/** What a worker says when a batch is decoded. */
export interface Reply {
  readonly counts: Counts
  readonly lines: number
  readonly events: number
  readonly rejects: number
  readonly texts: number
  readonly orderCount: number
  readonly outLength: number
  readonly keySets: string[]
  readonly spilled: Spilled | null
}

/** Columns that were replaced because they were too small. */
interface Spilled {
  readonly lines: Lines | null
  readonly events: Events | null
  readonly rejects: Rejects | null
  readonly texts: Texts | null
  readonly order: Uint32Array | null
  readonly out: Uint8Array | null
}

/** The message that asks for a slot's batch to be decoded. */
export function taskOf(slot: Slot): Task {
  return { batch: slot.batch, room: slot.room, memory: slot.memory }
}

/** The empty result a task wants filled. */
export function resultOf(task: Task): Result {
  return createResult(task.room, task.memory)
}

/** The message for a filled result, and the buffers that move with it. */
export function replyOf(task: Task, result: Result): { reply: Reply; moved: ArrayBuffer[] } {
  const { lines, events, rejects, texts, order, out } = result
  const away = (column: { buffer: ArrayBufferLike }): boolean => column.buffer !== task.memory
  const spilled: Spilled = {
    lines: away(lines.start) ? lines : null,
    events: away(events.sec) ? events : null,
    rejects: away(rejects.start) ? rejects : null,
    texts: away(texts.hash) ? texts : null,
    order: away(order) ? order : null,
    out: away(out) ? out : null,
  }
  const moved: ArrayBuffer[] = []
  for (const table of [
    spilled.lines,
    spilled.events,
    spilled.rejects,
    spilled.texts,
    { ...spilled },
  ])
    for (const column of Object.values(table ?? {}))
      if (ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer)
        moved.push(column.buffer)
  return {
    reply: {
      counts: result.counts,
      lines: lines.count,
      events: events.count,
      rejects: rejects.count,
      texts: texts.count,
      orderCount: result.orderCount,
      outLength: result.outLength,
      keySets: result.keySets,
      spilled: moved.length === 0 ? null : spilled,
    },
    moved,
  }
}

/** Makes a slot's result what the worker's was. */
export function adopt(slot: Slot, reply: Reply): void {
  const { result } = slot
  Object.assign(result.counts, reply.counts)
  if (reply.spilled !== null) {
    const { lines, events, rejects, texts, order, out } = reply.spilled
    Object.assign(result.lines, lines)
    Object.assign(result.events, events)
    Object.assign(result.rejects, rejects)
    Object.assign(result.texts, texts)
    result.order = order ?? result.order
    result.out = out ?? result.out
  }
  result.lines.count = reply.lines
  result.events.count = reply.events
  result.rejects.count = reply.rejects
  result.texts.count = reply.texts
  result.orderCount = reply.orderCount
  result.outLength = reply.outLength
  result.keySets = reply.keySets
}
