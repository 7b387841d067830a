import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleConfig } from '../../src/config/example.ts'
import { loadSettings, settingsOf } from '../../src/config/load.ts'
import { type Entry, jsonSchema, settingsEntries } from '../../src/config/schema.ts'
import { ExitCode, Failure } from '../../src/model/failure.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-config-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function mistakesOf(text: string): string[] {
  try {
    settingsOf(text, 'f.yaml')
  } catch (error) {
    expect(error).toBeInstanceOf(Failure)
    expect(error).toHaveProperty('code', ExitCode.Config)
    return (error as Failure).message.split('\n')
  }
  return []
}

describe('the configuration', () => {
  it('is all defaults when the file is empty', () => {
    expect(settingsOf('', 'f.yaml')).toEqual({
      node: hostname(),
      input: 'spool',
      spool: { directory: '/var/spool/spillway', state: '/var/spool/spillway/state' },
      output: { kind: 'ndjson', directory: '/var/log/spillway' },
      format: 'native',
      raw: false,
      interpretedPrefix: '',
      workers: 'auto',
      ratesInterval: 10_000,
      watchFile: '/run/spillway/watch.ndjson',
      metricsListen: null,
      alertsExec: [],
      receive: {
        sync: false,
        nodeFromAddress: true,
        maxConnections: 256,
        maxConnectionsPerAddress: 16,
        idleMs: 3_600_000,
        tls: null,
      },
      logLevel: 'info',
    })
  })

  it('takes a section with nothing in it for a section of defaults', () => {
    expect(settingsOf('spool:\nrates:\n  interval:\n', 'f.yaml')).toEqual(settingsOf('', 'f.yaml'))
  })

  it('keeps the checkpoint in the spool directory unless told otherwise', () => {
    expect(settingsOf('spool: { directory: /a/b/ }', 'f.yaml').spool.state).toBe('/a/b/state')
    expect(settingsOf('spool: { state: /c }', 'f.yaml').spool.state).toBe('/c')
  })

  it.each([
    ['tcp://127.0.0.1:60', { host: '127.0.0.1', port: 60 }],
    ['tcp://[::1]:1060', { host: '::1', port: 1060 }],
    ['tcp://collector.example.com:60', { host: 'collector.example.com', port: 60 }],
  ])('takes the input %s', (input, address) => {
    expect(settingsOf(`input: "${input}"`, 'f.yaml').input).toEqual(address)
  })

  it.each([
    'tcp://127.0.0.1',
    'tcp://:60',
    'tcp://a:0',
    'tcp://a:65536',
    'udp://a:60',
    'tcp://a b:6',
  ])('takes no input %s', (input) => {
    expect(mistakesOf(`input: "${input}"`)).toEqual([
      `f.yaml:1: input: found "${input}", allowed: spool, -, tcp://HOST:PORT`,
    ])
  })

  it.each(['kafka-1.example:9092', '10.0.0.1:9092', '[2001:db8::1]:9093', 'my_broker:65535'])(
    'takes the broker %s',
    (broker) => {
      const { output } = settingsOf(`output: kafka\nkafka: { brokers: ["${broker}"] }`, 'f.yaml')
      expect(output).toMatchObject({ kafka: { brokers: [broker] } })
    },
  )

  it.each(['kafka-1', 'kafka-1:', 'kafka-1:0', 'kafka-1:65536', 'ssl://kafka-1:9093', 'a:1,b:2'])(
    'takes no broker %s, and says which of them',
    (broker) => {
      expect(mistakesOf(`output: kafka\nkafka:\n  brokers: ["a:1", "${broker}"]`)).toEqual([
        `f.yaml:3: kafka.brokers.1: found "${broker}", allowed: a list of host:port, at least one`,
      ])
    },
  )

  it('takes no empty list of brokers', () => {
    expect(mistakesOf('kafka: { brokers: [] }')).toEqual([
      'f.yaml:1: kafka.brokers: found an empty list, allowed: a list of host:port, at least one',
    ])
  })

  it('reads where metrics are answered and what is run for alerts', () => {
    const text = 'metrics: { listen: tcp://127.0.0.1:9464 }\nalerts: { exec: [/bin/page, -v] }'
    expect(settingsOf(text, 'f')).toMatchObject({
      metricsListen: { host: '127.0.0.1', port: 9464 },
      alertsExec: ['/bin/page', '-v'],
    })
    for (const wrong of ['metrics: { listen: 9464 }', 'alerts: { exec: [page] }'])
      expect(mistakesOf(wrong)).toHaveLength(1)
  })

  it('wants a certificate and its key together', () => {
    expect(mistakesOf('receive:\n  tls: { certificate: /c }\n')).toEqual([
      'f.yaml:2: receive.tls.key: found nothing, allowed: an absolute path, together with certificate',
    ])
    expect(
      settingsOf('receive: { tls: { certificate: /c, key: /k, client_ca: /a } }', 'f').receive.tls,
    ).toEqual({ certificate: '/c', key: '/k', clientCa: '/a' })
  })

  it('names every mistake with its line, what was found and what is allowed, in file order', () => {
    const text =
      'node: "a b"\nrates:\n  intervall: 3\n  interval: 0\nworkers: many\nouput: stdout\n'
    expect(mistakesOf(text)).toEqual([
      'f.yaml:1: node: found "a b", allowed: a name without spaces; default: the host name',
      'f.yaml:3: rates.intervall: unknown setting, allowed here: interval',
      'f.yaml:4: rates.interval: found 0, allowed: a whole number of seconds from 1 to 3600',
      'f.yaml:5: workers: found "many", allowed: auto, or a whole number from 0 to 256',
      expect.stringContaining('f.yaml:6: ouput: unknown setting, allowed here: node, input, '),
    ])
  })

  it.each([
    ['a list', '- 1\n', 'f.yaml:1: the file: found a list, allowed: settings: node, '],
    ['a value for a section', 'log: info\n', 'f.yaml:1: log: found "info", allowed: settings: '],
    ['a key that comes twice', 'raw: true\nraw: false\n', 'f.yaml:2: Map keys must be unique'],
    ['an unfinished list', 'node: [\n', 'f.yaml:'],
    ['an alias without an anchor', 'node: *there\n', 'f.yaml: Unresolved alias'],
    ['a relative path', 'output: ndjson:out\n', 'f.yaml:1: output: found "ndjson:out", allowed: '],
    ['a control character', 'node: "a\\u001bb"\n', 'f.yaml:1: node: found "a\\u001bb", allowed: '],
  ])('has one line to say about %s', (_what, text, start) => {
    const mistakes = mistakesOf(text)
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0].slice(0, start.length)).toBe(start)
  })

  it('never fails but by a Failure, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
        for (const mistake of mistakesOf(text)) expect(mistake).toMatch(/^f\.yaml/)
      }),
    )
  })

  it('is overridden by the command line, which is named in its mistakes', () => {
    expect(settingsOf('output: stdout\nnode: a', 'f', { node: 'b' })).toMatchObject({
      node: 'b',
      output: { kind: 'stdout' },
    })
    expect(() => settingsOf('node: a', 'f', { output: 'syslog' })).toThrow(
      'command line: output: found "syslog", allowed: stdout, kafka, ndjson:DIR with an absolute path',
    )
  })

  it('names a file that cannot be read', () => {
    expect(() => loadSettings(join(directory, 'none.yaml'))).toThrow(
      `cannot read the configuration ${directory}/none.yaml: no such file or directory`,
    )
    expect(() => loadSettings(directory)).toThrow('illegal operation on a directory')
  })

  it('is read from the file it is told', () => {
    const path = join(directory, 'good.yaml')
    writeFileSync(path, 'workers: 3\n')
    expect(loadSettings(path).workers).toBe(3)
  })
})

