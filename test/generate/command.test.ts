import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { generateCommand, pace, pump } from '../../src/cli/generate.ts'
import { Generator } from '../../src/generate/generator.ts'
import type { Truth } from '../../src/generate/truth.ts'
import { ExitCode, Failure } from '../../src/model/failure.ts'
import type { Outlet } from '../../src/sink/outlet.ts'
import { byEvent, make, readLines } from './made.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-command-'))
const file = join(folder, 'made.log')
const truthFile = join(folder, 'truth.json')
afterAll(() => rmSync(folder, { recursive: true }))

const run = (...args: string[]): Promise<unknown> =>
  generateCommand().exitOverride().parseAsync(args, { from: 'user' })

/** What a command line makes, as bytes and as it says of itself. */
async function made(...args: string[]): Promise<{ bytes: Buffer; truth: Truth }> {
  await run(...args, '-o', file, '--truth', truthFile)
  return {
    bytes: readFileSync(file),
    truth: JSON.parse(readFileSync(truthFile, 'utf8')) as Truth,
  }
}

const refusal = (...args: string[]): Promise<Failure> =>
  run(...args).then(
    () => expect.unreachable('it was accepted'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(Failure)
      return error as Failure
    },
  )

/** An outlet that keeps what it gets, until it fails with `failure` at write number `from`. */
function keep(from = Number.POSITIVE_INFINITY): Outlet & { bytes: () => Buffer } {
  const parts: Buffer[] = []
  return {
    bytes: () => Buffer.concat(parts),
    write: async (given) => {
      await new Promise(setImmediate)
      if (parts.length >= from) throw new Failure(ExitCode.Ok, 'gone')
      parts.push(Buffer.concat(given))
    },
    sync: async () => {},
  }
}

describe('spillway generate', () => {
  test('gives every flag to the generator', async () => {
    const flags =
      '--seed 7 --events 800 --format raw --no-eoe --cpus 6 --interleave 0.5 --nodes 2 --late 0.1 ' +
      '--repeat 0.1 --odd 0.1 --start-serial 4294967290 --keys 20 --paths 50 --programs 30 ' +
      '--shape flood --rate 100 --flood-key tmp --flood-from 1 --flood-for 3 --flood-rate 60 ' +
      '--mix open=2,exec --start 2026-02-03T04:05:06Z'
    const { bytes, truth } = await made(...flags.split(' '))
    const same = make({
      seed: 7,
      events: 800,
      format: 'raw',
      eoe: false,
      cpus: 6,
      interleave: 0.5,
      nodes: 2,
      late: 0.1,
      repeat: 0.1,
      odd: 0.1,
      startSerial: 4294967290,
      keys: 20,
      paths: 50,
      programs: 30,
      shape: 'flood',
      rate: 100,
      floodKey: 'tmp',
      floodFrom: 1,
      floodFor: 3,
      floodRate: 60,
      mix: { open: 2, exec: 1 },
      start: Date.UTC(2026, 1, 3, 4, 5, 6),
    })
    expect(bytes.equals(same.bytes)).toBe(true)
    expect(truth).toEqual(same.truth)
  })

  test.each([
    ['--bytes', '2M', 'bytes', 2 * 1024 * 1024],
    ['--bytes', '1.5MiB', 'bytes', 1.5 * 1024 * 1024],
    ['--records', '2e3', 'records', 2000],
  ] as const)('%s %s ends the stream there', async (flag, given, count, least) => {
    const { bytes, truth } = await made(flag, given, '--mix', 'open')
    expect(truth[count]).toBeGreaterThanOrEqual(least)
    expect(truth[count]).toBeLessThan(least + 10_000)
    expect(bytes.length).toBe(truth.bytes)
  })

  test('writes binary frames', async () => {
    const { bytes } = await made('--stream', 'binary-padded', '--records', '50')
    expect(bytes.length % (16 + 8970)).toBe(0)
  })

  test('makes 100,000 events when nothing ends it', async () => {
    const { truth } = await made('--mix', 'user')
    expect(truth.events).toBe(100_000)
  })

  test.each([
    ['--events many', '--events must be a number, not "many"'],
    ['--events -5', '--events must be a number, not "-5"'],
    ['--bytes 3X', '--bytes must be a size such as 500M or 2G, not "3X"'],
    ['--format json', '--format must be one of raw, enriched, not "json"'],
    ['--stream pcap', '--stream must be one of text, binary, binary-padded, not "pcap"'],
    ['--mix open:3', '--mix must read like open=50,exec=20, not "open:3"'],
    ['--start soon', '--start must be an ISO time or seconds, not "soon"'],
    ['--odd 2', '--odd must be a share between 0 and 1'],
    ['--flood-rate 5', '--flood-rate needs --shape flood'],
    ['--live-stamps', '--live-stamps needs --paced'],
    ['--paced --live-stamps --start 1', '--live-stamps and --start exclude each other'],
  ])('%s is wrong use, said in one line', async (args, message) => {
    const failure = await refusal(...args.split(' '))
    expect(failure.message).toBe(message)
    expect(failure.code).toBe(ExitCode.Usage)
  })

  test('a file that cannot be made is named', async () => {
    const path = join(folder, 'missing', 'file')
    const failure = await refusal('-o', path)
    expect(failure.message).toBe(`cannot write ${path}: no such file or directory`)
    expect(failure.code).toBe(ExitCode.Sink)
  })

  test('a full disk is named, and the truth is still written', async () => {
    const failure = await refusal('-o', '/dev/full', '--truth', truthFile)
    expect(failure.message).toBe('cannot write /dev/full: no space left on device')
    expect(failure.code).toBe(ExitCode.Sink)
    expect(JSON.parse(readFileSync(truthFile, 'utf8'))).toHaveProperty('events')
  })
})

describe('at full speed', () => {
  test('the outlet gets every byte once, however slowly it takes them', async () => {
    const outlet = keep()
    await pump(new Generator({ events: 20_000 }), outlet, new AbortController().signal)
    expect(outlet.bytes().equals(make({ events: 20_000 }).bytes)).toBe(true)
  })

  test('a reader that leaves ends it with its failure', async () => {
    const writing = pump(new Generator(), keep(3), new AbortController().signal)
    await expect(writing).rejects.toThrow('gone')
  })

  test('a signal ends an endless stream', async () => {
    const stop = new AbortController()
    const outlet = keep()
    setTimeout(() => stop.abort(), 20)
    const generator = new Generator()
    await pump(generator, outlet, stop.signal)
    expect(outlet.bytes().length).toBe(generator.truth().bytes)
  })
})

describe('paced', () => {
  test('events come when their time has passed, and within 5 ms of it', async () => {
    let now = 5000
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms
      },
    }
    const generator = new Generator({ seconds: 2, rate: 100, interleave: 0, mix: { open: 1 } })
    let count = 0
    const outlet: Outlet = {
      write: async ([part = Buffer.alloc(0)]) => {
        for (const id of byEvent(readLines(Buffer.from(part))).keys()) {
          const late = now - 5000 - 10 * count++
          expect(late, id).toBeGreaterThan(0)
          expect(late, id).toBeLessThanOrEqual(5)
        }
      },
      sync: async () => {},
    }
    await pace(generator, outlet, new AbortController().signal, clock)
    expect(count).toBe(200)
  })

  test('a signal ends it', async () => {
    const stop = new AbortController()
    const clock = { now: () => 0, sleep: async () => stop.abort() }
    await pace(new Generator(), keep(), stop.signal, clock)
    expect(stop.signal.aborted).toBe(true)
  })
})
