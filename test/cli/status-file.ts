import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  AlertStatus,
  KeyOriginsStatus,
  KeyStatus,
  WindowsStatus,
  WrittenStatus,
} from '../../src/model/status.ts'

/** A rule key with `records` in an interval of 10 s. */
export function keyOf(key: string, records: number): KeyStatus {
  const rates = { events_per_s: records / 30, bytes_per_s: records * 20 }
  return { key, records, records_per_s: records / 10, peak_records_per_s: records / 5, ...rates }
}

/** So many entries a second over each window. */
export function windowsOf(entries: number): WindowsStatus {
  const of = {
    seconds: 10,
    events_per_s: entries / 4,
    entries_per_s: entries,
    bytes_per_s: entries * 20,
    peak_entries_per_s: entries * 2,
    p50_entries_per_s: entries,
    p95_entries_per_s: entries,
    p99_entries_per_s: entries * 2,
  }
  return { '1s': of, '10s': of, '1m': of, '15m': of }
}

/** A key of web-01 that rsync makes nine tenths of, and tar some. */
export function originsOf(key: string): KeyOriginsStatus {
  const most = (name: string) => [{ name, share: 0.9, error: 0.004 }]
  return {
    node: 'web-01',
    key,
    until: '2026-01-02T03:04:10.000Z',
    program: [...most('/usr/bin/rsync'), { name: '/usr/bin/tar', share: 0.05, error: 0.03 }],
    user: most('auid 1000'),
    call: most('openat'),
    path: most('/srv/data'),
    parent: most('pid 4711'),
    together: [],
  }
}

/** An alert that is open. */
export function alertOf(
  type: string,
  severity: string,
  evidence: AlertStatus['evidence'] = {},
): AlertStatus {
  const starts_at = '2026-01-02T03:04:00.000Z'
  return { type, node: 'web-01', severity, starts_at, text: `This is ${type}.`, evidence }
}

/** The status of this very process, told just now. */
export function statusOf(members: Partial<WrittenStatus> = {}): WrittenStatus {
  const keys = [keyOf('logins', 300), keyOf('backup-reads', 2700)]
  return {
    v: 1,
    version: '0.1.0',
    pid: process.pid,
    node: 'web-01',
    started: '2026-01-02T03:00:00.000Z',
    stopped: null,
    time: new Date().toISOString(),
    delivery: { done: null, resume: '1.0.0', lag_bytes: 4096 },
    analysis: { done: null, resume: '1.0.0', lag_bytes: 2048, lag_s: 0.4 },
    parted: false,
    spool: { directory: '/var/spool/spillway', bytes: 3 * 1024 * 1024, limit: 8 * 2 ** 30 },
    counts: {
      bytes: 600_000,
      entries: 4000,
      events: 1000,
      rejected: 2,
      dropped_lines: 7,
      dropped_bytes: 700,
    },
    kernel: { lost: 12, backlog: 34, backlog_limit: 8192 },
    queue: {
      drain_per_s: 6000,
      entries: 2496,
      entries_low: 268,
      entries_high: 2620,
      at: '2026-01-02T03:04:09.000Z',
      limit: 8192,
      limit_read: true,
      overflow_s: null,
      overflow_low_s: null,
      overflow_high_s: null,
    },
    rates: [
      {
        node: 'web-01',
        from: '2026-01-02T03:04:00.000Z',
        to: '2026-01-02T03:04:10.000Z',
        total: keyOf('', 3000),
        keys,
      },
    ],
    windows: [
      {
        node: 'web-01',
        until: '2026-01-02T03:04:10.000Z',
        total: windowsOf(400),
        keys: [
          { key: 'logins', ...windowsOf(40) },
          { key: 'backup-reads', ...windowsOf(360) },
        ],
      },
    ],
    origins: [originsOf('backup-reads')],
    alerts: { open: [], recent: [] },
    sink: { kind: 'ndjson' },
    ...members,
  }
}

/** A place with a configuration whose state directory has a status file, or none for null. */
export function placeOf(status: object | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-status-'))
  mkdirSync(join(folder, 'state'))
  const config = { spool: { directory: folder, state: join(folder, 'state') } }
  writeFileSync(join(folder, 'spillway.yaml'), JSON.stringify(config))
  if (status !== null) tell(folder, status)
  return folder
}

/** Writes the status file of a place anew. */
export function tell(place: string, status: object): void {
  writeFileSync(join(place, 'state/status.json'), `${JSON.stringify(status)}\n`)
}
