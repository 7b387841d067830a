import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readStatusText } from '../../src/cli/health.ts'
import { Failure } from '../../src/model/failure.ts'
import { StatusFile } from '../../src/service/status.ts'
import { openNdjsonSink } from '../../src/sink/ndjson.ts'
import { Outbox } from '../../src/sink/outbox.ts'
import { Checkpoint, type SavedState } from '../../src/spool/checkpoint.ts'
import { ReadingsFile } from '../../src/watch/readings-file.ts'
import { makeDirectory } from '../spool/fixture.ts'
import { isRoot, PLANTS } from './plants.ts'

let top: string
let state: string
let victim: string
let remove: () => void
beforeEach(() => {
  ;({ path: top, remove } = makeDirectory())
  chmodSync(top, 0o755)
  state = join(top, 'state')
  mkdirSync(state, { mode: 0o750 })
  victim = join(top, 'victim')
  writeFileSync(victim, 'evidence\n')
})
afterEach(() => remove())

const AT: SavedState['delivery'] = {
  resume: { epoch: 1, place: 5 },
  salt: null,
  done: { epoch: 1, place: 5, line: true },
}
const STATE: SavedState = {
  delivery: AT,
  analysis: AT,
  windows: 'null',
  config: '',
  closed: 0,
  attempt: null,
}

async function useCheckpoint(directory: string): Promise<void> {
  const checkpoint = await Checkpoint.open(directory)
  for (let i = 0; i < 3; i++) await checkpoint.write(STATE)
}

async function useOutbox(directory: string): Promise<void> {
  const outbox = await Outbox.open(directory)
  outbox.add('alert', { n: 1 })
  await outbox.close()
}

async function useSink(directory: string): Promise<void> {
  const sink = await openNdjsonSink(directory)
  sink.alert({ n: 1 })
  sink.rate({ n: 1 })
  await sink.close()
}

async function useStatus(directory: string): Promise<void> {
  const failures: unknown[] = []
  await new StatusFile(directory, (error) => failures.push(error)).write({ v: 1 } as never)
  if (failures.length > 0) throw new Failure(1, 'told to the log')
}

async function useReadings(directory: string): Promise<void> {
  const file = new ReadingsFile(join(directory, 'watch.ndjson'))
  file.write({ kind: 'unknown', text: 'x' } as never)
  file.close()
}

/** Every file that is written under a name an attacker can know, and what writes it. */
const WRITTEN: readonly (readonly [string, (directory: string) => Promise<void>])[] = [
  ['checkpoint.a', useCheckpoint],
  ['checkpoint.b', useCheckpoint],
  ['released', useCheckpoint],
  ['released.tmp', useCheckpoint],
  ['outbox.ndjson', useOutbox],
  ['status.json', useStatus],
  ['status.json.tmp', useStatus],
  ['events.ndjson', useSink],
  ['rates.ndjson', useSink],
  ['alerts.ndjson', useSink],
  ['rejects.ndjson', useSink],
  ['watch.ndjson', useReadings],
]

describe.each(WRITTEN)('%s', (name, use) => {
  test.each(PLANTS)('is not written through %s', async (_what, plant) => {
    plant(join(state, name), victim)
    // Either it takes its place or one line says why not; it never waits for anybody.
    const ended: unknown = await use(state).then(
      () => null,
      (error: unknown) => error,
    )
    if (ended !== null) {
      expect(ended).toBeInstanceOf(Failure)
      expect((ended as Failure).message).toMatch(/^[^\n]+$/)
    }
    expect(readFileSync(victim, 'utf8')).toBe('evidence\n')
    expect(existsSync(`${victim}.new`)).toBe(false)
  })
})

describe('the state directory', () => {
  test('is not used through a link that the owner of the spool put in its place', async () => {
    const elsewhere = join(top, 'elsewhere')
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, join(top, 'link'))
    await expect(Checkpoint.open(join(top, 'link'))).rejects.toThrow(/link: it is no directory, or/)
    expect(readdirSync(elsewhere)).toEqual([])
  })

  test.each([0o770, 0o757, 0o777])('is not used where others may write to it: %o', async (mode) => {
    chmodSync(state, mode)
    await expect(Checkpoint.open(state)).rejects.toThrow(/others may write to it: chmod go-w/)
    expect(readdirSync(state)).toEqual([])
  })

  test.skipIf(!isRoot)('is not used where it belongs to another user', async () => {
    chownSync(state, 1, 1)
    chmodSync(state, 0o755)
    process.seteuid?.(65_534)
    try {
      await expect(Checkpoint.open(state)).rejects.toThrow(/it belongs to another user/)
    } finally {
      process.seteuid?.(0)
    }
  })
})

describe('the status file', () => {
  test.each(PLANTS.filter(([what]) => what !== 'a hard link'))(
    'is not read where it is %s',
    (_what, plant) => {
      plant(join(state, 'status.json'), victim)
      expect(() => readStatusText(state)).toThrow(/^cannot read [^\n]*status\.json: [^\n]*$/)
    },
  )
})

describe('what is read back', () => {
  test('of a checkpoint is never more than one can have', async () => {
    writeFileSync(join(state, 'checkpoint.a'), '')
    truncateSync(join(state, 'checkpoint.a'), 2 ** 36)
    await expect(Checkpoint.open(state)).rejects.toThrow(/it has more than \d+ bytes/)
  })

  test.each([
    ['claims 2 GB', 'spillway-checkpoint 1 2147483647 00000000\n{}'],
    ['claims less than nothing', 'spillway-checkpoint 1 -1 00000000\n{}'],
    ['has no end of line', 'spillway-checkpoint 1 '.padEnd(1 << 20, '1')],
  ])('of a checkpoint that %s is nothing', async (_what, text) => {
    writeFileSync(join(state, 'checkpoint.a'), text)
    expect((await Checkpoint.open(state)).last).toBeNull()
  })

  test('of an outbox is what has the form of an entry', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const lines = [
      '5',
      'null',
      '"done"',
      '[]',
      '{"done":"x"}',
      '{"n":"x","kind":"rate","message":{}}',
      '{"n":1,"kind":"other","message":{}}',
      '{"n":1,"kind":"rate","message":"text"}',
      `{"n":2,"kind":"rate","message":{"a":${deep}}}`,
      '{"n":3,"kind":"alert","message":{"n":3}}',
    ]
    writeFileSync(join(state, 'outbox.ndjson'), `${lines.join('\n')}\n`)
    const outbox = await Outbox.open(state)
    expect([outbox.take()?.text, outbox.take()]).toEqual(['{"n":3}', null])
    await outbox.close()
  })

  test('of an outbox is never more than one can have', async () => {
    writeFileSync(join(state, 'outbox.ndjson'), '\n')
    truncateSync(join(state, 'outbox.ndjson'), 2 ** 31)
    const end = '\n'
    writeFileSync(join(state, 'outbox.ndjson'), end, { flag: 'a' })
    await expect(Outbox.open(state)).rejects.toThrow(/outbox\.ndjson: it has more than \d+ bytes/)
  })
})
