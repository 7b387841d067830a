import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { gunzipSync } from 'node:zlib'

/** Where a kernel's configuration lies: its own copy, then what distributions install with it. */
const PACKED = '/proc/config.gz'
const PLACES = (kernel: string): readonly string[] => [
  `/boot/config-${kernel}`,
  `/lib/modules/${kernel}/config`,
]

/**
 * Jiffies in a second on this kernel (CONFIG_HZ), in which it counts the time that processes wait for
 * room. Null where its configuration cannot be read: nothing else tells, and it is not guessed.
 */
export function readHertz(): number | null {
  const texts = [
    () => gunzipSync(readFileSync(PACKED)).toString('latin1'),
    ...PLACES(release()).map((path) => () => readFileSync(path, 'latin1')),
  ]
  for (const text of texts) {
    try {
      const hertz = /^CONFIG_HZ=(\d+)$/m.exec(text())?.[1]
      if (hertz !== undefined) return Number(hertz)
    } catch {
      // The next one may be there.
    }
  }
  return null
}
