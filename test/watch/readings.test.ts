import {
  appendFileSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Said } from '../../src/model/reading.ts'
import { ReadingsFile } from '../../src/watch/readings-file.ts'
import { parseReading, ReadingsReader } from '../../src/watch/readings-reader.ts'

const directory = mkdtempSync(join(tmpdir(), 'spillway-readings-'))
afterAll(() => rmSync(directory, { recursive: true }))

let file = ''
let count = 0
beforeEach(() => {
  file = join(directory, `${count++}.ndjson`)
})

const drops = (n: number): Said => ({ kind: 'netlink', pid: 1, rmem: 0, drops: n })
const dropsIn = (reader: ReadingsReader): unknown[] =>
  reader.look().readings.map((reading) => 'drops' in reading && reading.drops)

describe('a file of readings', () => {
  it('is read as it grows, each reading once', () => {
    const writer = new ReadingsFile(file)
    const reader = new ReadingsReader(file)
    writer.write(drops(1))
    writer.write(drops(2))
    expect(dropsIn(reader)).toEqual([1, 2])
    expect(dropsIn(reader)).toEqual([])
    writer.write(drops(3))
    expect(dropsIn(reader)).toEqual([3])
    writer.close()
    reader.close()
  })

  it('is for its owner and its group, whatever the umask', () => {
    new ReadingsFile(file).close()
    expect(statSync(file).mode & 0o777).toBe(0o640)
  })

  it('orders readings by a clock that never stands still', () => {
    const writer = new ReadingsFile(file)
    for (let n = 0; n < 100; n++) writer.write(drops(n))
    const clocks = new ReadingsReader(file).look().readings.map((r) => r.monotonic_us)
    expect(clocks.toSorted((a, b) => a - b)).toEqual(clocks)
    expect(new Set(clocks).size).toBe(100)
  })

  it('is bounded, and a reader that is behind misses nothing when it is moved away', () => {
    const writer = new ReadingsFile(file, 1000)
    const reader = new ReadingsReader(file)
    writer.write(drops(0))
    expect(dropsIn(reader)).toEqual([0])
    const seen: unknown[] = []
    for (let n = 1; n < 50; n++) {
      writer.write(drops(n))
      if (n % 4 === 0) seen.push(...dropsIn(reader), ...dropsIn(reader))
      expect(statSync(file).size).toBeLessThanOrEqual(1000)
    }
    seen.push(...dropsIn(reader), ...dropsIn(reader))
    expect(seen).toEqual(Array.from({ length: 49 }, (_, n) => n + 1))
  })

  it('ends the line that a killed watcher left without an end', () => {
    writeFileSync(file, '{"v":1,"ti')
    new ReadingsFile(file).write(drops(1))
    const reader = new ReadingsReader(file)
    expect(dropsIn(reader)).toEqual([1])
    expect(reader.bad).toBe(1)
  })

  it('lets a reader wait for the end of a line', () => {
    const writer = new ReadingsFile(file)
    writer.write(drops(1))
    const line = readFileSync(file, 'utf8')
    truncateSync(file, line.length - 5)
    const reader = new ReadingsReader(file)
    expect(dropsIn(reader)).toEqual([])
    appendFileSync(file, line.slice(-5))
    expect(dropsIn(reader)).toEqual([1])
  })

  it('may be missing, come later and come again', () => {
    const reader = new ReadingsReader(file)
    expect(reader.look().presence).toBe('missing')
    new ReadingsFile(file).write(drops(1))
    expect(dropsIn(reader)).toEqual([1])
    renameSync(file, `${file}.gone`)
    expect(reader.look().presence).toBe('missing')
    new ReadingsFile(file).write(drops(2))
    expect(dropsIn(reader)).toEqual([2])
  })

  it.each([
    ['a symbolic link', (path: string) => symlinkSync('/etc/hostname', path)],
    ['a directory', (path: string) => symlinkSync(tmpdir(), path)],
  ])('is neither written nor read where it is %s', (_what, make) => {
    make(file)
    expect(() => new ReadingsFile(file)).toThrow(`cannot write to ${file}: it is a symbolic link`)
    expect(new ReadingsReader(file).look().presence).toBe('refused')
  })

  it('is not written where the file has another name as well', () => {
    writeFileSync(`${file}.other`, '')
    linkSync(`${file}.other`, file)
    expect(() => new ReadingsFile(file)).toThrow(
      `cannot write to ${file}: it is no file of its own`,
    )
  })
})

describe('a line of it', () => {
  const head = '"time":"2026-11-22T12:00:00.000Z","boot":"b","monotonic_us":5'

  it('is a reading when all of it can be reckoned with', () => {
    expect(parseReading(`{"v":1,${head},"kind":"kmsg","says":"backlog"}`)).toMatchObject({
      says: 'backlog',
    })
  })

  it.each([
    ['no JSON', '{"v":1'],
    ['no object', 'null'],
    ['of another version', `{"v":2,${head},"kind":"status","lost":1}`],
    ['of an unknown kind', `{"v":1,${head},"kind":"weather"}`],
    ['without a time', '{"v":1,"boot":"b","monotonic_us":5,"kind":"status"}'],
    ['of a count that is none', `{"v":1,${head},"kind":"status","lost":"many"}`],
    ['of a count below zero', `{"v":1,${head},"kind":"status","lost":-1}`],
  ])('is none when it is %s', (_what, line) => {
    expect(parseReading(line)).toBeNull()
  })
})
