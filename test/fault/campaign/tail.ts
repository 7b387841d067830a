import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes that hold more than the last event. */
const TAIL_BYTES = 16_384

/** Serial of the last event in a sink's directory, 0 before the first. */
export function lastDelivered(out: string): number {
  const path = join(out, 'events.ndjson')
  if (!existsSync(path)) return 0
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES))
    readSync(file, tail, 0, tail.length, size - tail.length)
    const serials = [...tail.toString().matchAll(/"serial":(\d+)/g)]
    return Number(serials.at(-1)?.[1] ?? 0)
  } finally {
    closeSync(file)
  }
}
