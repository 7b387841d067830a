import type { Status } from '../model/reading.ts'

/** Names that older versions of auditctl have for a member. */
const OLD_NAMES: Readonly<Record<string, string>> = { flag: 'failure' }

/** A name and a number, with a space or, in RHEL 6 and Ubuntu 14.04, an equals sign between them. */
const MEMBER = /(?<![\w-])([a-z_]+)[ =](\d{1,10})(?!\d)/g

/** The whole output of `auditctl -s`, as lines; null when it holds no status. */
export function parseStatus(lines: readonly string[]): Status | null {
  const found = new Map<string, number>()
  for (const line of lines)
    for (const [, name, value] of line.matchAll(MEMBER))
      found.set(OLD_NAMES[name] ?? name, Number(value))
  const of = (name: keyof Status): number | null => found.get(name) ?? null
  if (of('enabled') === null || of('lost') === null) return null
  return {
    enabled: of('enabled'),
    failure: of('failure'),
    pid: of('pid'),
    rate_limit: of('rate_limit'),
    backlog_limit: of('backlog_limit'),
    lost: of('lost'),
    backlog: of('backlog'),
    backlog_wait_time: of('backlog_wait_time'),
    backlog_wait_time_actual: of('backlog_wait_time_actual'),
    loginuid_immutable: of('loginuid_immutable'),
  }
}
