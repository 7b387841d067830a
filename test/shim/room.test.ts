import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Room, readReleased } from '../../src/shim/room.ts'
import type { SegmentId } from '../../src/spool/format.ts'
import { formatReleased, segmentName } from '../../src/spool/format.ts'
import { makeDirectory } from '../spool/fixture.ts'

let spool: string
let released: string
let remove: () => void
beforeEach(() => {
  ;({ path: spool, remove } = makeDirectory())
  mkdirSync(join(spool, 'state'))
  released = join(spool, 'state/released')
})
afterEach(() => remove())

function makeRoom(limit: number | null = null): Room {
  return new Room({ directory: spool, stateDirectory: join(spool, 'state'), limit, keepFree: 0 })
}

function makeSegments(...ids: [number, number][]): void {
  for (const [epoch, sequence] of ids) {
    writeFileSync(join(spool, segmentName({ epoch, sequence })), Buffer.alloc(1 << 20))
  }
}

function left(): string[] {
  return readdirSync(spool)
    .filter((name) => name.endsWith('.seg'))
    .map((name) => name.replace(/^0*(\d+)-0*(\d+)\.seg$/, '$1.$2'))
}

/** As the checkpoint does it. */
function release(id: SegmentId): void {
  writeFileSync(`${released}.tmp`, formatReleased(id))
  renameSync(`${released}.tmp`, released)
}

describe('released', () => {
  test('is what the reader wrote', async () => {
    release({ epoch: 2, sequence: 5 })
    expect(await readReleased(released)).toEqual({ epoch: 2, sequence: 5 })
  })

  const line = formatReleased({ epoch: 2, sequence: 5 })
  test.each([
    ['missing', () => undefined],
    [
      'a link',
      () => (writeFileSync(`${released}.x`, line), symlinkSync(`${released}.x`, released)),
    ],
    ['a directory', () => mkdirSync(released)],
    ['a pipe that nobody writes', () => execFileSync('mkfifo', [released])],
    ['too big', () => writeFileSync(released, line + '\n'.repeat(60))],
    ['empty', () => writeFileSync(released, '')],
    ['of a bad CRC', () => writeFileSync(released, line.replace('5', '6'))],
    ['of another version', () => writeFileSync(released, line.replace('released 1', 'released 2'))],
  ])('says nothing when it is %s', async (_what, make) => {
    make()
    expect(await readReleased(released)).toBeNull()
    makeSegments([1, 0], [1, 1])
    const room = makeRoom()
    await room.clear(null)
    expect(left()).toEqual(['1.0', '1.1'])
  })
})

describe('deleting', () => {
  test('takes what lies wholly below released, of every epoch', async () => {
    makeSegments([1, 0], [1, 1], [2, 0], [2, 1], [2, 2], [2, 3])
    release({ epoch: 2, sequence: 2 })
    await makeRoom().clear({ epoch: 2, sequence: 3 })
    expect(left()).toEqual(['2.2', '2.3'])
  })

  test('never takes the newest segment, nor the one being written, whatever released says', async () => {
    makeSegments([1, 0], [1, 1], [2, 0], [3, 0])
    release({ epoch: 80_000_000, sequence: 0 })
    await makeRoom().clear({ epoch: 2, sequence: 0 })
    expect(left()).toEqual(['2.0', '3.0'])
  })

  test('sees released change', async () => {
    makeSegments([1, 0], [1, 1], [1, 2])
    const room = makeRoom()
    await room.clear(null)
    release({ epoch: 1, sequence: 1 })
    await room.clear(null)
    expect(left()).toEqual(['1.1', '1.2'])
    release({ epoch: 1, sequence: 2 })
    utimesSync(released, 1, 1)
    await room.clear(null)
    expect(left()).toEqual(['1.2'])
  })

  test('leaves other files alone', async () => {
    makeSegments([1, 0], [1, 1])
    writeFileSync(join(spool, 'other'), '')
    release({ epoch: 9, sequence: 0 })
    await makeRoom().clear(null)
    expect(existsSync(join(spool, 'other'))).toBe(true)
  })

  test('evict takes the oldest until there is room, and keeps the one being written', async () => {
    makeSegments([1, 0], [1, 1], [2, 0], [2, 1], [2, 2])
    const room = makeRoom(5 << 20)
    await room.clear(null)
    expect([room.used, room.has(1)]).toEqual([5 << 20, false])
    await room.evict({ epoch: 1, sequence: 1 }, (2 << 20) - 1000)
    expect(left()).toEqual(['1.1', '2.1', '2.2'])
    expect(room.has((2 << 20) - 1000)).toBe(true)
  })
})

describe('room', () => {
  test('is none before the directory was looked at', () => {
    const room = makeRoom()
    expect([room.isKnown, room.has(1)]).toEqual([false, false])
  })

  test('counts every segment and what is added', async () => {
    makeSegments([1, 0], [2, 0])
    const room = makeRoom(4 << 20)
    await room.clear(null)
    expect(room.has(2 << 20)).toBe(true)
    room.add(1)
    expect(room.has(2 << 20)).toBe(false)
    expect(room.used).toBe((2 << 20) + 1)
  })

  test('has eight segments under any limit, of 16 MiB at most', async () => {
    for (const limit of [4 << 20, 5_000_000, 100 << 20, 2 ** 33]) {
      const room = makeRoom(limit)
      await room.clear(null)
      expect(room.segmentBytes).toBeLessThanOrEqual(room.limit / 8)
      expect(room.segmentBytes).toBeLessThanOrEqual(16 << 20)
    }
  })

  test('is a failure to look for in a directory that is not there', async () => {
    remove()
    await expect(makeRoom().clear(null)).rejects.toThrow('ENOENT')
  })
})
