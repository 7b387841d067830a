import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Message, Sink } from '../../src/model/delivery.ts'
import { ExitCode, Failure } from '../../src/model/failure.ts'
import { fileOutlet, type Outlet, streamOutlet } from '../../src/sink/outlet.ts'
import { createStreamSink } from '../../src/sink/stdout.ts'
import { blockOf } from './block.ts'
import { type Harness, sinkContract } from './contract.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spillway-stdout-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const ignore = { rejects: null, rate: () => {}, alert: () => {} }

const text = (rows: Message[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** A sink over `events`, with what it puts aside. */
function harness(
  events: Outlet,
  read: () => string | Promise<string>,
  fail: Harness['fail'],
): Harness {
  const rejects: Buffer[] = []
  const rates: Message[] = []
  const alerts: Message[] = []
  const sink = createStreamSink(events, {
    rejects: {
      write: async (parts) => {
        rejects.push(...parts.map((part) => Buffer.from(part)))
      },
      sync: async () => {},
    },
    rate: (row) => rates.push(row),
    alert: (alert) => alerts.push(alert),
  })
  return {
    sink,
    read: async () => ({
      events: await read(),
      rejects: Buffer.concat(rejects).toString(),
      rates: text(rates),
      alerts: text(alerts),
    }),
    fail,
  }
}

/** A process with a pipe to its input, which it gives out again on `finish`. */
function reader(): {
  child: ChildProcessByStdio<Writable, Readable, null>
  finish: () => Promise<string>
} {
  const child = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  return {
    child,
    finish: async () => {
      child.stdin.end()
      if (child.exitCode === null) await once(child.stdout, 'end')
      return Buffer.concat(chunks).toString()
    },
  }
}

let files = 0
sinkContract('stdout, to a file', async () => {
  const path = join(directory, `out-${files++}`)
  const fd = openSync(path, 'w')
  return harness(
    fileOutlet(fd, true),
    () => readFileSync(path, 'utf8'),
    () => closeSync(fd),
  )
})

sinkContract('stdout, to a pipe', async () => {
  const { child, finish } = reader()
  return harness(streamOutlet(child.stdin), finish, async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
})

describe('the sink stdout', () => {
  it('ends quietly when the reader of the pipe is gone', async () => {
    const { child } = reader()
    const sink = createStreamSink(streamOutlet(child.stdin), ignore)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const error = await sink.accept(blockOf({ runs: ['{}\n'] })).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(Failure)
    expect(error).toHaveProperty('code', ExitCode.Ok)
  })

  it('takes no more while the reader of the pipe reads nothing', async () => {
    const child = spawn('sleep', ['60'], { stdio: ['pipe', 'ignore', 'inherit'] })
    const sink = createStreamSink(streamOutlet(child.stdin), ignore)
    let taken = 0
    const give = async (sinkToFill: Sink): Promise<void> => {
      for (; taken < 100; taken++) {
        await sinkToFill.accept(blockOf({ runs: ['x'.repeat(65_000)] }))
      }
    }
    const given = give(sink).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(taken).toBeLessThan(20)
    child.kill('SIGKILL')
    await given
  })

  it('names a full device', async () => {
    const sink = createStreamSink(fileOutlet(openSync('/dev/full', 'w'), false), ignore)
    const error = await sink.accept(blockOf({ runs: ['{}\n'] })).catch((e: unknown) => e)
    expect(error).toMatchObject({
      code: ExitCode.Sink,
      message: 'cannot write standard output: no space left on device',
    })
  })
})
