import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { buildShim, exitOf, startProcess } from '../shim/process.ts'
import {
  buildService,
  delivered,
  eventText,
  makePlace,
  startService,
  untilSerial,
} from './service.ts'

const KILLS = 50

test.each([0, 1])(
  'a service killed fifty times loses nothing and repeats only what it gave, with %i workers',
  async (workers) => {
    const [script, place] = [await buildService(), makePlace()]
    const shim = startProcess(buildShim(), ['--spool', place.spool])
    const shimEnd = exitOf(shim)
    let serial = 0
    const writer = setInterval(() => {
      let text = ''
      for (let n = 0; n < 1 + (serial % 40); n++) text += eventText(++serial)
      shim.stdin?.write(text)
    }, 5)
    for (let kill = 0; kill < KILLS / 2; kill++) {
      const service = startService(script, place, { workers })
      await sleep(60 + Math.random() * 500)
      service.kill('SIGKILL')
      await once(service, 'close')
    }
    clearInterval(writer)
    shim.stdin?.end()
    expect((await shimEnd).code).toBe(0)
    const last = startService(script, place, { workers })
    await untilSerial(place, serial)
    last.kill('SIGTERM')
    expect((await exitOf(last)).code).toBe(0)
    const { serials, contradictions } = delivered(place)
    expect(serials.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: serial }, (_, n) => n + 1),
    )
    expect(contradictions).toBe(0)
    expect(readFileSync(join(place.out, 'rejects.ndjson'), 'utf8')).toBe('')
  },
  60_000,
)
