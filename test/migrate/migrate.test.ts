import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settingsOf } from '../../src/config/load.ts'
import { migrate } from '../../src/migrate/migrate.ts'
import { OPTIONS } from '../../src/migrate/options.ts'
import { readPlugin } from '../../src/migrate/plugin.ts'
import { missingForRemote } from '../receive/audisp-remote.ts'

/** Configurations beside what becomes of them; `WRITE_GOLDEN=1` writes that anew. */
const FOLDER = join(import.meta.dirname, 'golden')
const WRITE = process.env['WRITE_GOLDEN'] === '1'
const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.conf'))
  .map((name) => name.slice(0, -'.conf'.length))

const read = (name: string): string => readFileSync(join(FOLDER, `${name}.conf`), 'utf8')

/** Findings, mistakes, then the settings. */
function outcome(name: string): string {
  const { findings, mistakes, settings } = migrate(read(name), `${name}.conf`)
  return [
    ...findings.map(
      ({ line, option, value, fate, here }) => `${line}: ${option} = ${value}: ${fate}: ${here}\n`,
    ),
    ...mistakes.map(({ line, text }) => `${line}: ${text}\n`),
    settings,
  ].join('')
}

describe('a configuration of audisp-remote', () => {
  it.each(cases)('of the case %s becomes what was written down', (name) => {
    const path = join(FOLDER, `${name}.txt`)
    const found = outcome(name)
    if (WRITE) writeFileSync(path, found)
    expect(found).toBe(existsSync(path) ? readFileSync(path, 'utf8') : 'an expectation')
  })

  it.each(cases)('of the case %s becomes a configuration that holds', (name) => {
    const { settings } = migrate(read(name), name)
    expect(settingsOf(settings, name)).toBeDefined()
  })

  it('is named in a comment of one line, with no control characters', () => {
    const { settings } = migrate('remote_server = a\u001b[31mb\nport = 60\n', 'f\noutput: stdout')
    expect(settings).toContain('from f?output: stdout.\n# audisp-remote sent to a?[31mb, port 60')
    expect(settings).not.toMatch(/[^\n\P{C}]/u)
  })

  it('never fails, and becomes a configuration that holds, whatever its values', () => {
    const name = fc.constantFrom(...OPTIONS.map((option) => option.name))
    const value = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.constantFrom('yes', 'krb5', 'tls', 'stop'),
    )
    const line = fc.tuple(name, value).map(([option, given]) => `${option} = ${given}`)
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
        const { findings, mistakes, settings } = migrate(lines.join('\n'), 'f')
        const all = [...findings, ...mistakes].map((told) => told.line)
        expect(new Set(all).size).toBeLessThanOrEqual(lines.join('\n').split('\n').length)
        expect(settingsOf(settings, 'f')).toBeDefined()
      }),
    )
  })
})

/** Whether the real audisp-remote starts with this configuration; it ends with 6 where it does not. */
function starts(folder: string, text: string): boolean {
  const file = join(folder, 'audisp-remote.conf')
  writeFileSync(file, text)
  chmodSync(file, 0o640)
  const program = `mount --bind '${folder}' /etc/audit && exec audisp-remote`
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', program], { input: '' })
  return status !== 6
}

/** Options with values on both sides of what is allowed; none that could halt the machine. */
const PROBES: readonly string[] = [
  'port = 0',
  'port = 65535',
  'port = 65536',
  'port = -1',
  'port = 6x',
  'port = 60\r',
  'PORT = 60',
  'port=60',
  'port = = 60',
  'port == 60',
  'port = 60 61',
  'port\t=\t60',
  '   port  =  60',
  '= 60',
  'local_port = any',
  'local_port = ANY',
  'local_port = 65536',
  'remote_server =',
  'nonsense',
  'transport = TCP',
  'transport = krb5',
  'transport = udp',
  'enable_krb5 = No',
  'enable_krb5 = 1',
  'mode = immediate',
  'mode = later',
  'format = ascii',
  'format = json',
  'unknown = 1',
  'format = ascii\nmode = forward',
  'queue_depth = 0',
  'queue_depth = 1',
  'queue_depth = 2147483648',
  'queue_file = here',
  'queue_file = /here',
  'heartbeat_timeout = 0',
  'heartbeat_timeout = x',
  ...['network_retry_time', 'max_tries_per_record', 'max_time_per_record'].flatMap((name) => [
    `${name} = 0`,
    `${name} = 1`,
  ]),
  ...OPTIONS.filter(({ name }) => name.endsWith('_action')).flatMap(({ name }) =>
    ['ignore', 'Syslog', 'warn_once', 'warn_once_continue', 'suspend', 'reconnect']
      .concat('stop', 'exec', 'exec page-me', 'dance', 'ignore # this', 'ignore this and that')
      .map((value) => `${name} = ${value}`),
  ),
  `#${'c'.repeat(126)}`,
  `#${'c '.repeat(100)}`,
  '# comment',
  '',
  '  # comment',
]

describe.skipIf(missingForRemote !== null)('a line of a configuration', () => {
  it('is a mistake when the real audisp-remote does not start with it, and only then', () => {
    const folder = mkdtempSync(join(tmpdir(), 'spillway-migrate-'))
    try {
      const differ = PROBES.filter((probe) => {
        const text = `remote_server = 127.0.0.1\n${probe}\n`
        return starts(folder, text) !== (migrate(text, 'f').mistakes.length === 0)
      })
      expect(differ).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the file of the plugin', () => {
  it('is told line by line', () => {
    const text =
      'active = no\ndirection = out\npath = /sbin/audisp-remote\ntype = always\n#args =\nformat = string\n'
    const { findings, mistakes } = readPlugin(text)
    expect(findings.map(({ line, option }) => [line, option])).toEqual([
      [1, 'active'],
      [2, 'direction'],
      [3, 'path'],
      [4, 'type'],
      [6, 'format'],
    ])
    expect(mistakes).toEqual([])
  })

  it('has its unknown options named', () => {
    expect(readPlugin('colour = red\n').mistakes).toEqual([
      { line: 1, text: 'colour: unknown, known here: active, direction, path, type, args, format' },
    ])
  })
})

describe('docs/migrate-audisp-remote.md', () => {
  it('says of every option what the command says', () => {
    const page = readFileSync(
      new URL('../../docs/migrate-audisp-remote.md', import.meta.url),
      'utf8',
    )
    const rows = [
      ...page.matchAll(/^\| `(\w+)`([^|]*)\| (set|always|nothing|by hand) \| (.*) \|$/gm),
    ]
    expect(rows.map(([row]) => row)).toEqual(
      OPTIONS.map(({ name, since, fate, here }) => {
        const from = since === undefined ? '' : ` (${since})`
        return `| \`${name}\`${from} | ${fate} | ${here} |`
      }),
    )
  })
})
