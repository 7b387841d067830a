import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
      `spillway: ${path}:1: output: found "ftp", allowed: stdout, ndjson:DIR with an absolute path`,
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

  it('does not mind a reader that leaves', async () => {
    expect(await shell('spillway config schema | head -1; exit "${PIPESTATUS[0]}"')).toEqual({
      code: ExitCode.Ok,
      out: '{\n',
      err: '',
    })
  })
})
