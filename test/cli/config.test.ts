import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { shell, spillway } from './spillway.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-config-cli-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('spillway config', () => {
  it('prints an example that its own check accepts', async () => {
    const path = join(directory, 'example.yaml')
    writeFileSync(path, (await spillway(['config', 'example'])).out)
    expect(await spillway(['config', 'check', path])).toEqual({
      code: ExitCode.Ok,
      out: `${path} holds\n`,
      err: '',
    })
  })

  it('prints a JSON Schema', async () => {
    const { code, out } = await spillway(['config', 'schema'])
    expect(code).toBe(ExitCode.Ok)
    expect(JSON.parse(out)).toMatchObject({ type: 'object', additionalProperties: false })
  })

  it('has one line for each mistake', async () => {
    const path = join(directory, 'bad.yaml')
    writeFileSync(path, 'output: ftp\nworker: 3\n')
    const { code, out, err } = await spillway(['config', 'check', path])
    expect([code, out]).toEqual([ExitCode.Config, ''])
    const lines = err.trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toBe(
      `spillway: ${path}:1: output: found "ftp", allowed: stdout, kafka, ndjson:DIR with an absolute path`,
    )
    expect(lines[1]).toContain(`spillway: ${path}:2: worker: unknown setting, allowed here: node, `)
  })

  it('names a file that is missing', async () => {
    const path = join(directory, 'none.yaml')
    expect(await spillway(['config', 'check', path])).toEqual({
      code: ExitCode.Config,
      out: '',
      err: `spillway: cannot read the configuration ${path}: no such file or directory\n`,
    })
  })

  it('names what librdkafka does not know or cannot read, and what has a setting of its own', async () => {
    const path = join(directory, 'kafka.yaml')
    const check = async (property: string): Promise<string> => {
      writeFileSync(path, `output: kafka\nkafka:\n  librdkafka: { ${property} }\n`)
      return (await spillway(['config', 'check', path])).err
    }
    expect(await check('linger.ms: 7')).toBe('')
    expect(await check('partitioner: random, request.timeout.ms: 5000')).toBe('')
    const files = `ssl.ca.location: ${path}, ssl.key.location: /no/key`
    expect(await check(`security.protocol: ssl, ${files}`)).toBe(
      'spillway: kafka.librdkafka.ssl.key.location: cannot read /no/key: no such file or directory\n',
    )
    expect(await check(files)).toContain('ssl.ca.location: nothing is encrypted')
    expect((await check('linger.ms: 99999999')).trimEnd()).not.toContain('\n')
    expect(await check('linger.mss: 7')).toContain('No such configuration property: "linger.mss"')
    expect(await check('bootstrap.servers: a:1')).toBe(
      'spillway: kafka.librdkafka.bootstrap.servers: say it with kafka.brokers\n',
    )
    expect(await check('acks: 1, enable.idempotence: false')).toBe(
      [
        'spillway: kafka.librdkafka.acks: fixed, since delivery depends on it',
        'spillway: kafka.librdkafka.enable.idempotence: fixed, since delivery depends on it\n',
      ].join('\n'),
    )
  })

  it('refuses a password that everybody can read, and never shows one', async () => {
    const path = join(directory, 'secret.yaml')
    const file = join(directory, 'password')
    const write = (value: string, mode: number): void => {
      writeFileSync(path, `output: kafka\nkafka: { librdkafka: { sasl.password: ${value} } }\n`)
      chmodSync(path, mode)
    }
    write('geheim', 0o644)
    const { code, err } = await spillway(['config', 'check', path])
    expect(code).toBe(ExitCode.Config)
    expect(err).toContain(
      'it holds kafka.librdkafka.sasl.password; make it 0640, or say { file: PATH } there',
    )
    write('geheim', 0o640)
    expect((await spillway(['config', 'check', path])).code).toBe(ExitCode.Ok)
    writeFileSync(file, 'geheim\n', { mode: 0o600 })
    write(`{ file: ${file} }`, 0o644)
    expect((await spillway(['config', 'check', path])).code).toBe(ExitCode.Ok)
    write('[geheim]', 0o640)
    expect((await spillway(['config', 'check', path])).err).not.toContain('geheim')
  })

  it('does not mind a reader that leaves', async () => {
    expect(await shell('spillway config schema | head -1; exit "${PIPESTATUS[0]}"')).toEqual({
      code: ExitCode.Ok,
      out: '{\n',
      err: '',
    })
  })
})
