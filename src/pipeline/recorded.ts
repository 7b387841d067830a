import { setTimeout as sleep } from 'node:timers/promises'
import type { SpoolReader } from '../spool/reader.ts'
import type { Source } from './source.ts'

/** Milliseconds in which nothing more is found at the end of a recording: what was read is decoded meanwhile. */
const END_MS = 300

/** A spool that nobody writes any more, as a source; `onEnd` is called when all of it was read. */
export function recordedSource(
  reader: Pick<SpoolReader, 'next' | 'close' | 'lag'>,
  onEnd: () => void,
): Source {
  return {
    next: () => reader.next(),
    wait: async () => {
      await sleep(END_MS)
      onEnd()
    },
    isCalm: false,
    close: () => reader.close(),
    get lag() {
      return reader.lag
    },
  }
}
