/** Service and watcher beside a private auditd, and what they wrote. */

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Auditd, until } from './auditd.ts'
import { status } from './kernel.ts'
import { startAs } from './users.ts'

const START_MS = 30_000

/** One line of JSON. */
export type Line = Readonly<Record<string, unknown>>

/** What a member of a line holds. */
export const inside = (line: Line, member: string): Line => line[member] as Line

/** The lines of a file of JSON so far. */
export function linesOf(file: string): Line[] {
  if (!existsSync(file)) return []
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return whole.map((line) => JSON.parse(line) as Line)
}

/** What runs beside an auditd. */
export interface Beside {
  /** Alerts of a type so far. */
  alerts(type: string): Line[]
  /** Events that were delivered, by rule key. */
  delivered(): Map<string, number>
  /** The status file. */
  status(): Line
}

/**
 * Runs `use` with a service and a watcher that has these capabilities: without CAP_AUDIT_CONTROL it has
 * the kernel's log alone, and the gauge.
 */
export async function withService<T>(
  { dir }: Auditd,
  capabilities: string[],
  use: (beside: Beside) => Promise<T>,
): Promise<T> {
  const readings = join(dir, 'run', 'watch.ndjson')
  const out = join(dir, 'out')
  const config = join(dir, 'spillway.yaml')
  const text = [
    'node: web-01',
    `spool: { directory: ${join(dir, 'spool')} }`,
    `output: ndjson:${out}`,
    `watch: { file: ${readings} }`,
    'rates: { interval: 1 }',
    'log: { level: error }',
    '',
  ]
  writeFileSync(config, text.join('\n'))
  const children: ChildProcess[] = [
    startAs('watch', ['watch', `--output=${readings}`, '--interval=1'], {
      capabilities,
      stderr: 'pipe',
    }),
    startAs('service', ['run', '--config', config]),
  ]
  const file = join(dir, 'spool', 'state', 'status.json')
  try {
    await until(
      () => existsSync(file) && linesOf(readings).length > 0,
      START_MS,
      () => 'service and watcher do not come up',
    )
    return await use({
      alerts: (type) => linesOf(join(out, 'alerts.ndjson')).filter((line) => line['type'] === type),
      delivered: () => keysOf(join(out, 'events.ndjson')),
      status: () => JSON.parse(readFileSync(file, 'utf8')) as Line,
    })
  } finally {
    for (const child of children) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
}

/** Events by rule key; other programs of the machine have none. */
function keysOf(file: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of linesOf(file))
    for (const key of inside(line, 'EVENT')['keys'] as string[])
      counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** The kernel's counter of losses. */
export const lost = (): number => status().get('lost') ?? 0

/** Of alerts that were told again the last. */
export function lastOf(alerts: readonly Line[]): Line[] {
  return [...new Map(alerts.map((alert) => [alert['dedup_key'], alert])).values()]
}

/** Sum of a figure in the evidence of alerts. */
export function sumOf(alerts: readonly Line[], member: string): number {
  return alerts.reduce((sum, alert) => sum + Number(inside(alert, 'evidence')[member] ?? 0), 0)
}
