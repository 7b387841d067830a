import fc from 'fast-check'
import { type DecodeOptions, Decoder } from '../../src/decode/decoder.ts'
import { Framer } from '../../src/frame/framer.ts'
import { type Batch, createBatch, MARK_WIDTH } from '../../src/model/batch.ts'
import type { Block } from '../../src/model/delivery.ts'
import type { Piece } from '../../src/model/piece.ts'
import type { Closing, Position } from '../../src/model/place.ts'
import { createResult, roomFor } from '../../src/model/result.ts'
import { Stitcher } from '../../src/stitch/stitcher.ts'

/** Streams of records made to be hard to stitch, and the way from pieces to final events. */

export const OPTIONS: DecodeOptions = {
  format: 'native',
  host: 'web-01',
  raw: false,
  interpretedPrefix: '',
}

const BODIES: Readonly<Record<string, string>> = {
  SYSCALL:
    'arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 pid=7 key="exec"',
  EXECVE: 'argc=2 a0="ls" a1="-l"',
  CWD: 'cwd="/root"',
  PATH: 'item=0 name="/bin/ls" inode=1 mode=0100755',
  PROCTITLE: 'proctitle=6C73002D6C',
  AVC: 'avc:  denied  { read } for  pid=7 comm="ls"',
  USER_LOGIN: `pid=9 uid=0 msg='op=login acct="root" res=success'`,
  EOE: '',
}

/** One line of an event: which event, which record type. */
interface Step {
  readonly event: number
  readonly type: string
}

const SHAPES: readonly (readonly string[])[] = [
  ['SYSCALL', 'PROCTITLE', 'EOE'],
  ['SYSCALL', 'EXECVE', 'CWD', 'PATH', 'PATH', 'PROCTITLE', 'EOE'],
  ['SYSCALL', 'CWD', 'PATH', 'PROCTITLE'],
  ['AVC', 'SYSCALL', 'PROCTITLE', 'EOE'],
  ['SYSCALL', 'CWD', 'PATH'],
  ['SYSCALL', 'PROCTITLE', 'EOE', 'PATH', 'EOE'],
  ['USER_LOGIN'],
  ['USER_LOGIN', 'USER_LOGIN'],
  ['EOE'],
  ['AVC'],
]

/** Lines of some events, each event's in order, mixed as several CPUs mix them. */
const mixed: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(fc.nat(SHAPES.length - 1), { minLength: 1, maxLength: 14 }),
    fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 }),
    fc.nat(4),
  )
  .map(([shapes, random, width]) => {
    const queues = shapes.map((shape, event) => SHAPES[shape].map((type) => ({ event, type })))
    const steps: Step[] = []
    for (let i = 0; ; i++) {
      const chance = random[i % random.length]
      const live = queues.filter((queue) => queue.length > 0)
      if (live.length === 0) break
      steps.push(live[chance % Math.min(live.length, width + 1)].shift() as Step)
    }
    return steps
  })

const noise = fc.constantFrom('', 'no record at all', `type=PATH msg=audit(x): `, '\0\0', '\r')

/** The bytes of a stream of text lines. `wide` lines make it long enough for marks without frames. */
export const text: fc.Arbitrary<string> = textOf(fc.constant(0))
export const wideText: fc.Arbitrary<string> = textOf(fc.constantFrom(0, 100, 5000, 30_000))

function textOf(width: fc.Arbitrary<number>): fc.Arbitrary<string> {
  return fc
    .tuple(
      mixed,
      fc.array(width, { minLength: 1, maxLength: 9 }),
      fc.array(fc.tuple(fc.nat(60), noise), { maxLength: 4 }),
      fc.boolean(),
    )
    .map(([steps, widths, odd, ended]) => {
      const lines = steps.map(({ event, type }, i) => {
        const pad = 'x'.repeat(widths[i % widths.length])
        const node = event % 5 === 0 ? 'node=db-02 ' : ''
        return `${node}type=${type} msg=audit(${1795331090 + event}.${100 + (event % 7)}:${event >> 1}): ${BODIES[type]}${pad && ` pad=${pad}`}`
      })
      for (const [at, line] of odd) lines.splice(at % (lines.length + 1), 0, line)
      return lines.join('\n') + (ended ? '\n' : '')
    })
}

/** Cuts bytes into pieces of a spool: frames with clocks and ticks, as `cuts` says. */
export function framed(input: string, cuts: readonly (readonly [number, number])[]): Piece[] {
  const bytes = Buffer.from(input)
  const pieces: Piece[] = []
  let at = 0
  let clock = 1000
  let place = 64
  for (let i = 0; at < bytes.length; i++) {
    const [size, pause] = cuts[i % cuts.length]
    const part = bytes.subarray(at, at + size)
    pieces.push({ kind: 'data', bytes: part, epoch: 1, boot: 'b', place, clock })
    at += size
    place += part.length + 32
    clock += pause
    if (pause > 2500) pieces.push({ kind: 'tick', epoch: 1, place: place - 32, clock })
  }
  return pieces
}

/** What came out: the events' bytes, the rejects' texts, the sums. */
export interface Outcome {
  readonly events: string
  readonly rejects: readonly string[]
  readonly lines: number
  readonly sums: readonly number[]
  readonly blocks: readonly { done: Closing; resume: Position; events: string; rejects: string[] }[]
}

/** Runs pieces through framing, decoding and stitching with batches of this size. */
export function run(
  pieces: readonly Piece[],
  batchBytes: number,
  done: Closing | null = null,
  flushEvery = 0,
): Outcome {
  const decoder = new Decoder(OPTIONS)
  const stitcher = new Stitcher({ decoder: new Decoder(OPTIONS), done })
  const blocks: Outcome['blocks'][number][] = []
  const sums = [0, 0, 0, 0, 0]
  const emit = (batch: Batch): void => {
    const result = createResult(roomFor(batch.length))
    decoder.decode(batch, result)
    const block = stitcher.push(batch, result)
    const { lines, records, eoe, blank, rejected } = block.counts
    ;[lines, records, eoe, blank, rejected].forEach((sum, i) => (sums[i] += sum))
    blocks.push({
      done: block.done,
      resume: block.resume,
      events: eventsOf(block),
      rejects: rejectsOf(block),
    })
  }
  const framer = new Framer({
    acquire: () =>
      createBatch(new Uint8Array(batchBytes + (1 << 18)), new Float64Array(4096 * MARK_WIDTH)),
    emit,
    batchBytes,
  })
  pieces.forEach((piece, i) => {
    framer.push(piece)
    if (flushEvery > 0 && i % flushEvery === 0) framer.flush()
  })
  framer.end()
  return {
    events: blocks.map((block) => block.events).join(''),
    rejects: blocks.flatMap((block) => block.rejects),
    lines: sums[0],
    sums,
    blocks,
  }
}

function eventsOf(block: Block): string {
  return block.runs
    .map(({ result, start, end }) => Buffer.from(result.out.subarray(start, end)).toString())
    .join('')
}

function rejectsOf({ batch, result, rejectsFrom }: Block): string[] {
  const { count, start, end, reason } = result.rejects
  const texts: string[] = []
  for (let row = rejectsFrom; row < count; row++)
    texts.push(`${reason[row]} ${Buffer.from(batch.bytes.slice(start[row], end[row])).toString()}`)
  return texts
}
