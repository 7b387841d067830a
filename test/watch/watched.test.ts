import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Log } from '../../src/log.ts'
import { Watched } from '../../src/service/watched.ts'
import { ReadingsFile } from '../../src/watch/readings-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'spillway-watched-'))
afterAll(() => rmSync(directory, { recursive: true }))

it('a service says once that there is no watcher, and takes its readings when it comes', () => {
  const said: string[] = []
  const say = (_fields: object, text: string): number => said.push(text)
  const log: Log = { debug: say, info: say, warn: say, error: say }
  const file = join(directory, 'watch.ndjson')
  const taken: unknown[] = []
  const watched = new Watched({ file, log, take: ({ kind }) => taken.push(kind) })
  watched.look()
  watched.look()
  expect(said).toEqual(['no watcher has written readings: what the kernel loses is not known'])
  const writer = new ReadingsFile(file)
  writer.write({ kind: 'kmsg', says: 'backlog' })
  writer.write({ kind: 'unknown', why: 'lag' })
  watched.look()
  watched.look()
  expect(taken).toEqual(['kmsg', 'unknown'])
  expect(said).toHaveLength(1)
})
