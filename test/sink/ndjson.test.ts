import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExitCode, Failure } from '../../src/model/failure.ts'
import { openNdjsonSink } from '../../src/sink/ndjson.ts'
import { canMount, onSmallDisk } from '../tmpfs.ts'
import { blockOf } from './block.ts'
import { sinkContract } from './contract.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spillway-ndjson-'))
})
afterAll(() => rm(directory, { recursive: true }))

let places = 0
const freshPlace = (): string => join(directory, `${places++}`, 'out')

sinkContract('ndjson', async () => {
  const place = freshPlace()
  const text = (name: string): Promise<string> => readFile(join(place, `${name}.ndjson`), 'utf8')
  return {
    sink: await openNdjsonSink(place),
    read: async () => ({
      events: await text('events'),
      rejects: await text('rejects'),
      rates: await text('rates'),
      alerts: await text('alerts'),
    }),
    fail: () => rm(place, { recursive: true }),
  }
})

const failureOf = (open: Promise<unknown>): Promise<unknown> =>
  open.catch((error: unknown) => error)

describe('the sink ndjson', () => {
  it('makes its directory and files readable for owner and group alone', async () => {
    const place = freshPlace()
    await (await openNdjsonSink(place)).close()
    expect((await stat(place)).mode & 0o027).toBe(0)
    expect((await stat(join(place, 'events.ndjson'))).mode & 0o137).toBe(0)
  })

  it('appends to what is there', async () => {
    const place = freshPlace()
    for (const n of [1, 2]) {
      const sink = await openNdjsonSink(place)
      await sink.accept(blockOf({ runs: [`{"n":${n}}\n`] }))
      await sink.close()
    }
    expect(await readFile(join(place, 'events.ndjson'), 'utf8')).toBe('{"n":1}\n{"n":2}\n')
  })

  it.each([0, 10, 65_530, 65_536, 200_000])(
    'cuts off a last line of %i bytes that was never finished',
    async (length) => {
      const place = freshPlace()
      await mkdir(place, { recursive: true })
      await writeFile(join(place, 'events.ndjson'), `{"whole":1}\n${'x'.repeat(length)}`)
      await (await openNdjsonSink(place)).close()
      expect(await readFile(join(place, 'events.ndjson'), 'utf8')).toBe('{"whole":1}\n')
    },
  )

  it('goes on in a new file after the old one was moved away', async () => {
    const place = freshPlace()
    const sink = await openNdjsonSink(place)
    await sink.accept(blockOf({ runs: ['{"n":1}\n'] }))
    await rename(join(place, 'events.ndjson'), join(place, 'events.ndjson.1'))
    await sink.accept(blockOf({ runs: ['{"n":2}\n'] }))
    await sink.sync()
    await sink.accept(blockOf({ runs: ['{"n":3}\n'] }))
    await sink.close()
    expect(await readFile(join(place, 'events.ndjson.1'), 'utf8')).toBe('{"n":1}\n{"n":2}\n')
    expect(await readFile(join(place, 'events.ndjson'), 'utf8')).toBe('{"n":3}\n')
  })

  it('does not follow a symbolic link', async () => {
    const place = freshPlace()
    const other = join(directory, 'other')
    await mkdir(place, { recursive: true })
    await writeFile(other, 'mine\n')
    await symlink(other, join(place, 'alerts.ndjson'))
    expect(await failureOf(openNdjsonSink(place))).toMatchObject({
      code: ExitCode.Sink,
      message: `cannot append to ${place}/alerts.ndjson: it is a symbolic link`,
    })
    expect(await readFile(other, 'utf8')).toBe('mine\n')
  })

  it('names a file that stands where a directory should', async () => {
    const place = freshPlace()
    await mkdir(join(place, '..'), { recursive: true })
    await writeFile(place, '')
    const failure = await failureOf(openNdjsonSink(place))
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({
      code: ExitCode.Sink,
      message: `cannot make the directory ${place}: file already exists`,
    })
  })

  it('refuses a directory where a file should be', async () => {
    const place = freshPlace()
    await mkdir(join(place, 'rates.ndjson'), { recursive: true })
    expect(await failureOf(openNdjsonSink(place))).toMatchObject({ code: ExitCode.Sink })
  })

  it.skipIf(!canMount)('keeps whole lines on a disk that is full, and says so', async () => {
    await onSmallDisk(65_536, async (disk) => {
      const sink = await openNdjsonSink(join(disk, 'out'))
      const line = `{"filler":"${'x'.repeat(4000)}"}\n`
      let failure: unknown
      for (let i = 0; failure === undefined && i < 100; i++) {
        failure = await sink.accept(blockOf({ runs: [line, line] })).then(
          () => undefined,
          (error: unknown) => error,
        )
      }
      expect(failure).toMatchObject({
        code: ExitCode.Sink,
        message: `cannot append to ${disk}/out/events.ndjson: no space left on device`,
      })
      await sink.close().catch(() => {})
      const text = await readFile(join(disk, 'out', 'events.ndjson'), 'utf8')
      expect(text.length).toBeGreaterThan(0)
      expect(text.replaceAll(line, '')).toBe('')
    })
  })
})
