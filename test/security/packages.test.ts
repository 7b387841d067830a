import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'spillway-packages-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Locked {
  readonly integrity?: string
  readonly optional?: boolean
  readonly dev?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
}

test('every locked package has an integrity hash but development tools of other platforms', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>
  }
  const { '': _own, ...packages } = lock.packages
  const without = Object.entries(packages).filter(([, { integrity }]) => integrity === undefined)
  for (const [name, { dev, optional, os, cpu }] of without)
    expect({ name, dev, optional, isBound: os !== undefined && cpu !== undefined }).toEqual({
      name,
      dev: true,
      optional: true,
      isBound: true,
    })
  const isShipped = ([, { dev }]: [string, Locked]) => dev !== true
  expect(without.filter(isShipped)).toEqual([])
})

const REFUSED = { message: '405 Method Not Allowed', method: 'POST' }
const CLEAN = { vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 } } }
const BAD = {
  vulnerabilities: {
    yaml: { name: 'yaml', severity: 'high', range: '<9', via: [{ title: 'it ends' }, 'other'] },
  },
  metadata: { vulnerabilities: { total: 1 } },
}

test.each([
  ['does not serve advisories', REFUSED, 0, /^npm audit is SKIPPED.*405 Method Not Allowed$/m],
  ['has nothing against the packages', CLEAN, 0, /^npm audit: 0 advisories/m],
  ['has something', BAD, 1, /^ {2}high yaml <9 it ends/m],
])('where the registry %s, the audit says so', (_what, answer, code, said) => {
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\ncat '${folder}/answer'\nexit 1\n`, { mode: 0o755 })
  writeFileSync(join(folder, 'answer'), JSON.stringify(answer))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/audit.mjs')],
    {
      env: { PATH: `${folder}:/usr/bin:/bin` },
      encoding: 'utf8',
    },
  )
  expect(status).toBe(code)
  expect(stdout + stderr).toMatch(said)
})
