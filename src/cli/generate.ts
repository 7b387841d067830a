import { type FileHandle, open } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { Generator, MIN_ROOM } from '../generate/generator.ts'
import { KIND_NAMES } from '../generate/kinds.ts'
import { DEFAULTS, FORMATS, FRAMINGS, type GeneratorOptions, SHAPES } from '../generate/options.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { type Outlet, standardOutlet, writeWhole } from '../sink/outlet.ts'

/** Events where nothing else ends the stream. */
const DEFAULT_EVENTS = 100_000

const BUFFER_BYTES = Math.max(1 << 20, MIN_ROOM)

/** How often a paced stream looks at the clock, in ms. */
const PACE_MS = 5

const AFTER_HELP = `
Kinds of events for --mix: ${KIND_NAMES.join(', ')}

Without a limit: ${DEFAULT_EVENTS} events, or with --paced until it is stopped. An event that has begun
is always finished, so --records and --bytes may be passed by what is left of it.

Examples:
  spillway generate --events 1000 --format raw > audit.log
  spillway generate --bytes 2G --nodes 3 --truth truth.json -o big.log
  spillway generate --shape flood --flood-from 10 --flood-rate 50000 --seconds 60 -o flood.log
  spillway generate --paced --live-stamps --rate 500 | spillway run --input -
  spillway generate --stream binary --odd 0.1 --late 0.01 --repeat 0.01 -o odd.bin`

/** What the command line sets besides the stream itself. */
interface Flags extends Omit<Partial<GeneratorOptions>, 'framing'> {
  readonly stream?: GeneratorOptions['framing']
  readonly output?: string
  readonly truth?: string
  readonly paced?: true
  readonly liveStamps?: true
}

/** `spillway generate`: writes a made-up audit stream whose exact contents are known. */
export function generateCommand(): Command {
  return new Command('generate')
    .description('make an audit stream as a real kernel would, for demos, tests and benches')
    .option('-o, --output <file>', 'where to write it (default: standard output)')
    .option('--truth <file>', 'write the exact counts of what was made, as JSON')
    .option('--seed <n>', described('same seed, same bytes', 'seed'), numberOf('seed'))
    .option('--events <n>', 'stop after this many events', numberOf('events'))
    .option('--records <n>', 'stop after this many records', numberOf('records'))
    .option('--bytes <size>', 'stop after this many bytes: 500M, 2G', sizeOf('bytes'))
    .option('--seconds <n>', 'stop after this much stream time', numberOf('seconds'))
    .addOption(choice('--format <name>', 'what auditd writes', FORMATS, DEFAULTS.format))
    .addOption(choice('--stream <name>', 'how records are framed', FRAMINGS, DEFAULTS.framing))
    .option('--eoe', 'write EOE records, as a plugin gets them (default)')
    .option('--no-eoe', "leave EOE out, as auditd's own log does")
    .option('--cpus <n>', described('most events that mix', 'cpus'), numberOf('cpus'))
    .option(
      '--interleave <share>',
      described('share of events whose records mix with others', 'interleave'),
      numberOf('interleave'),
    )
    .option('--nodes <n>', described('nodes; 0 leaves node= out', 'nodes'), numberOf('nodes'))
    .option(
      '--late <share>',
      described('share of events with a record after their end', 'late'),
      numberOf('late'),
    )
    .option(
      '--repeat <share>',
      described('share of records written twice', 'repeat'),
      numberOf('repeat'),
    )
    .option('--odd <share>', described('share of odd events', 'odd'), numberOf('odd'))
    .option(
      '--start-serial <n>',
      described('first serial; 4294967290 to see it wrap', 'startSerial'),
      numberOf('start-serial'),
    )
    .option('--keys <n>', described('rule keys', 'keys'), numberOf('keys'))
    .option('--paths <n>', described('paths', 'paths'), numberOf('paths'))
    .option('--programs <n>', described('programs', 'programs'), numberOf('programs'))
    .addOption(choice('--shape <name>', 'how the rate goes', SHAPES, DEFAULTS.shape))
    .option('--rate <n>', described('events per second of stream time', 'rate'), numberOf('rate'))
    .option('--flood-key <key>', described('rule key of the flood', 'floodKey'))
    .option(
      '--flood-from <s>',
      described('second in which the flood begins', 'floodFrom'),
      numberOf('flood-from'),
    )
    .option(
      '--flood-for <s>',
      'seconds the flood lasts (default: to the end)',
      numberOf('flood-for'),
    )
    .option(
      '--flood-rate <n>',
      described('events per second of the flood, on top of the rate', 'floodRate'),
      numberOf('flood-rate'),
    )
    .option('--mix <kinds>', 'kinds of events and their weights: open=50,exec=20,connect', mixOf)
    .option(
      '--start <time>',
      'stamp of the start: ISO time or seconds (default: 2026-01-01)',
      timeOf,
    )
    .option('--paced', 'write in real time instead of at full speed')
    .option('--live-stamps', 'with --paced: stamps begin now')
    .addHelpText('after', AFTER_HELP)
    .action(run)
}

async function run(flags: Flags): Promise<void> {
  const generator = new Generator(optionsOf(flags))
  const truth = flags.truth === undefined ? null : await create(flags.truth)
  const file =
    flags.output === undefined || flags.output === '-' ? null : await create(flags.output)
  const stop = new AbortController()
  const end = (): void => stop.abort()
  process.once('SIGINT', end).once('SIGTERM', end)
  try {
    const outlet = file === null ? standardOutlet() : outletOf(file, flags.output as string)
    if (flags.paced) await pace(generator, outlet, stop.signal)
    else await pump(generator, outlet, stop.signal)
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
    await file?.close()
    if (truth !== null) await writeTruth(generator, truth, flags.truth as string)
  }
}

