import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Generator, MIN_ROOM } from '../../src/generate/generator.ts'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import type { Truth } from '../../src/generate/truth.ts'
import { type Event, eventsOf, linesOf } from './decoded.ts'

/** `spillway decode` as a process: pipes, files and what they are cut into. */

const BIN = resolve(import.meta.dirname, '../../bin/spillway')

const hasScript = spawnSync('script', ['--version']).error === undefined
if (!hasScript) console.warn('SKIPPED: script(1) not found, so decode is not run on a terminal')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-stream-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly status: number | null
  readonly out: Buffer
  readonly err: string
}

function run(args: readonly string[], input: string | Uint8Array = ''): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'decode', ...args], {
    input,
    maxBuffer: 1 << 29,
  })
  return { status, out: stdout, err: stderr.toString() }
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function generated(options: Partial<GeneratorOptions>): { bytes: Buffer; truth: Truth } {
  const generator = new Generator(options)
  const parts: Buffer[] = []
  const buffer = Buffer.alloc(MIN_ROOM)
  while (!generator.done) parts.push(Buffer.from(buffer.subarray(0, generator.fill(buffer))))
  return { bytes: Buffer.concat(parts), truth: generator.truth() }
}

/** The lines of one `openat` event. */
function openEvent(serial: number): string {
  const head = (type: string): string => `type=${type} msg=audit(1795331090.516:${serial}): `
  return [
    `${head('SYSCALL')}arch=c000003e syscall=257 success=yes exit=3 a0=1 a1=2 a2=0 a3=0 items=1 pid=7 comm="cat" key="files"`,
    `${head('CWD')}cwd="/root"`,
    `${head('PATH')}item=0 name="/etc/hosts" inode=5 mode=0100644`,
    `${head('PROCTITLE')}proctitle=636174002F6574632F686F737473`,
    '',
  ].join('\n')
}

type Decode = ChildProcessByStdio<Writable, Readable, null>

describe('a pipe on which records come as they are made', () => {
  let decode: Decode
  beforeAll(() => {
    decode = spawn(process.execPath, [BIN, 'decode'], { stdio: ['pipe', 'pipe', 'inherit'] })
  })
  afterAll(() => {
    decode.kill()
  })

  /** Writes text, a few bytes at a time; gives what comes out next and after how many ms. */
  async function answerTo(text: string): Promise<{ event: Event; ms: number }> {
    for (let at = 0; at < text.length; at += 100) decode.stdin.write(text.slice(at, at + 100))
    const since = performance.now()
    const [chunk] = (await once(decode.stdout, 'data')) as [Buffer]
    return { event: eventsOf(chunk)[0], ms: performance.now() - since }
  }

  it.each([
    ['that auditd logs, without EOE', openEvent(2), 2],
    ['that a plugin gets, with EOE', `${openEvent(3)}type=EOE msg=audit(1795331090.516:3): \n`, 3],
    [
      'of a single record',
      "type=USER_LOGIN msg=audit(1795331090.516:4): pid=1 msg='res=success'\n",
      4,
    ],
  ])('gives an event %s soon', async (what, text, serial) => {
    if (serial === 2) await answerTo(openEvent(1))
    const { event, ms } = await answerTo(text)
    console.info(`an event ${what} came after ${ms.toFixed(1)} ms`)
    expect(event.EVENT).toMatchObject({ serial, complete: true })
    // What follows a PROCTITLE is waited for; an end that is seen is not.
    expect(ms).toBeLessThan(serial === 2 ? 3000 : 1000)
  })

  it('gives the rest when it is closed', async () => {
    decode.stdin.end(openEvent(5).split('\n').slice(0, 2).join('\n'))
    const [chunk] = (await once(decode.stdout, 'data')) as [Buffer]
    const [{ ID, EVENT }] = eventsOf(chunk)
    expect(ID).toBe('1795331090.516:5')
    expect(EVENT).toMatchObject({
      complete: false,
      reason: 'end',
      missing: [{ record: 'PATH', announced: 1, present: 0 }],
    })
    if (decode.exitCode === null) await once(decode, 'exit')
    expect(decode.exitCode).toBe(0)
  })
})

