import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { Random } from '../../../src/generate/random.ts'
import { readCheckpoint } from '../../../src/spool/checkpoint.ts'
import { listSegments } from '../../../src/spool/directory.ts'
import { freePort } from '../../receive/audisp-remote.ts'
import { message, repliesIn } from '../../receive/wire.ts'
import { exitOf } from '../../shim/process.ts'
import { Collector } from '../../spool/fixture.ts'
import { canMount, onSmallDisk } from '../../tmpfs.ts'
import { buildService, eventText, makePlace, type Place, startService } from '../service.ts'
import { Disk, type Loss } from './disk.ts'
import { type Step, stepsOf, straceArgs } from './trace.ts'

const canTrace = spawnSync('strace', ['-V']).status === 0
if (!canTrace) process.stderr.write('power loss is SKIPPED: there is no strace\n')

const EVENTS = 5000
/** Records of an event. */
const RECORDS = 4
/** Power cuts that are judged by reading what is left, and those after which the service is started on it. */
const CUTS = 60
const STARTS = 3

let script: string
beforeAll(async () => {
  script = await buildService()
})

test.runIf(canMount && canTrace)(
  'a record that was acknowledged survives the loss of all that was not synced, at any moment',
  async () => {
    // So small that segments are left and deleted on the way.
    await onSmallDisk(48 << 20, async (disk) => {
      const place: Place = { spool: join(disk, 'spool'), out: join(disk, 'out') }
      for (const made of [place.spool, place.out, join(place.spool, 'state')])
        mkdirSync(made, { recursive: true, mode: 0o750 })
      const trace = join(makePlace().spool, 'trace')
      await traced(place, trace)
      const steps = stepsOf(trace, disk)
      const isDeleted = (step: Step) => step.kind === 'unlink' && step.path.endsWith('.seg')
      expect(steps.filter(isDeleted).length).toBeGreaterThan(0)
      await judge(steps, disk)
    })
  },
)

/** Has the service receive and deliver all events under strace, acknowledging what is synced. */
async function traced(place: Place, trace: string): Promise<void> {
  const port = await freePort()
  const program = [script, place.spool, place.out, `tcp://127.0.0.1:${port}`, '0']
  const more = 'receive:\n  sync: true\n'
  const args = [...straceArgs(trace), process.execPath, ...program, more]
  const service = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = exitOf(service)
  const socket = await vi.waitFor(
    () =>
      new Promise<ReturnType<typeof connect>>((resolve, reject) => {
        const made = connect(port, '127.0.0.1', () => resolve(made))
        made.on('error', reject)
      }),
    20_000,
  )
  let acknowledged = 0
  socket.on('data', (bytes) => {
    acknowledged = repliesIn(bytes).at(-1)?.sequence ?? acknowledged
  })
  const lines = Array.from({ length: EVENTS }, (_, n) =>
    eventText(n + 1)
      .trimEnd()
      .split('\n'),
  ).flat()
  for (const [i, line] of lines.entries()) {
    socket.write(message(line, i + 1))
    // As a client that waits for its replies would, in steps.
    if (i % 400 === 399)
      await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(i - 400), 20_000)
  }
  await vi.waitFor(() => expect(acknowledged).toBe(lines.length), 20_000)
  await vi.waitFor(() => expect(deliveredIn(place).size).toBe(EVENTS), 20_000)
  // The first segment is deleted once the checkpoint needs it no more and the receiver has seen that.
  await vi.waitFor(() => expect(listSegments(place.spool)[0].sequence).toBeGreaterThan(0), 60_000)
  socket.destroy()
  const child = readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, 'latin1')
  process.kill(Number(child), 'SIGTERM')
  await ended
}

/** Cuts the power at moments drawn from all steps, and looks what is left. */
async function judge(steps: readonly Step[], root: string): Promise<void> {
  const random = new Random(20_261_122)
  const pick = () => random.share()
  const cuts = new Set(Array.from({ length: CUTS }, () => Math.floor(pick() * steps.length)))
  const starts = new Set([...cuts].filter((_, i) => i % Math.ceil(CUTS / STARTS) === 0))
  const disk = new Disk()
  let acknowledged = 0
  for (const [i, step] of steps.entries()) {
    disk.take(step)
    if (step.kind === 'acknowledge') acknowledged = Math.max(acknowledged, step.sequence)
    if (!cuts.has(i)) continue
    const losses: Loss[] = [
      { names: 'all', bytes: 'all', pick },
      { names: 'none', bytes: 'all', pick },
      { names: 'some', bytes: 'some', pick },
    ]
    for (const loss of losses) {
      const place = makePlace()
      const home = join(place.spool, '..')
      for (const made of [place.out, join(place.spool, 'state')])
        mkdirSync(made, { recursive: true })
      disk.leave(root, home, loss)
      const events = Math.floor(acknowledged / RECORDS)
      const what = `after step ${i}, ${JSON.stringify(loss)}`
      expect(missing(new Set([...deliveredIn(place), ...dueIn(place)]), events), what).toEqual([])
      if (starts.has(i)) await startOn(place, events, what)
      rmSync(home, { recursive: true })
    }
  }
}

/** Starts the service on what is left: it has to deliver all that was acknowledged. */
async function startOn(place: Place, events: number, what: string): Promise<void> {
  const service = startService(script, place)
  const ended = exitOf(service)
  try {
    await vi.waitFor(() => expect(missing(deliveredIn(place), events), what).toEqual([]), 30_000)
  } finally {
    service.kill('SIGKILL')
    await ended
  }
}

function missing(there: ReadonlySet<number>, events: number): number[] {
  return Array.from({ length: events }, (_, n) => n + 1).filter((serial) => !there.has(serial))
}

/** Serials of the events that lie whole in the sink's file. */
function deliveredIn({ out }: Place): Set<number> {
  const path = join(out, 'events.ndjson')
  const lines = existsSync(path) ? readFileSync(path, 'latin1').split('\n').slice(0, -1) : []
  const serials = lines.map((line) => /^\{.*"serial":(\d+),.*\}$/.exec(line)?.[1])
  return new Set(serials.filter((serial) => serial !== undefined).map(Number))
}

/** Serials of the events that a service would deliver from the spool: those that end after what is done. */
function dueIn({ spool }: Place): Set<number> {
  const delivery = readCheckpoint(join(spool, 'state'))?.delivery ?? null
  const collector = new Collector(spool, {
    from: delivery?.resume ?? null,
    salt: delivery?.salt ?? null,
  })
  const records = new Map<number, number>()
  const due = new Set<number>()
  for (const piece of collector.drain()) {
    if (piece.kind !== 'data') continue
    for (const match of piece.text.matchAll(/^node=\S+ type=(?:\w+) msg=audit\([\d.]+:(\d+)\)/gm)) {
      const serial = Number(match[1])
      const count = (records.get(serial) ?? 0) + 1
      records.set(serial, count)
      const isAfter = delivery === null || piece.place + match.index > delivery.done.place
      if (count === RECORDS && isAfter) due.add(serial)
    }
  }
  collector.reader.close()
  return due
}
