import { type Mistake, readLines } from './lines.ts'
import type { Fate, Finding } from './option.ts'

/** What becomes of au-remote.conf, by its option. */
const PLUGIN: Readonly<Record<string, readonly [Fate, string]>> = {
  active: [
    'by hand',
    'Put "no" there, and plugins.d/spillway.conf of Spillway beside it with "active = yes".',
  ],
  direction: ['always', 'out, as in plugins.d/spillway.conf.'],
  path: ['set', 'plugins.d/spillway.conf names spillway-shim there.'],
  type: ['always', 'always, as in plugins.d/spillway.conf.'],
  args: [
    'nothing',
    'audisp-remote takes no arguments; those of spillway-shim stand in plugins.d/spillway.conf.',
  ],
  format: ['always', 'string, as in plugins.d/spillway.conf; binary is read as well.'],
}

/** Reads the file of a plugin of auditd (auditd-plugins(5)). */
export function readPlugin(text: string): { findings: Finding[]; mistakes: Mistake[] } {
  const { given, mistakes } = readLines(text)
  const findings: Finding[] = []
  for (const { line, name, value, rest } of given) {
    const [fate, here] = Object.hasOwn(PLUGIN, name) ? PLUGIN[name] : []
    if (fate === undefined || here === undefined)
      mistakes.push({
        line,
        text: `${name}: unknown, known here: ${Object.keys(PLUGIN).join(', ')}`,
      })
    else findings.push({ line, option: name, value: [value, ...rest].join(' '), fate, here })
  }
  return { findings, mistakes }
}
