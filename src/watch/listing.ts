import { createHash } from 'node:crypto'
import type { RulesReading } from '../model/reading.ts'

/** Characters of rules that a reading holds: hundreds of rules, where distributions ship some dozens. */
const MOST = 64 * 1024

/** What `auditctl -l` prints without any. */
const NONE = 'No rules'

/** The rules in the output of `auditctl -l`, as lines. */
export function parseRules(
  lines: readonly string[],
): Pick<RulesReading, 'rules' | 'more' | 'digest'> {
  const all = lines.map((line) => line.trim()).filter((line) => line !== '' && line !== NONE)
  let room = MOST
  const cut = all.findIndex((line) => (room -= line.length + 1) < 0)
  const rules = cut < 0 ? all : all.slice(0, cut)
  const digest = createHash('sha256').update(all.join('\n')).digest('hex')
  return { rules, more: all.length - rules.length, digest }
}
