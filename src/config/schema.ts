import { z } from 'zod'
import { parseListenAddress } from '../model/listen.ts'
import { type FilledKafka, kafkaSection } from './kafka.ts'
import { type FilledReceive, inputOf, receiveSection } from './receive.ts'
import { ABSOLUTE, NAME, setting, type Told, told } from './setting.ts'
import type { EventFormat, LogLevel, WorkerSettings } from './settings.ts'

const OUTPUT = /^(?:stdout|kafka|ndjson:\/[^\p{Cc}]*)$/u

const schema = z.strictObject({
  node: setting(z.string().regex(NAME).optional(), {
    says: 'Name of this host, for events whose records carry no node= (auditd name_format = none).',
    allowed: 'a name without spaces; default: the host name',
    example: 'web-01',
  }),
  input: setting(
    z
      .string()
      .refine((text) => inputOf(text) !== null)
      .default('spool'),
    {
      says: 'Where records come from: the spool that spillway-shim writes, standard input, or audisp-remote on other hosts.',
      allowed: 'spool, -, tcp://HOST:PORT',
    },
  ),
  receive: receiveSection,
  spool: z
    .strictObject({
      directory: setting(z.string().regex(ABSOLUTE).default('/var/spool/spillway'), {
        says: 'Directory of the spool. Best on a file system of its own.',
        allowed: 'an absolute path',
      }),
      state: setting(z.string().regex(ABSOLUTE).optional(), {
        says: 'Directory of the checkpoint, which the service alone writes.',
        allowed: 'an absolute path; default: state in the spool directory',
        example: '/var/spool/spillway/state',
      }),
    })
    .prefault({}),
  output: setting(z.string().regex(OUTPUT).default('ndjson:/var/log/spillway'), {
    says: 'Where events, rates, alerts and rejects go.',
    allowed: 'stdout, kafka, ndjson:DIR with an absolute path',
  }),
  kafka: kafkaSection,
  format: setting(z.enum(['native', 'raw']).default('native'), {
    says: 'native: one JSON object an event; raw: the lines of the event as they came.',
    allowed: 'native, raw',
  }),
  raw: setting(z.boolean().default(false), {
    says: 'Adds the original lines to every native event.',
    allowed: 'true, false',
  }),
  interpreted_prefix: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9_.-]{0,32}$/)
      .default(''),
    {
      says: 'Put before the name of an interpreted field, for stores that take uid and UID for one.',
      allowed: 'up to 32 letters, digits, _ . -',
    },
  ),
  workers: setting(z.union([z.literal('auto'), z.int().min(0).max(256)]).default('auto'), {
    says: 'Threads that decode. auto: none until the stream lags, then one less than there are cores, at least 2.',
    allowed: 'auto, or a whole number from 0 to 256',
  }),
  rates: z
    .strictObject({
      interval: setting(z.int().min(1).max(3600).default(10), {
        says: 'Seconds that one heartbeat covers.',
        allowed: 'a whole number of seconds from 1 to 3600',
      }),
    })
    .prefault({}),
  watch: z
    .strictObject({
      file: setting(z.string().regex(ABSOLUTE).default('/run/spillway/watch.ndjson'), {
        says: 'File in which spillway watch keeps its readings of the kernel; without one there are none.',
        allowed: 'an absolute path',
      }),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      listen: setting(
        z
          .string()
          .refine((text) => parseListenAddress(text) !== null)
          .optional(),
        {
          says: 'Where GET /metrics is answered for Prometheus, without TLS or password; nowhere without it.',
          allowed: 'tcp://HOST:PORT; a loopback address keeps it on this host',
          example: 'tcp://127.0.0.1:9464',
        },
      ),
    })
    .prefault({}),
  alerts: z
    .strictObject({
      exec: setting(
        z
          .array(z.string().regex(/^[^\0]*$/))
          .max(64)
          .refine(([program]) => program === undefined || ABSOLUTE.test(program))
          .default([]),
        {
          says: 'Program with arguments that is run for each alert, which it reads as JSON on standard input.',
          allowed: 'a list of an absolute path and arguments; empty for none',
        },
      ),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: setting(z.enum(['debug', 'info', 'warn', 'error']).default('info'), {
        says: 'From what level on the log is written, to standard error, as JSON.',
        allowed: 'debug, info, warn, error',
      }),
    })
    .prefault({}),
})

