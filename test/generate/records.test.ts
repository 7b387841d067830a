import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KIND_NAMES } from '../../src/generate/kinds.ts'
import { encodeValue } from '../../src/generate/names.ts'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import { RECORD_TYPES } from '../../src/tables/record-types.ts'
import { byEvent, keysOf, type Line, make, readLines } from './made.ts'

const events = (options: Partial<GeneratorOptions>): Line[][] => [
  ...byEvent(readLines(make({ events: 200, ...options }).bytes)).values(),
]

/** Lines of the events of one kind, EOE included, as the real kernel sends them. */
const RECORDS: readonly (readonly [kind: string, types: readonly string[]])[] = [
  ['getppid', ['SYSCALL PROCTITLE EOE']],
  ['mmap', ['SYSCALL MMAP PROCTITLE EOE']],
  ['connect', ['SYSCALL SOCKADDR PROCTITLE EOE']],
  ['kill', ['SYSCALL OBJ_PID PROCTITLE EOE']],
  ['open', ['SYSCALL CWD PATH PROCTITLE EOE']],
  ['chmod', ['SYSCALL CWD PATH PROCTITLE EOE']],
  ['create', ['SYSCALL CWD PATH PATH PROCTITLE EOE']],
  ['unlink', ['SYSCALL CWD PATH PATH PROCTITLE EOE']],
  ['rename', ['SYSCALL CWD PATH PATH PATH PATH PROCTITLE EOE']],
  ['exec', ['SYSCALL EXECVE CWD PATH PATH PROCTITLE EOE', 'SYSCALL EXECVE CWD PATH PROCTITLE EOE']],
  ['avc', ['AVC SYSCALL CWD PATH PROCTITLE EOE']],
  ['login', ['LOGIN SYSCALL PROCTITLE EOE']],
  ['config', ['CONFIG_CHANGE SYSCALL PROCTITLE EOE']],
]

/** Record types of the kernel that are both made and captured. */
const COMMON_TYPES = [
  'CONFIG_CHANGE CWD EXECVE LOGIN OBJ_PID',
  'PATH PROCTITLE SECCOMP SOCKADDR SYSCALL',
].flatMap((types) => types.split(' '))

/** Records whose fields are those of the program that sent them. */
const SENT_BY_PROGRAMS = /^(USER|CRED|SERVICE|DAEMON)_/

/** The text with 0x1d as a character that can be seen. */
const visible = (text = ''): string => text.replaceAll('\x1d', '␝')

/** Adds a line's field names to those of its type, without what only some security modules add. */
function fieldsIn(orders: Map<string, Set<string>>, { type, text }: Line): void {
  if (type === 'EOE' || type === '' || text.includes(' a2[')) return
  const body = visible(text.slice(text.indexOf('): ') + 3)).replace(/SADDR=\{.*\}/, 'SADDR=')
  const names = [...body.matchAll(/(?:^|[ ␝])([\w-]+(?:\[\d+\])?)=/g)].map(([, name]) => name)
  const plain = names.filter((name) => name !== 'subj' && name !== 'obj')
  const order = type === 'EXECVE' ? plain.slice(0, 2) : plain
  orders.set(type, (orders.get(type) ?? new Set()).add(order.join(' ')))
}

describe('an event', () => {
  test.each(RECORDS)('of kind %s has the records of the kernel', (kind, types) => {
    const made = events({ mix: { [kind]: 1 } }).map((event) =>
      event.map((line) => line.type).join(' '),
    )
    expect(new Set(made)).toEqual(new Set(types))
  })

  test('of any kind names record types that there are', () => {
    const names = new Set(RECORD_TYPES.map(([, name]) => name))
    for (const kind of KIND_NAMES)
      for (const event of events({ events: 20, mix: { [kind]: 1 } }))
        for (const line of event) expect(names.has(line.type), line.type).toBe(true)
  })

  test('has as many PATH records as its SYSCALL has items', () => {
    for (const event of events({ events: 2000 })) {
      const items = / items=(\d+)/.exec(event.find((line) => line.type === 'SYSCALL')?.text ?? '')
      if (items !== null)
        expect(event.filter((line) => line.type === 'PATH').length).toBe(Number(items[1]))
    }
  })

  test('has as many arguments as its EXECVE says', () => {
    for (const event of events({ mix: { exec: 1 }, programs: 100 })) {
      const execve = event.find((line) => line.type === 'EXECVE')?.text ?? ''
      const argc = Number(/ argc=(\d+)/.exec(execve)?.[1])
      expect(execve.match(/ a\d+=/g)?.length).toBe(argc)
    }
  })

  test('of a big execve has one argument in as many digits as it says, under the limit each', () => {
    const [event = []] = events({ events: 1, mix: { bigexec: 1 } })
    const execves = event.filter((line) => line.type === 'EXECVE').map((line) => line.text)
    const digits = execves.map((text) => / a2\[\d+\]=([0-9A-F]+)/.exec(text)?.[1] ?? '').join('')
    expect(digits.length).toBe(Number(/ a2_len=(\d+)/.exec(execves[0] ?? '')?.[1]))
    expect(execves.length).toBe(5)
    for (const text of execves) expect(text.length).toBeLessThan(8970)
    expect(execves[1]).toMatch(/\):  a2\[1\]=/)
  })

  test.each([
    { format: 'raw', nodes: 0, end: '): ' },
    { format: 'raw', nodes: 1, end: '): ' },
    { format: 'enriched', nodes: 1, end: '): ' },
    { format: 'enriched', nodes: 0, end: '):' },
  ] as const)('ends its EOE as auditd does (%j)', ({ end, ...options }) => {
    for (const event of events({ mix: { open: 1 }, ...options })) {
      const { type, text = '' } = event.at(-1) ?? {}
      expect(type).toBe('EOE')
      expect(text.slice(text.indexOf(')'))).toBe(end)
    }
  })

  test('has the fields that our kernel and auditd write, in their order', () => {
    const real = new Map<string, Set<string>>()
    for (const name of ['raw', 'enriched']) {
      const capture = readFileSync(new URL(`../captures/${name}.log`, import.meta.url))
      for (const line of readLines(capture)) fieldsIn(real, line)
    }
    const made = new Map<string, Set<string>>()
    for (const format of ['raw', 'enriched'] as const)
      for (const line of events({ events: 5000, format }).flat()) fieldsIn(made, line)
    const kernel = [...made].filter(([type]) => real.has(type) && !SENT_BY_PROGRAMS.test(type))
    expect(kernel.map(([type]) => type).toSorted()).toEqual(COMMON_TYPES)
    for (const [type, orders] of kernel)
      for (const order of orders) expect([...(real.get(type) ?? [])], type).toContain(order)
  })
})

