import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { Analyser } from '../analyse/analyser.ts'
import type { DecodeOptions } from '../decode/decoder.ts'
import { OriginFinder } from '../decode/origins.ts'
import { checkFiles, readFiles } from '../input/files.ts'
import { clockAt } from '../model/batch.ts'
import type { Block, Message, Sink } from '../model/delivery.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'
import type { Reading } from '../model/reading.ts'
import { createPool, createStitcher } from '../pipeline/decoders.ts'
import { Pipeline, type PipelineOptions } from '../pipeline/pipeline.ts'
import { recordedSource } from '../pipeline/recorded.ts'
import { sourceOf } from '../pipeline/source.ts'
import { holeOf, spoolAlert } from '../service/alerts.ts'
import { identityOf } from '../service/identity.ts'
import { standardOutlet } from '../sink/outlet.ts'
import type { Notice } from '../spool/notice.ts'
import { SpoolReader } from '../spool/reader.ts'
import { parseReading } from '../watch/readings-reader.ts'
import { nodeOf } from './pump.ts'
import { say } from './terminal.ts'

interface Flags {
  readonly spool?: string
  readonly watch?: string
  readonly node: string
  readonly interval: string
  readonly rates?: true
}

const AFTER_HELP = `
A recorded spool with the watcher's file gives the alerts that the service raised; a log has no arrival
times, so that it gives floods, missing serials and what records themselves tell.

Examples:
  spillway replay /var/log/audit/audit.log.1 /var/log/audit/audit.log
  spillway replay --spool /tmp/copy/spool --watch /tmp/copy/watch.ndjson | jq -r .text`

const DECODE: DecodeOptions = {
  format: 'raw',
  host: null,
  raw: false,
  interpretedPrefix: '',
  origins: true,
}

/** Takes every event and keeps none. */
const NOWHERE: Sink = {
  accept: async () => {},
  rate: () => {},
  alert: () => {},
  sync: async () => {},
  close: async () => {},
}

/** `spillway replay`: the alerts of what was recorded. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('what a service would alert to, from logs or from a recorded spool, as JSON lines')
    .argument('[log...]', 'logs in the order in which they were written')
    .option('--spool <dir>', 'a recorded spool instead of logs; it stays as it is')
    .option('--watch <file>', "the watcher's readings of that time; FILE.1 comes before it")
    .option('--node <name>', 'name of the host where records carry no node=', nodeOf, hostname())
    .option('--interval <seconds>', 'length of a rates interval', '10')
    .option('--rates', 'print heartbeats as well')
    .addHelpText('after', AFTER_HELP)
    .action(replay)
}

async function replay(logs: readonly string[], flags: Flags): Promise<void> {
  const { spool } = flags
  if ((spool === undefined) === (logs.length === 0))
    throw new Failure(ExitCode.Usage, 'name either logs or --spool')
  if (!/^\d{1,4}$/.test(flags.interval) || Number(flags.interval) === 0)
    throw new Failure(
      ExitCode.Usage,
      '--interval: allowed: a whole number of seconds from 1 to 9999',
    )
  await checkFiles(logs)
  const readings = flags.watch === undefined ? [] : readReadings(flags.watch)
  const lines: string[] = []
  const out = standardOutlet()
  const print = (message: Message): number => lines.push(`${jsonText(message)}\n`)
  const analyser = new Analyser({
    host: flags.node,
    interval: Number(flags.interval) * 1000,
    local: spool !== undefined,
    origins: new OriginFinder(),
    ...(spool === undefined ? {} : { ours: identityOf({ spool, watchFile: flags.watch ?? '' }) }),
    emitRate: (heartbeat) => flags.rates === true && print(heartbeat),
    emitAlert: print,
  })
  const clock = new Clock()
  let taken = 0
  const feed = (until: number): void => {
    for (; taken < readings.length && Date.parse(readings[taken].time) <= until; taken++)
      analyser.read(readings[taken])
  }
  // Who wrote the end of a recording has not died there: that counts where another one goes on.
  let died: Notice | null = null
  const tell = (notice: Notice): number => print(spoolAlert(notice, flags.node, clock.time))
  const take = (block: Block): void => {
    if (died?.kind === 'died' && block.batch.epoch > died.at.epoch) {
      tell(died)
      died = null
    }
    clock.take(block)
    // A service has taken what was read of the kernel before it reads what came after that.
    feed(clock.start)
    analyser.accept(block)
  }
  const flush = async (): Promise<void> => {
    if (lines.length > 0) await out.write([Buffer.from(lines.splice(0).join(''))])
  }
  const sink: Sink = { ...NOWHERE, accept: flush }
  const onNotice = (notice: Notice): void => {
    const hole = holeOf(notice)
    if (hole !== null) analyser.miss(hole)
    if (notice.kind === 'died') died = notice
    else tell(notice)
  }
  await (spool === undefined
    ? replayLogs(logs, take, sink)
    : replaySpool(spool, onNotice, take, sink))
  feed(Number.POSITIVE_INFINITY)
  // A recording ends somewhere; a log ends what is in it.
  if (spool === undefined) analyser.end()
  await flush()
  const { events, rejected } = analyser.counts
  if (events === 0) say(`spillway: no events were found, and ${rejected} lines that are no records`)
}

/** The wall clock of a stream, as its frames say. */
class Clock {
  /** Ms since the epoch, 0 as long as nothing tells. */
  time = 0
  /** The same at the start of the last block. */
  start = 0

