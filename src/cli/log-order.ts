import { holdFiles } from '../input/files.ts'
import { isOneLog, oldestFirst } from '../reconcile/files.ts'
import { textLines } from '../reconcile/text-lines.ts'
import { chunksOf } from './chunks.ts'

/** Lines of a log in which a stamp is looked for. */
const LINES = 1000
const STAMP = /msg=audit\((\d{1,11}\.\d{3}):/

/**
 * Logs in the order in which they were written: by their names where they are one log as it was rotated, else by
 * the stamps they begin with. What cannot be read, or has no stamp, comes last.
 */
export async function inOrder(paths: readonly string[]): Promise<string[]> {
  if (isOneLog(paths)) return oldestFirst(paths)
  const logs: { readonly path: string; readonly time: number }[] = []
  for (const path of paths) logs.push({ path, time: await beginningOf(path) })
  return logs.toSorted((a, b) => a.time - b.time).map(({ path }) => path)
}

async function beginningOf(path: string): Promise<number> {
  try {
    const log = await holdFiles([path])
    try {
      let left = LINES
      for await (const line of textLines(chunksOf(log.read()))) {
        const stamp = STAMP.exec(line)
        if (stamp !== null) return Number(stamp[1])
        if (--left === 0) break
      }
    } finally {
      await log.close()
    }
  } catch {
    // Who reads it says why.
  }
  return Number.MAX_VALUE
}