describe('the example configuration', () => {
  it('holds and says nothing but defaults', () => {
    expect(settingsOf(exampleConfig(), 'example')).toEqual(settingsOf('', 'empty'))
  })

  it('still holds with every setting in it switched on', () => {
    const all = exampleConfig().replaceAll(/^( *)# (\w+: \S+)$/gm, '$1$2')
    expect(settingsOf(all, 'example').node).toBe('web-01')
  })
})

/** A default as the page shows it. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ') || 'empty'
  return value === '' || typeof value === 'object'
    ? 'empty'
    : `${value as string | number | boolean}`
}

describe('docs/configuration.md', () => {
  it('describes every setting and no other, with its default', () => {
    const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| `([\w.]+)` \| `?(.*?)`? \|/gm)]
    const named = (entries: readonly Entry[], path: string): [string, unknown][] =>
      entries.flatMap((entry): [string, unknown][] =>
        'entries' in entry
          ? named(entry.entries, `${path}${entry.name}.`)
          : [[`${path}${entry.name}`, entry.value]],
      )
    const settings = named(settingsEntries(), '')
    expect(rows.map(([, name]) => name)).toEqual(settings.map(([name]) => name))
    for (const [i, [, value]] of settings.entries())
      if (value !== undefined) expect(rows[i][2]).toBe(shown(value))
  })
})

describe('the JSON schema', () => {
  it('describes every setting and allows no others', () => {
    const schema = jsonSchema() as {
      properties: Record<string, object>
      additionalProperties: false
    }
    expect(schema.additionalProperties).toBe(false)
    const names = [...exampleConfig().matchAll(/^(?:# )?(\w+):(?: \S+)?$/gm)].map(
      ([, name]) => name,
    )
    expect(Object.keys(schema.properties)).toEqual(names)
    expect(schema.properties['node']).toHaveProperty('description')
  })
})
