import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import { codeOf, ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'
import { parseListenAddress } from '../model/listen.ts'
import { kafkaOf, secretsIn } from './kafka.ts'
import { inputOf, receiveOf } from './receive.ts'
import { type FilledInput, type Mistake, readInput } from './schema.ts'
import type { OutputSettings, Settings, SettingsInput } from './settings.ts'

/** Where the configuration is looked for when nothing else is said. */
export const DEFAULT_CONFIG = '/etc/spillway/spillway.yaml'

const READ_BY_OTHERS = 0o004
const WRITE_BY_OTHERS = 0o002

/**
 * The settings of the file at `path` with `overrides` (the command line) put over them. Without a path
 * the default file counts, where there is one. Mistakes are one `Failure`, a line each: file and line,
 * setting, what was found, what is allowed.
 */
export function loadSettings(path: string | null, overrides: SettingsInput = {}): Settings {
  const name = path ?? DEFAULT_CONFIG
  const read = readConfig(name, path === null)
  const settings = settingsOf(read?.text ?? '', name, overrides)
  if (read !== null) refuseOpen(read, name)
  return settings
}

/** The settings in the YAML `text`, which mistakes call `name`. */
export function settingsOf(text: string, name: string, overrides: SettingsInput = {}): Settings {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors.map(
    ({ pos, message }) => `${name}:${lines.linePos(pos[0]).line}: ${firstLine(message)}`,
  )
  if (broken.length > 0) throw new Failure(ExitCode.Config, broken.join('\n'))

  const input = merge(content(document, name), overrides)
  const read = readInput(input)
  if ('ok' in read) return resolve(read.ok)
  const mistakes = read.mistakes.map((mistake) => {
    const given = mistake.path.length > 0 && valueAt(overrides, mistake.path) !== undefined
    const line = given ? 0 : lineOf(document, mistake, lines)
    const where = given ? 'command line' : line === 0 ? name : `${name}:${line}`
    return { line, told: `${where}: ${sentence(mistake, valueAt(input, mistake.path))}` }
  })
  mistakes.sort((a, b) => a.line - b.line)
  throw new Failure(ExitCode.Config, mistakes.map(({ told }) => told).join('\n'))
}

/** A configuration as it was read. */
interface ReadConfig {
  readonly text: string
  readonly mode: number
}

/** Text and mode of the same file, whatever its name leads to later; null where it may be missing and is. */
function readConfig(path: string, isOptional: boolean): ReadConfig | null {
  let fd: number | null = null
  try {
    fd = openSync(path, 'r')
    return { text: readFileSync(fd, 'utf8'), mode: fstatSync(fd).mode }
  } catch (error) {
    if (isOptional && codeOf(error) === 'ENOENT') return null
    const message = `cannot read the configuration ${path}: ${reasonOf(error)}`
    throw new Failure(ExitCode.Config, message, { cause: error })
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

/** What everybody can write is nobody's configuration, and a password that everybody can read is none. */
function refuseOpen({ text, mode }: ReadConfig, path: string): void {
  if ((mode & WRITE_BY_OTHERS) !== 0)
    throw new Failure(ExitCode.Config, `${path}: everybody can write it; make it 0640`)
  if ((mode & READ_BY_OTHERS) === 0) return
  const [secret] = secretsIn(parseDocument(text).toJS())
  if (secret === undefined) return
  const message = `${path}: everybody can read it, and it holds ${secret}; make it 0640, or say { file: PATH } there`
  throw new Failure(ExitCode.Config, message)
}

/** What the document says; a key with nothing after it says nothing. */
function content(document: Document, name: string): unknown {
  try {
    return withoutNulls(document.toJS() ?? {})
  } catch (error) {
    // Not the name of an alias that is none: a password may begin with its asterisk.
    const reason = reasonOf(error).replace(/(?<=^Unresolved alias[^:]*):.*$/s, '')
    throw new Failure(ExitCode.Config, `${name}: ${reason}`, { cause: error })
  }
}

function resolve(filled: FilledInput): Settings {
  return {
    node: filled.node ?? hostname(),
    input: inputOf(filled.input) ?? 'spool',
    receive: receiveOf(filled.receive),
    spool: {
      directory: filled.spool.directory,
      state: filled.spool.state ?? `${filled.spool.directory.replace(/\/+$/, '')}/state`,
    },
    output: outputOf(filled),
    format: filled.format,
    raw: filled.raw,
    interpretedPrefix: filled.interpreted_prefix,
    workers: filled.workers,
    ratesInterval: filled.rates.interval * 1000,
    watchFile: filled.watch.file,
    metricsListen: parseListenAddress(filled.metrics.listen ?? ''),
    alertsExec: filled.alerts.exec,
    logLevel: filled.log.level,
  }
}

function outputOf({ output, kafka }: FilledInput): OutputSettings {
  if (output === 'stdout') return { kind: 'stdout' }
  if (output === 'kafka') return { kind: 'kafka', kafka: kafkaOf(kafka) }
  return { kind: 'ndjson', directory: output.slice('ndjson:'.length) }
}

function sentence(mistake: Mistake, found: unknown): string {
  const path = mistake.path.map(String).join('.')
  if (mistake.unknown) return `${path}: unknown setting, allowed here: ${mistake.allowed}`
  const isSecret = path === 'kafka' || mistake.path.includes('librdkafka')
  const what = isSecret ? 'something else' : shown(found)
  return `${path === '' ? 'the file' : path}: found ${what}, allowed: ${mistake.allowed}`
}

/** A value as a mistake shows it: not what is in a section or list, which may be a secret in the wrong place. */
function shown(value: unknown): string {
  if (isRecord(value)) return 'a section'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (value === undefined) return 'nothing'
  const text = jsonText(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** Line of the mistaken setting in the file, from 1; 0 where it has none. */
function lineOf(document: Document, { path }: Mistake, lines: LineCounter): number {
  let key: unknown = document.contents
  for (let depth = path.length; depth > 0 && key === document.contents; depth--) {
    const parent: unknown = document.getIn(path.slice(0, depth - 1), true)
    const name = path[depth - 1]
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === name)
      : undefined
    key = pair?.key ?? key
  }
  const range = isNode(key) ? key.range : null
  return range ? lines.linePos(range[0]).line : 0
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutNulls(value: unknown): unknown {
  if (!isRecord(value)) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]))
}

function merge(under: unknown, over: unknown): unknown {
  if (over === undefined || (isRecord(over) && !isRecord(under ?? {}))) return under
  if (!isRecord(under) || !isRecord(over)) return over
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) merged[key] = merge(under[key], value)
  return merged
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const step of path)
    if (Array.isArray(at)) at = (at as readonly unknown[])[Number(step)]
    else at = isRecord(at) ? at[String(step)] : undefined
  return at
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].replace(/:$/, '')
}
