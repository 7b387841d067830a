import type { StateReading, Taken } from '../model/reading.ts'

/** What auditd reports of itself, without the time at which it did. */
export type AuditdState = Omit<StateReading, keyof Taken | 'kind' | 'written'>

/** `NAME = VALUE`, a line each; some lines of 3.0 about free space have no equals sign. */
const LINE = /^(.+?) = (.*)$/gm

/** The text of auditd's state file; null when it is something else. */
export function parseState(text: string): AuditdState | null {
  const found = new Map(Array.from(text.matchAll(LINE), ([, name, value]) => [name, value.trim()]))
  if (!found.has('audit version')) return null
  const number = (name: string): number | null => {
    const value = found.get(name) ?? ''
    return /^\d{1,15}$/.test(value) ? Number(value) : null
  }
  const yes = (name: string): boolean | null => {
    const value = found.get(name)
    return value === 'yes' ? true : value === 'no' ? false : null
  }
  return {
    queue_depth: number('current plugin queue depth'),
    queue_peak: number('max plugin queue depth used'),
    queue_size: number('plugin queue size'),
    queue_overflow: yes('plugin queue overflow detected'),
    queue_suspended: yes('plugin queueing suspended'),
    plugins: number('Number of active plugins'),
    writes_logs: yes('writing to logs'),
    logging_suspended: yes('logging suspended'),
    disk_error: yes('disk error detected'),
  }
}
