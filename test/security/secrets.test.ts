/** A password is in none of the places where people and programs look. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { settingsOf } from '../../src/config/load.ts'
import { ROOT, spillway } from '../cli/spillway.ts'

const PASSWORD = 'hunter2-correct-horse'
const hasKafka = await import('node-rdkafka').then(
  () => true,
  () => false,
)
if (!hasKafka)
  process.stderr.write('secrets in errors of librdkafka are SKIPPED: there is no node-rdkafka\n')

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'spillway-secrets-'))
  mkdirSync(join(place, 'spool'))
})
afterEach(() => rmSync(place, { recursive: true }))

function write(name: string, content: string, mode: number): string {
  const path = join(place, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

function configuration(properties: string): string {
  return `
output: kafka
spool: { directory: ${place}/spool }
log: { level: debug }
kafka:
  brokers: ["127.0.0.1:1"]
  librdkafka: { security.protocol: sasl_ssl, sasl.mechanisms: PLAIN, sasl.username: me, ${properties} }
`
}

/** Everything below a directory, as one text. */
function allIn(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

async function endOf(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

describe.skipIf(!hasKafka)('a password', () => {
  it('is not in the log, the state directory, the arguments or the environment of a service', async () => {
    const config = write('c.yaml', configuration(`sasl.password: ${PASSWORD}`), 0o600)
    const args = ['--debug', 'run', '--config', config]
    const child = spawn(process.execPath, [resolve(ROOT, 'bin/spillway'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said = text(child.stderr)
    const status = join(place, 'spool/state/status.json')
    await vi.waitFor(() => expect(readFileSync(status, 'utf8')).toMatch(/kafka/), 20_000)
    child.kill('SIGUSR1')
    const seen = ['cmdline', 'environ'].map((name) =>
      readFileSync(`/proc/${child.pid}/${name}`, 'latin1'),
    )
    await endOf(child)
    const log = await said
    expect(log).toMatch(/started/)
    for (const where of [log, allIn(join(place, 'spool')), ...seen])
      expect(where).not.toMatch(PASSWORD)
  }, 60_000)

  it('is not in what config check says of properties that do not hold', async () => {
    const wrong = [
      `sasl.password: ${PASSWORD}, no.such.property: ${PASSWORD}`,
      `sasl.password: ${PASSWORD}, linger.ms: ${PASSWORD}`,
      `ssl.key.pem: "${PASSWORD}"`,
      `sasl.oauthbearer.assertion.private.key.passphrase: ${PASSWORD}, batch.size: ${PASSWORD}`,
    ]
    for (const properties of wrong) {
      const config = write('c.yaml', configuration(properties), 0o600)
      const { err } = await spillway(['--debug', 'config', 'check', config])
      expect(err).not.toMatch(PASSWORD)
    }
  }, 60_000)
})

describe('a mistake in a configuration', () => {
  it.each([
    `kafka: { librdkafka: { sasl.password: *${PASSWORD} } }`,
    `kafka: { librdkafka: { sasl.password: !${PASSWORD} x } }`,
    `kafka: { librdkafka: { sasl.password: "${PASSWORD} } }`,
    `kafka: { librdkafka: { sasl.password: @${PASSWORD} } }`,
    `kafka: { librdkafka: { sasl.password: "\\q${PASSWORD}" } }`,
    `kafka: { librdkafka: { sasl.password: [${PASSWORD}] } }`,
    `kafka: { sasl.password: ${PASSWORD} }`,
    `kafka: [{ librdkafka: { sasl.password: ${PASSWORD} } }]`,
    `kafka: { librdkafka: ["sasl.password=${PASSWORD}"] }`,
    `kafka: { brokers: { sasl.password: ${PASSWORD} } }`,
    `- sasl.password: ${PASSWORD}`,
    `kafka: sasl.password=${PASSWORD}`,
    `librdkafka: { sasl.password: ${PASSWORD} }`,
  ])('does not say what may be a password: %s', (yaml) => {
    let said = ''
    try {
      settingsOf(yaml, 'c.yaml')
    } catch (error) {
      said = (error as Error).message
    }
    expect(said).not.toMatch(PASSWORD)
  })
})

describe('a file with a secret that others may use', () => {
  const check = async (config: string): Promise<string> =>
    (await spillway(['config', 'check', config])).err

  it.each([
    ['sasl.password', (path: string) => `sasl.password: { file: ${path} }`],
    ['ssl.key.location', (path: string) => `ssl.key.location: ${path}`],
    ['ssl.keystore.location', (path: string) => `ssl.keystore.location: ${path}`],
  ])('is refused for %s', async (name, properties) => {
    const secret = write('secret', PASSWORD, 0o644)
    const config = write('c.yaml', configuration(properties(secret)), 0o644)
    expect(await check(config)).toBe(
      `spillway: kafka.librdkafka.${name}: others may use ${secret}: chmod o= it\n`,
    )
    chmodSync(secret, 0o640)
    expect(await check(config)).not.toMatch(/others may use/)
  })

  it('is refused for a token', async () => {
    const token = write('token', PASSWORD, 0o604)
    const config = write('c.yaml', `output: kafka\nkafka: { oauth_token_file: ${token} }\n`, 0o644)
    expect(await check(config)).toMatch(/kafka\.oauth_token_file: others may use/)
  })

  it('is refused when it is the configuration, and so is one that everybody can write', async () => {
    const config = write('c.yaml', configuration(`sasl.password: ${PASSWORD}`), 0o644)
    expect(await check(config)).toMatch(/everybody can read it, and it holds kafka\.librdkafka\./)
    const open = write('d.yaml', 'node: a\n', 0o646)
    expect(await check(open)).toBe(`spillway: ${open}: everybody can write it; make it 0640\n`)
  })
})
