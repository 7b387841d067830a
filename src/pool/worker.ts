import { move, transferableSymbol, valueSymbol } from 'piscina'
import type { Batch } from '../model/batch.ts'
import type { Result } from '../model/result.ts'
import { replyOf, resultOf, type Task } from './message.ts'

/** Decodes one batch into an empty result. */
export type Decode = (batch: Batch, result: Result) => void

/** The function a worker file exports: takes tasks of the pool, decodes them, gives replies. */
export function serve(decode: Decode): (task: Task) => unknown {
  return (task) => {
    const result = resultOf(task)
    decode(task.batch, result)
    const { reply, moved } = replyOf(task, result)
    return moved.length === 0 ? reply : move({ [transferableSymbol]: moved, [valueSymbol]: reply })
  }
}