describe('ENRICHED', () => {
  test('adds names after 0x1d without a blank on either side', () => {
    const [open = []] = events({ mix: { open: 1 } })
    expect(visible(open[0]?.text)).toMatch(
      / key="access"␝ARCH=x86_64 SYSCALL=openat AUID="[a-z]+" UID="/,
    )
    expect(visible(open[2]?.text)).toMatch(/ cap_frootid=0␝OUID="root" OGID="root"$/)
    const [connect = []] = events({ mix: { connect: 1 } })
    expect(visible(connect[1]?.text)).toMatch(
      /saddr=0200[0-9A-F]{28}␝SADDR={ saddr_fam=inet laddr=10\.[\d.]+ lport=\d+ }$/,
    )
  })

  test('says of the socket address what the digits say', () => {
    for (const event of events({ mix: { connect: 1 } })) {
      const [, port = '', address = '', ip, number] =
        /saddr=0200(.{4})(.{8})0{16}␝SADDR=\{ saddr_fam=inet laddr=(\S+) lport=(\d+) }/.exec(
          visible(event[1]?.text),
        ) ?? []
      expect(Number.parseInt(port, 16)).toBe(Number(number))
      expect([...Buffer.from(address, 'hex')].join('.')).toBe(ip)
    }
  })

  test('is RAW and more: without what follows 0x1d both are the same', () => {
    // with a node name, since auditd then ends EOE alike in both
    const options = { events: 1000, odd: 0.3, interleave: 0.5, nodes: 1 }
    const raw = make({ ...options, format: 'raw' }).bytes.toString('latin1')
    const enriched = make({ ...options, format: 'enriched' }).bytes.toString('latin1')
    expect(raw).not.toContain('\x1d')
    const cut = enriched.split('\n').map((line) => line.split('\x1d', 1)[0])
    expect(cut).toEqual(raw.split('\n'))
  })
})

describe('odd events', () => {
  test('all occur', () => {
    const { bytes, truth } = make({ events: 5000, odd: 1 })
    const text = bytes.toString('latin1')
    for (const part of [
      'key=(null)\x1d',
      'argc=0 a0="whoami"',
      'a1[2]=6D6D6D6D',
      'subj==/usr/bin/man//&man_groff (enforce)',
      ': initialized\n',
      'type=UNKNOWN[1334]',
      'type=KERN_MODULE audit(',
      'old auid=4294967295 new auid=0',
      'saddr=0100\x1d',
      'arch=80000015',
    ])
      expect(text).toContain(part)
    expect(truth.odd).toBe(truth.events)
    expect(truth.blank).toBeGreaterThan(0)
    expect(truth.rejected).toBeGreaterThan(0)
  })

  test('with two keys count in both', () => {
    const { bytes, truth } = make({ events: 5000, odd: 1, keys: 5 })
    const two = [...byEvent(readLines(bytes)).values()].filter(
      (event) => keysOf(event).length === 2,
    )
    expect(two.length).toBeGreaterThan(20)
    expect(truth.keys['exec']?.events).toBe(two.length)
    expect(truth.keys['network']?.events).toBe(two.length)
  })
})

describe('values', () => {
  test.each([
    ['/etc/passwd', '"/etc/passwd"'],
    ['a b', '612062'],
    ['say "x"', '7361792022782200'.slice(0, -2)],
    ['é', 'C3A9'],
    ['', '""'],
  ])('%j is written as the kernel writes it', (value, written) => {
    expect(encodeValue(value)).toBe(written)
  })
})
