import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import { decode, type Event, eventsOf } from '../decode/decoded.ts'
import { make } from '../generate/made.ts'
import { MIX } from '../generate/mix.ts'

/**
 * The decoder beside the tools of auditd: the same log, the same events, the same meaning.
 */

const missing = ['ausearch', 'aureport'].filter((name) => spawnSync(name, ['-v']).error)
if (missing.length > 0)
  console.warn(`SKIPPED: ${missing.join(' and ')} not found; install auditd to compare with it`)

const BIN = resolve(import.meta.dirname, '../../bin/spillway')
const CAPTURES = resolve(import.meta.dirname, '../captures')

const folder = mkdtempSync(join(tmpdir(), 'spillway-ausearch-'))
afterAll(() => rmSync(folder, { recursive: true }))

function generated(name: string, options: Partial<GeneratorOptions>): string {
  const path = join(folder, name)
  writeFileSync(path, make({ events: 2000, mix: MIX, eoe: false, ...options }).bytes)
  return path
}

const LOGS: readonly (readonly [what: string, path: string])[] = [
  ['the capture raw', join(CAPTURES, 'raw.log')],
  ['the capture enriched', join(CAPTURES, 'enriched.log')],
  ['the capture enriched-node', join(CAPTURES, 'enriched-node.log')],
  ['a raw log that mixes', generated('raw.log', { format: 'raw', interleave: 0.8, cpus: 8 })],
  ['an enriched log of three nodes', generated('nodes.log', { nodes: 3, interleave: 0.5 })],
]

/** What a tool prints; it may find nothing, which it says by its exit code. */
function tool(name: string, path: string, ...args: string[]): string {
  return execFileSync(name, ['-if', path, ...args], { encoding: 'latin1', maxBuffer: 1 << 28 })
}

const RECORD = /^(?:node=(\S+) )?type=(\S+) msg=audit\(([^)]+)\) ?: ?(.*)$/

interface Found {
  readonly node: string
  readonly type: string
  readonly id: string
  readonly body: string
}

/** The records that ausearch puts together, event by event. */
function grouped(text: string): Found[][] {
  return text
    .split('----\n')
    .map((part) =>
      part
        .split('\n')
        .map((line) => RECORD.exec(line))
        .filter((match) => match !== null)
        .map(([, node = '', type, id, body]) => ({ node, type, id, body })),
    )
    .filter((records) => records.length > 0)
}

/** With a LOGIN record that an old ausearch shows apart from the rest of its event put back. */
function withLogins(events: readonly Found[][]): Found[][] {
  const alone = events.filter(([{ type }, ...more]) => type === 'LOGIN' && more.length === 0)
  return events
    .filter((records) => !alone.includes(records))
    .map((records) => [
      ...records,
      ...alone.flat().filter(({ node, id }) => node === records[0].node && id === records[0].id),
    ])
}