async function writeTruth(generator: Generator, file: FileHandle, path: string): Promise<void> {
  const text = `${JSON.stringify(generator.truth(), null, 2)}\n`
  await outletOf(file, path).write([Buffer.from(text)])
  await file.close()
}

/** What the flags ask of the generator; throws a `Failure` where they contradict each other. */
function optionsOf(flags: Flags): Partial<GeneratorOptions> {
  const { stream, output: _output, truth: _truth, paced, liveStamps, ...rest } = flags
  if (liveStamps && !paced) throw usage('--live-stamps needs --paced')
  if (liveStamps && rest.start !== undefined)
    throw usage('--live-stamps and --start exclude each other')
  if (rest.shape !== 'flood')
    for (const name of ['floodKey', 'floodFrom', 'floodFor', 'floodRate'] as const)
      if (rest[name] !== undefined)
        throw usage(`--flood-${name.slice(5).toLowerCase()} needs --shape flood`)
  const { events, records, bytes, seconds } = rest
  const endless = [events, records, bytes, seconds].every((limit) => limit === undefined)
  return {
    ...(endless && !paced ? { events: DEFAULT_EVENTS } : {}),
    ...(liveStamps ? { start: Date.now() } : {}),
    ...(stream === undefined ? {} : { framing: stream }),
    ...rest,
  }
}

/** Writes everything at full speed, making one buffer while the other is written. */
export async function pump(generator: Generator, outlet: Outlet, stop: AbortSignal): Promise<void> {
  const buffers = [Buffer.alloc(BUFFER_BYTES), Buffer.alloc(BUFFER_BYTES)]
  let written: Promise<void> = Promise.resolve()
  for (let turn = 0; !stop.aborted; turn ^= 1) {
    const buffer = buffers[turn] as Buffer
    const length = generator.fill(buffer)
    await written
    if (length === 0) return
    written = outlet.write([buffer.subarray(0, length)])
    // a failure is met at the next await above, which may be too late for Node
    written.catch(() => {})
    // a pipe may settle without a turn of the event loop, and then no signal would arrive
    await nextTurn()
  }
  await written
}

/** What a paced stream goes by: milliseconds since any moment, and waiting. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<unknown>
}

const REAL_TIME: Clock = { now: () => performance.now(), sleep: (ms) => sleep(ms) }

/** Writes each event when its stream time has passed since the call. */
export async function pace(
  generator: Generator,
  outlet: Outlet,
  stop: AbortSignal,
  clock: Clock = REAL_TIME,
): Promise<void> {
  const buffer = Buffer.alloc(BUFFER_BYTES)
  const began = clock.now()
  while (!generator.done && !stop.aborted) {
    const length = generator.fill(buffer, clock.now() - began)
    if (length > 0) await outlet.write([buffer.subarray(0, length)])
    if (length < buffer.length / 2) await clock.sleep(PACE_MS)
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w')
  } catch (error) {
    throw new Failure(ExitCode.Sink, `cannot write ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function outletOf(file: FileHandle, path: string): Outlet {
  return {
    write: (parts) =>
      writeWhole(file.fd, parts).catch((error: unknown) => {
        const reason = reasonOf(error)
        throw new Failure(ExitCode.Sink, `cannot write ${path}: ${reason}`, { cause: error })
      }),
    sync: () => file.datasync(),
  }
}

const usage = (message: string): Failure => new Failure(ExitCode.Usage, message)

/** Options with a default that can be said in a word. */
type Described = {
  [K in keyof GeneratorOptions]: GeneratorOptions[K] extends string | number ? K : never
}[keyof GeneratorOptions]

function described(text: string, name: Described): string {
  return `${text} (default: ${DEFAULTS[name]})`
}

function choice(flags: string, text: string, names: readonly string[], standard: string): Option {
  return new Option(flags, `${text}: ${names.join(', ')} (default: ${standard})`).argParser(
    (given: string) => {
      if (names.includes(given)) return given
      const name = flags.split(' ')[0]
      throw usage(`${name} must be one of ${names.join(', ')}, not "${given}"`)
    },
  )
}

function numberOf(name: string): (given: string) => number {
  return (given) => {
    if (/^\d+(\.\d+)?(e\d+)?$/i.test(given)) return Number(given)
    throw usage(`--${name} must be a number, not "${given}"`)
  }
}

function sizeOf(name: string): (given: string) => number {
  return (given) => {
    const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(given)
    if (match === null) throw usage(`--${name} must be a size such as 500M or 2G, not "${given}"`)
    const power = ' kmgt'.indexOf((match[2] || ' ').toLowerCase())
    return Math.floor(Number(match[1]) * 1024 ** power)
  }
}

function mixOf(given: string): Record<string, number> {
  const mix: Record<string, number> = {}
  for (const part of given.split(',')) {
    const match = /^([a-z]+)(?:=(\d+(?:\.\d+)?))?$/.exec(part.trim())
    if (match === null) throw usage(`--mix must read like open=50,exec=20, not "${given}"`)
    mix[match[1]] = Number(match[2] ?? 1)
  }
  return mix
}

function timeOf(given: string): number {
  const ms = /^\d+(\.\d+)?$/.test(given) ? Math.round(Number(given) * 1000) : Date.parse(given)
  if (Number.isNaN(ms)) throw usage(`--start must be an ISO time or seconds, not "${given}"`)
  return ms
}