  take({ batch }: Block): void {
    this.start = clockAt(batch, 0) + batch.wall
    this.time = Math.max(this.time, clockAt(batch, batch.length) + batch.wall)
  }
}

async function replayLogs(
  logs: readonly string[],
  analyse: PipelineOptions['analyse'],
  sink: Sink,
): Promise<void> {
  const open = (): ReturnType<typeof sourceOf> => sourceOf(readFiles(logs), null)
  await run({ open, analyse, sink, replayable: false, isLast: (piece) => piece.kind === 'end' })
}

async function replaySpool(
  spool: string,
  notice: (notice: Notice) => void,
  analyse: PipelineOptions['analyse'],
  sink: Sink,
): Promise<void> {
  // What is no frame is kept somewhere, and not in a spool that is evidence.
  const state = mkdtempSync(join(tmpdir(), 'spillway-replay-'))
  try {
    const reader = new SpoolReader({ spool, state, notice })
    const open: PipelineOptions['open'] = () => recordedSource(reader, () => stop())
    let stop = (): void => {}
    await run({ open, analyse, sink, replayable: true, isLast: () => false }, (end) => {
      stop = end
    })
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

async function run(
  parts: Pick<PipelineOptions, 'open' | 'analyse' | 'sink' | 'replayable' | 'isLast'>,
  onStop: (stop: () => void) => void = () => {},
): Promise<void> {
  const pool = createPool(DECODE, ({ kind, bytes, reason }) => {
    if (kind === 'poison') say(`spillway: ${bytes} bytes are rejected: ${reason}`)
  })
  const start = { resume: { epoch: 0, place: 0 }, done: null }
  const pipeline = new Pipeline({
    ...parts,
    stitcher: (done) => createStitcher(DECODE, done),
    pool,
    slots: 2,
    live: false,
    delivery: start,
    analysis: start,
  })
  onStop(() => pipeline.stop())
  try {
    await pipeline.run()
  } finally {
    await pool.close()
  }
}

/** The readings of a watcher's file and of the one before it, in their order. */
function readReadings(file: string): Reading[] {
  try {
    return [`${file}.1`, file]
      .filter((path) => path === file || existsSync(path))
      .flatMap((path) => readFileSync(path, 'utf8').split('\n'))
      .map((line) => parseReading(line))
      .filter((reading) => reading !== null)
  } catch (error) {
    throw new Failure(ExitCode.Input, `cannot read ${file}: ${reasonOf(error)}`, { cause: error })
  }
}