/** The record types of an event, each as often as it comes. */
function typesOf(event: Event): string[] {
  return Object.entries(event).flatMap(([name, value]) => {
    if (name === 'ID' || name === 'NODE' || name === 'EVENT') return []
    const type = name.replace(/#\d+$/, '')
    return Array.isArray(value) ? value.map(() => type) : [type]
  })
}

/** `node id: TYPE TYPE …`. EXECVE counts once: we join what the kernel splits. */
function lineOf(node: string, id: string, types: readonly string[]): string {
  const once = types.filter((type, i) => type !== 'EXECVE' || types.indexOf(type) === i)
  return `${node} ${id}: ${once.toSorted().join(' ')}`
}

/** The text of a file as the decoder reads it. */
const eventsIn = (path: string): Event[] => eventsOf(decode(readFileSync(path)).out)

describe.skipIf(missing.length > 0).each(LOGS)('ausearch on %s', (_what, path) => {
  it('finds the same events, each with the same records', () => {
    const theirs = withLogins(grouped(tool('ausearch', path)))
      .map((records) => lineOf(records[0].node, records[0].id, records.map(({ type }) => type)))
      .toSorted()
    const ours = eventsIn(path).map((event) => lineOf(event.NODE ?? '', event.ID, typesOf(event)))
    expect(ours.length).toBeGreaterThan(60)
    expect(ours.toSorted()).toEqual(theirs)
  })

  it('lists the same events in its table', () => {
    const [head, ...rows] = tool('ausearch', path, '--format', 'csv').trimEnd().split('\n')
    expect(head).toMatch(/^NODE,EVENT,DATE,TIME,SERIAL_NUM,/)
    const theirs = rows.map((row) => row.split(',')).map(([node, , , , serial]) => `${node} ${serial}`)
    const ours = eventsIn(path).map(({ NODE, EVENT }) => `${NODE ?? ''} ${EVENT.serial}`)
    expect(new Set(ours)).toEqual(new Set(theirs))
  })

  it('gives the same lines back', () => {
    const raw = decode(readFileSync(path), { format: 'raw' }).out.toString('latin1')
    // It ends lines without names with the separator.
    const theirs = tool('ausearch', path, '--raw')
      .split('\n')
      .map((text) => (text.endsWith('\x1d') ? text.slice(0, -1) : text))
    expect(raw.split('\n').toSorted()).toEqual(theirs.toSorted())
  })
})

/** The members of a record by name; every record of the type where it is a list. */
type Fields = Readonly<Record<string, unknown>>

const IDS = ['auid', 'uid', 'gid', 'euid', 'suid', 'fsuid', 'egid', 'sgid', 'fsgid', 'ouid', 'ogid']
const NAMES = ['arch', 'syscall', ...IDS, 'old-auid']

/** `name=value` where the value is one word. */
function word(body: string, name: string): string | undefined {
  return new RegExp(`(?:^| )${name}=(\\S+)`).exec(body)?.[1]
}

describe.skipIf(missing.length > 0).each(LOGS.filter(([what]) => what.includes('enriched')))(
  'the names in %s',
  (_what, path) => {
    const theirs = grouped(tool('ausearch', path, '-i')).flat()
    const ours = eventsIn(path)

    it('are those that ausearch gives for the same records', () => {
      const wanted = theirs
        .filter(({ type }) => type === 'SYSCALL' || type === 'LOGIN')
        .flatMap(({ type, id, node, body }) =>
          NAMES.filter((name) => word(body, name) !== undefined).map(
            (name) => `${node} ${id.split(':').at(-1)} ${type} ${name.toUpperCase()}=${word(body, name)}`,
          ),
        )
      const found = ours.flatMap((event) =>
        ['SYSCALL', 'LOGIN'].flatMap((type) =>
          [event[type] ?? []].flat().flatMap((record) =>
            NAMES.map((name) => name.toUpperCase())
              .filter((name) => (record as Fields)[name] !== undefined)
              .map((name) => `${event.NODE ?? ''} ${event.EVENT.serial} ${type} ${name}=${String((record as Fields)[name])}`),
          ),
        ),
      )
      expect(found.length).toBeGreaterThan(500)
      expect(found.toSorted()).toEqual(wanted.toSorted())
    })

    it('say of socket addresses what ausearch says', () => {
      const wanted = theirs
        .filter(({ type }) => type === 'SOCKADDR')
        .map(({ body }) => body.replace(/^saddr=/, '').trim())
      const found = ours.flatMap((event) =>
        ((event['SOCKADDR'] ?? []) as readonly Fields[]).map(({ SADDR }) => braced(SADDR as Fields)),
      )
      expect(found.length).toBeGreaterThan(10)
      expect(found.toSorted()).toEqual(wanted.toSorted())
    })
  },
)

/** An address as auditd prints it. */
function braced(address: Fields): string {
  const words = Object.entries(address).map(([name, value]) =>
    name === 'text' ? String(value) : `${name}=${String(value)}`,
  )
  return Object.keys(address).some((name) => name !== 'text')
    ? `{ ${words.join(' ')} }`
    : words.join(' ')
}

describe.skipIf(missing.length > 0).each(LOGS)('aureport on %s', (_what, path) => {
  it('counts as many events for each rule key', () => {
    const theirs = Object.fromEntries(
      [...tool('aureport', path, '--key', '--summary').matchAll(/^(\d+)  (.+)$/gm)].map(
        ([, events, key]) => [key, Number(events)],
      ),
    )
    const { stderr } = spawnSync(process.execPath, [BIN, 'decode', '--stats', path], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const { keys } = JSON.parse(stderr.toString()) as { keys: Record<string, { events: number }> }
    const ours = Object.fromEntries(Object.entries(keys).map(([key, { events }]) => [key, events]))
    // It also counts the rules that were added, by the key in CONFIG_CHANGE.
    for (const event of eventsIn(path))
      for (const record of (event['CONFIG_CHANGE'] ?? []) as readonly Fields[])
        for (const key of keysOf(record['key'])) ours[key] = (ours[key] ?? 0) + 1
    expect(Object.keys(ours).length).toBeGreaterThan(3)
    expect(ours).toEqual(theirs)
  })
})

function keysOf(value: unknown): string[] {
  return typeof value === 'string' ? value.split('\x01') : []
}