/** The configuration as written, with the defaults that are fixed values. */
export interface FilledInput {
  readonly node?: string | undefined
  readonly input: string
  readonly receive: FilledReceive
  readonly spool: { readonly directory: string; readonly state?: string | undefined }
  readonly output: string
  readonly kafka: FilledKafka
  readonly format: EventFormat
  readonly raw: boolean
  readonly interpreted_prefix: string
  readonly workers: WorkerSettings
  readonly rates: { readonly interval: number }
  readonly watch: { readonly file: string }
  readonly metrics: { readonly listen?: string | undefined }
  readonly alerts: { readonly exec: readonly string[] }
  readonly log: { readonly level: LogLevel }
}

/** One mistake in a configuration. */
export interface Mistake {
  readonly path: readonly PropertyKey[]
  /** What may stand there; for an unknown key, the keys that may. */
  readonly allowed: string
  readonly unknown: boolean
}

/** Fills in the defaults, or lists every mistake. */
export function readInput(
  input: unknown,
): { readonly ok: FilledInput } | { readonly mistakes: readonly Mistake[] } {
  const read = schema.safeParse(input)
  if (read.success) return { ok: read.data }
  return {
    mistakes: read.error.issues.flatMap((issue): Mistake[] => {
      const { path } = issue
      if (issue.code !== 'unrecognized_keys')
        return [{ path, allowed: allowedAt(path), unknown: false }]
      const allowed = Object.keys(sectionAt(path)?.shape ?? {}).join(', ')
      return issue.keys.map((key) => ({ path: [...path, key], allowed, unknown: true }))
    }),
  }
}

/** The JSON Schema (2020-12) of the configuration as written. */
export function jsonSchema(): object {
  return { title: 'Spillway configuration', ...z.toJSONSchema(schema, { io: 'input' }) }
}

/** A setting, or a section of settings, as the example shows it. */
export type Entry =
  | { readonly name: string; readonly entries: readonly Entry[] }
  | { readonly name: string; readonly told: Told; readonly value: unknown }

/** All settings in the order in which they are documented. */
export function settingsEntries(): readonly Entry[] {
  return entriesOf(schema)
}

function entriesOf(object: z.ZodObject): Entry[] {
  const defaults: Partial<Record<string, unknown>> = object.parse({})
  return Object.entries(object.shape).map(([name, at]): Entry => {
    const section = sectionOf(at)
    if (section !== null) return { name, entries: entriesOf(section) }
    const about = told.get(at as z.ZodType)
    if (about === undefined) throw new Error(`nothing is told about ${name}`)
    return { name, told: about, value: defaults[name] }
  })
}

function allowedAt(path: readonly PropertyKey[]): string {
  const section = sectionAt(path)
  if (section !== null) return `settings: ${Object.keys(section.shape).join(', ')}`
  for (let depth = path.length; depth > 0; depth--) {
    const at = sectionAt(path.slice(0, depth - 1))?.shape[String(path[depth - 1])]
    if (at !== undefined) return told.get(at as z.ZodType)?.allowed ?? 'nothing'
  }
  return 'nothing'
}

function sectionAt(path: readonly PropertyKey[]): z.ZodObject | null {
  let at: z.ZodObject | null = schema
  for (const step of path) at = sectionOf(at?.shape[String(step)])
  return at
}

function sectionOf(at: unknown): z.ZodObject | null {
  const inner = at instanceof z.ZodPrefault ? at.unwrap() : at
  return inner instanceof z.ZodObject ? inner : null
}