describe('a log of 20 MB whose events mix', () => {
  let path = ''
  let truth: Truth
  const outputs = new Map<number, { hash: string; err: string; bytes: number }>()
  beforeAll(() => {
    const log = generated({ bytes: 20e6, interleave: 0.8, cpus: 16, seed: 7, odd: 0.05, nodes: 3 })
    path = file('big.log', log.bytes)
    truth = log.truth
    for (const workers of [0, 1, 2]) {
      const { status, out, err } = run(['--workers', String(workers), '--stats', path])
      expect(status).toBe(0)
      const hash = createHash('sha256').update(out).digest('hex')
      outputs.set(workers, { hash, err, bytes: out.length })
    }
  })

  it.each([1, 2])('gives the same bytes with %i workers as with none', (workers) => {
    const { hash, bytes } = outputs.get(workers) ?? { hash: '', bytes: 0 }
    expect(bytes).toBeGreaterThan(20e6)
    expect(hash).toBe(outputs.get(0)?.hash)
  })

  it.each([0, 1, 2])('has the counts of what was made in the last line, with %i workers', (n) => {
    const { err } = outputs.get(n) ?? { err: '' }
    const stats = JSON.parse(err.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
    const { lines, records, eoe, blank, rejected, bytes, pieces } = truth
    expect(stats).toMatchObject({ lines, records, eoe, blank, rejected, bytes, events: pieces })
    const made = Object.entries(truth.keys).map(([key, { events, records: of }]) => [
      key,
      { events, records: of },
    ])
    expect(stats['keys']).toEqual(Object.fromEntries(made))
    const { events, records: of } = truth.unkeyed
    expect(stats['no_key']).toEqual({ events, records: of })
  })
})

describe('a log of 20,000 events that mix', () => {
  it('comes out as the events that were made, their records in the order they were written', () => {
    const { bytes } = generated({ events: 20_000, interleave: 0.9, cpus: 32, seed: 3, nodes: 2 })
    const written = new Map<string, string[]>()
    for (const line of bytes.toString('latin1').split('\n')) {
      const match = /^node=(\S+) type=(\S+) msg=audit\(([^)]+)\)/.exec(line)
      if (match === null || match[2] === 'EOE') continue
      const [, node, type, id] = match
      const event = `${node} ${id}${type.startsWith('DAEMON_') ? ' d' : ''}`
      const lines = written.get(event)
      if (lines === undefined) written.set(event, [line])
      else lines.push(line)
    }
    const { out } = run(['--raw', file('mixed.log', bytes)])
    const events = linesOf(out).map((line) => JSON.parse(line.toString()) as Event)
    const read = events.map(({ ID, NODE, EVENT }): [string, readonly string[]] => [
      `${NODE} ${ID}${EVENT.id.includes(':d') ? ' d' : ''}`,
      EVENT.raw ?? [],
    ])
    expect(read).toHaveLength(20_000)
    expect(new Map(read)).toEqual(written)
  })
})

describe('spillway decode', () => {
  it('reads a line that has no end, lines that end with CR LF, and blank ones', () => {
    const plain = run([], openEvent(1))
    expect(eventsOf(plain.out)).toHaveLength(1)
    expect(run([], openEvent(1).trimEnd()).out).toEqual(plain.out)
    const crlf = run(['--stats'], `\r\n${openEvent(1).replaceAll('\n', '\r\n')}\n`)
    expect(eventsOf(crlf.out)[0]['PATH']).toEqual(eventsOf(plain.out)[0]['PATH'])
    expect(JSON.parse(crlf.err)).toMatchObject({ lines: 6, records: 4, blank: 2, rejected: 0 })
  })

  it('takes several files, packed or not, as one stream', () => {
    const { bytes } = generated({ events: 2000, interleave: 0.9, seed: 5 })
    const third = Math.floor(bytes.length / 3)
    const cuts = [0, bytes.indexOf(10, third) + 1, bytes.indexOf(10, 2 * third) + 1, bytes.length]
    const parts = cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end))
    const paths = [
      file('audit.log.2', gzipSync(parts[0])),
      file('audit.log.1', parts[1]),
      file('audit.log', parts[2]),
    ]
    const whole = run([file('whole.log', bytes)]).out
    expect(eventsOf(whole).length).toBeGreaterThan(1900)
    expect(run(paths).out.equals(whole)).toBe(true)
    expect(run([paths[0], '-', paths[2]], parts[1]).out.equals(whole)).toBe(true)
  })

  it('is silent about nothing', () => {
    for (const input of ['', gzipSync('')])
      expect(run(['-'], input)).toEqual({ status: 0, out: Buffer.alloc(0), err: '' })
  })

  it('lives through binary garbage, and through an event in it', () => {
    const noise = randomBytes(1 << 20)
    const input = Buffer.concat([noise, Buffer.from(`\n${openEvent(9)}`), noise])
    const { status, out, err } = run(['--stats'], input)
    expect(status).toBe(0)
    expect(eventsOf(out).map((event) => event.EVENT.serial)).toEqual([9])
    const { lines, records, eoe, blank, rejected } = JSON.parse(err) as Record<string, number>
    expect(records).toBe(4)
    expect(lines).toBe(records + eoe + blank + rejected)
  })

  it('ends without a word when its reader has enough', () => {
    const { bytes } = generated({ events: 20_000 })
    const path = file('long.log', bytes)
    const line = `'${process.execPath}' '${BIN}' decode '${path}' | head -1; exit "\${PIPESTATUS[0]}"`
    const { status, stdout, stderr } = spawnSync('bash', ['-c', line])
    expect([status, stderr.toString()]).toEqual([0, ''])
    expect(eventsOf(stdout)).toHaveLength(1)
  })

  it.skipIf(!hasScript)('shows its help on a terminal instead of waiting', () => {
    const command = `'${process.execPath}' '${BIN}' decode; echo "exit $?"`
    const text = execFileSync('script', ['-qec', command, '/dev/null'], { timeout: 10_000 })
    expect(text.toString()).toMatch(/Usage: spillway decode[\s\S]*nothing to read[\s\S]*exit 2/)
  })

  it('keeps what it rejects', () => {
    const rejects = join(folder, 'rejects.ndjson')
    run(['--rejects', rejects], `not a record\n${openEvent(1)}\xff\n`)
    const kept = readFileSync(rejects)
    expect(eventsOf(kept).map(({ reason }) => reason)).toEqual(['header', 'header'])
  })
})
