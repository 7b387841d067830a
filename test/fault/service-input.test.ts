import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { exitOf } from '../shim/process.ts'
import { canMount, onSmallDisk } from '../tmpfs.ts'
import { buildService, delivered, eventText, startService } from './service.ts'

let script: string
beforeAll(async () => {
  script = await buildService()
})

test.runIf(canMount)(
  'a pipe that is faster than its spool has room waits, and all of it is delivered',
  async () => {
    // A tenth of it is less than the smallest limit, which is 4 MiB.
    await onSmallDisk(24 << 20, async (disk) => {
      const place = { spool: join(disk, 'spool'), out: join(disk, 'out') }
      mkdirSync(place.spool)
      const text = Array.from({ length: 25_000 }, (_, serial) => eventText(serial)).join('')
      expect(text.length).toBeGreaterThan(2 * (4 << 20))
      const service = startService(script, place, { input: '-' })
      const ended = exitOf(service)
      service.stdin?.end(text)
      expect((await ended).code).toBe(0)
      const { serials, contradictions } = delivered(place)
      expect(serials.length).toBe(25_000)
      expect(contradictions).toBe(0)
    })
  },
)
