import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entry, settingsEntries } from '../../src/config/schema.ts'
import { USAGE } from '../../src/shim/options.ts'

const ROOT = resolve(import.meta.dirname, '../..')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-manual-'))
  execFileSync(process.execPath, [join(ROOT, 'scripts/manual.mjs'), join(ROOT, 'dist'), folder])
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A page's text, as written: every `-` of a name is `\-`. */
const page = (path: string): string =>
  readFileSync(join(folder, path), 'utf8').replaceAll('\\-', '-').replaceAll('\\&', '')

/** The command and all in it, by whole names. */
function commandsOf(command: Command, name: string): [string, Command][] {
  return [
    [name, command],
    ...command.commands.flatMap((inner) => commandsOf(inner, `${name} ${inner.name()}`)),
  ]
}

function namesOf(entries: readonly Entry[], prefix = ''): string[] {
  return entries.flatMap((entry) =>
    'entries' in entry
      ? namesOf(entry.entries, `${prefix}${entry.name}.`)
      : [`${prefix}${entry.name}`],
  )
}

describe('the manual', () => {
  it('has every command with every option', async () => {
    // As built, since it reads its version beside that.
    const { createProgram } = (await import(
      join(ROOT, 'dist/src/cli/main.js')
    )) as typeof import('../../src/cli/main.ts')
    const text = page('man1/spillway.1')
    const missing = commandsOf(await createProgram([]), 'spillway').flatMap(([name, command]) => [
      ...(text.includes(name) ? [] : [name]),
      ...command.options
        .filter((option) => !text.includes(`\\fB${option.flags}\\fR\n`))
        .map((option) => `${name} ${option.flags}`),
    ])
    expect(missing).toEqual([])
    expect(text).toContain('.SH "EXIT STATUS"')
  })

  it('has every option of the shim', () => {
    const text = page('man8/spillway-shim.8')
    const options = [...USAGE.matchAll(/^ {2}(--\S+(?: [A-Z]+)?)/gm)].map(([, option]) => option)
    expect(options.length).toBeGreaterThan(8)
    expect(options.filter((option) => !text.includes(`\\fB${option}\\fR\n`))).toEqual([])
  })

  it('has every setting', () => {
    const text = page('man5/spillway.yaml.5')
    const names = namesOf(settingsEntries())
    expect(names.length).toBeGreaterThan(8)
    expect(names.filter((name) => !text.includes(`\\fB${name}\\fR\n`))).toEqual([])
  })

  it.skipIf(spawnSync('groff', ['--version']).status !== 0)('is what groff takes', () => {
    const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    for (const path of pages.filter((name) => /\.\d$/.test(name))) {
      const args = ['-man', '-Tutf8', '-ww', '-z', join(folder, path)]
      const { stderr } = spawnSync('groff', args, { encoding: 'utf8' })
      expect(`${path}: ${stderr}`).toBe(`${path}: `)
    }
  })
})
