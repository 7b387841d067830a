import { ExitCode, Failure } from '../model/failure.ts'
import { HOME_KEYS, KIND_NAMES } from './kinds.ts'

/** What auditd writes: the kernel's text, or with interpreted values after 0x1d. */
export type Format = 'raw' | 'enriched'

/** How records are told apart: lines, or auditd's binary header with exact or padded payloads. */
export type Framing = 'text' | 'binary' | 'binary-padded'

/** How the number of events per second goes. */
export type Shape = 'steady' | 'ramp' | 'burst' | 'flood'

export const FORMATS: readonly Format[] = ['raw', 'enriched']
export const FRAMINGS: readonly Framing[] = ['text', 'binary', 'binary-padded']
export const SHAPES: readonly Shape[] = ['steady', 'ramp', 'burst', 'flood']

/** Everything that decides the bytes of a stream. Shares are in [0, 1]. */
export interface GeneratorOptions {
  readonly seed: number
  /** No event begins once this many have. */
  readonly events: number
  /** No event begins once this many records (EOE not counted) are written. */
  readonly records: number
  /** No event begins once this many bytes are written. */
  readonly bytes: number
  /** No event begins this many seconds of stream time after the start. */
  readonly seconds: number
  readonly format: Format
  readonly framing: Framing
  /** The stream of a plugin has EOE records, auditd's log has not. */
  readonly eoe: boolean
  /** Most events whose records mix. */
  readonly cpus: number
  /** Share of events whose records mix with those of others. */
  readonly interleave: number
  /** Nodes that write into the stream; 0 leaves `node=` out. */
  readonly nodes: number
  /** Share of events of several records that have one which comes after the event's end. */
  readonly late: number
  /** Share of records that are written twice in a row. */
  readonly repeat: number
  /** Share of events that are one of the odd ones. */
  readonly odd: number
  /** First serial of each node; runs on to 4294967295 and then 0. */
  readonly startSerial: number
  readonly keys: number
  readonly paths: number
  readonly programs: number
  readonly shape: Shape
  /** Events per second of stream time. */
  readonly rate: number
  readonly floodKey: string
  /** Seconds after the start at which the flood begins, how long it lasts, its events per second. */
  readonly floodFrom: number
  readonly floodFor: number
  readonly floodRate: number
  /** Weight per kind of event; kinds that are not named do not occur. Null for a host's usual mix. */
  readonly mix: Readonly<Record<string, number>> | null
  /** Stamp of the start in milliseconds since the epoch. */
  readonly start: number
}

/** The defaults, without a limit: the caller sets at least one, or stops by itself. */
export const DEFAULTS: GeneratorOptions = {
  seed: 1,
  events: Number.POSITIVE_INFINITY,
  records: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  seconds: Number.POSITIVE_INFINITY,
  format: 'enriched',
  framing: 'text',
  eoe: true,
  cpus: 4,
  interleave: 0.2,
  nodes: 0,
  late: 0,
  repeat: 0,
  odd: 0,
  startSerial: 1000,
  keys: HOME_KEYS.length,
  paths: 1000,
  programs: 40,
  shape: 'steady',
  rate: 1000,
  floodKey: 'flood',
  floodFrom: 30,
  floodFor: Number.POSITIVE_INFINITY,
  floodRate: 10_000,
  mix: null,
  start: Date.UTC(2026, 0, 1),
}

const SHARES = ['interleave', 'late', 'repeat', 'odd'] as const
const LIMITS = ['events', 'records', 'bytes', 'seconds', 'floodFor'] as const

/** Whole numbers and where they must lie. Names of keys and programs are kept, so they are bounded. */
const WHOLE = [
  ['seed', 0, Number.MAX_SAFE_INTEGER],
  ['cpus', 1, 1024],
  ['nodes', 0, 10_000],
  ['startSerial', 0, 0xffffffff],
  ['keys', 0, 100_000],
  ['paths', 1, 2 ** 31 - 1],
  ['programs', 1, 100_000],
  ['start', 0, 9_999_999_999_999],
] as const

/** The options with defaults filled in. Throws a `Failure` that names the first one that does not hold. */
export function resolveOptions(given: Partial<GeneratorOptions>): GeneratorOptions {
  const options = { ...DEFAULTS, ...given }
  for (const name of SHARES)
    require(options[name] >= 0 && options[name] <= 1, name, 'a share between 0 and 1')
  for (const name of LIMITS) require(options[name] > 0, name, 'above 0')
  for (const [name, least, most] of WHOLE)
    require(Number.isInteger(options[name]) &&
      options[name] >= least &&
      options[name] <= most, name, `a whole number from ${least} to ${most}`)
  for (const name of ['rate', 'floodRate'] as const)
    require(options[name] > 0 &&
      options[name] <= 100_000_000, name, 'above 0 and at most 100000000')
  require(options.floodFrom >= 0, 'floodFrom', '0 or more')
  // AUDIT_MAX_KEY_LEN in include/uapi/linux/audit.h
  const keyBytes = Buffer.byteLength(options.floodKey)
  require(keyBytes >= 1 && keyBytes <= 256, 'floodKey', 'of 1 to 256 bytes')
  checkMix(options.mix)
  return options
}

function require(holds: boolean, name: string, what: string): void {
  if (holds) return
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new Failure(ExitCode.Usage, `--${flag} must be ${what}`)
}

function checkMix(mix: GeneratorOptions['mix']): void {
  if (mix === null) return
  let sum = 0
  for (const [name, weight] of Object.entries(mix)) {
    if (!KIND_NAMES.includes(name))
      throw new Failure(
        ExitCode.Usage,
        `--mix names no kind of event: ${name} (known: ${KIND_NAMES.join(', ')})`,
      )
    require(Number.isFinite(weight) && weight >= 0, 'mix', 'made of weights of 0 or more')
    sum += weight
  }
  require(sum > 0, 'mix', 'of at least one kind with a weight above 0')
}
