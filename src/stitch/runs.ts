import type { Batch } from '../model/batch.ts'
import type { Run } from '../model/delivery.ts'
import type { Closing } from '../model/place.ts'
import type { Result } from '../model/result.ts'
import { compareOrders, isDone, type Order, orderOf } from './closing.ts'
import type { Replay } from './replay.ts'

/** An event that closed in a replay and takes its place among those of the batch. */
export interface Stitched extends Order {
  readonly replay: Replay
  readonly row: number
}

/**
 * The final events of a batch, in closing order, as runs of finished bytes: its own events without
 * the rows `taken`, which were only provisional, and the stitched ones where they close.
 */
export function mergeRuns(
  batch: Batch,
  result: Result,
  taken: Uint8Array,
  stitched: readonly Stitched[],
  end: Closing,
  done: Closing | null,
): Run[] {
  const runs: Run[] = []
  const order = (at: number): Order => orderOf(batch, result, result.order[at], end, null)
  const isNew = (one: Order): boolean => done === null || !isDone(batch.epoch, one, done)
  let at = 0
  if (done !== null) while (at < result.orderCount && !isNew(order(at))) at++
  for (const one of stitched.filter(isNew).toSorted(compareOrders)) {
    const to = firstAfter(one, at, result.orderCount, order)
    addRows(runs, batch, result, taken, at, to)
    at = to
    const { events } = one.replay.result
    const index = one.replay.result.order.indexOf(one.row)
    runs.push({
      batch: one.replay.batch,
      result: one.replay.result,
      from: index,
      to: index + 1,
      start: events.outStart[one.row],
      end: events.outEnd[one.row],
    })
  }
  addRows(runs, batch, result, taken, at, result.orderCount)
  return runs
}

/** First of `from … to` that comes after `one`. */
function firstAfter(one: Order, from: number, to: number, order: (at: number) => Order): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareOrders(order(middle), one) > 0) high = middle
    else low = middle + 1
  }
  return low
}

/** Adds the rows `order[from … to)` that are not taken, as few runs as possible. */
function addRows(
  runs: Run[],
  batch: Batch,
  result: Result,
  taken: Uint8Array,
  from: number,
  to: number,
): void {
  const { order, events } = result
  let at = from
  while (at < to) {
    if (taken[order[at]] === 1) {
      at++
      continue
    }
    let until = at + 1
    while (until < to && taken[order[until]] === 0) until++
    runs.push({
      batch,
      result,
      from: at,
      to: until,
      start: events.outStart[order[at]],
      end: events.outEnd[order[until - 1]],
    })
    at = until
  }
}
