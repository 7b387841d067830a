import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { auditdNoteOf } from '../../src/watch/auditd-log.ts'
import { KernelLog } from '../../src/watch/kernel-log.ts'
import { logLineOf } from '../../src/watch/log-line.ts'

/**
 * Logs as a kernel and an auditd wrote them, each line with what it says: `CASE.log` and `CASE.ndjson`,
 * null where it says nothing. `WRITE_GOLDEN=1` writes the expectations anew; read them before they are
 * committed.
 *
 * They were made with a limit of 64 and no wait, a rate limit, a plugin that reads nothing and others
 * that end, a stopped and a killed auditd, and twelve processes that waited for room.
 */

const FOLDER = join(import.meta.dirname, 'golden')
const cases = readdirSync(FOLDER).filter((name) => name.endsWith('.log'))

it.each(cases)('every line of %s says what was written down', (name) => {
  const kernel = new KernelLog()
  const lines = readFileSync(join(FOLDER, name), 'utf8').trimEnd().split('\n')
  const found = lines.map((line) => {
    const said = logLineOf(line)
    return said === null ? null : (kernel.read(said) ?? auditdNoteOf(said))
  })
  const text = found.map((note) => `${JSON.stringify(note)}\n`).join('')
  const path = join(FOLDER, name.replace(/log$/, 'ndjson'))
  if (process.env['WRITE_GOLDEN'] === '1') writeFileSync(path, text)
  expect(text).toBe(readFileSync(path, 'utf8'))
})
