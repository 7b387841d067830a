import type { Status } from '../model/status.ts'

/** One value of a metric, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric that the service answers with. */
export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
  /** Its values; none where they are not known. */
  of(status: Status): readonly Sample[]
}

/** What is left of a node's records beside its largest keys. */
const OTHER = '(other)'

/** All metrics, in the order of docs/metrics.md. */
export const METRICS: readonly Metric[] = [
  {
    name: 'spillway_info',
    type: 'gauge',
    help: 'Always 1; version and node are in the labels.',
    labels: ['version', 'node'],
    of: ({ version, node }) => [{ labels: { version, node }, value: 1 }],
  },
  gauge('spillway_start_time_seconds', 'When the service started, since the epoch.', (status) =>
    seconds(status.started),
  ),
  gauge(
    'spillway_analysis_lag_bytes',
    'Bytes of the spool that analysis has not read.',
    (status) => status.analysis.lag_bytes,
  ),
  gauge(
    'spillway_analysis_lag_seconds',
    'How far analysis is behind the shim.',
    (status) => status.analysis.lag_s,
  ),
  gauge(
    'spillway_delivery_lag_bytes',
    'Bytes of the spool that delivery has not read.',
    (status) => status.delivery.lag_bytes,
  ),
  gauge('spillway_delivery_waits', '1 while analysis goes on without delivery, else 0.', (status) =>
    Number(status.parted),
  ),
  gauge('spillway_spool_bytes', 'Bytes in the spool.', ({ spool }) => spool.bytes),
  gauge(
    'spillway_spool_limit_bytes',
    'Bytes that the shim lets it have.',
    ({ spool }) => spool.limit,
  ),
  counter('spillway_read_bytes_total', 'Bytes analysed.', ({ counts }) => counts.bytes),
  counter('spillway_entries_total', 'Records and EOE analysed.', ({ counts }) => counts.entries),
  counter('spillway_events_total', 'Events analysed.', ({ counts }) => counts.events),
  counter('spillway_rejects_total', 'Lines that are no records.', ({ counts }) => counts.rejected),
  counter(
    'spillway_dropped_lines_total',
    'Lines that the shim dropped.',
    ({ counts }) => counts.dropped_lines,
  ),
  counter(
    'spillway_dropped_bytes_total',
    'Bytes that the shim dropped.',
    ({ counts }) => counts.dropped_bytes,
  ),
  counter(
    'spillway_kernel_lost_total',
    "The kernel's count of losses.",
    ({ kernel }) => kernel.lost,
  ),
  gauge(
    'spillway_kernel_backlog',
    "Entries in the kernel's queue.",
    ({ kernel }) => kernel.backlog,
  ),
  gauge(
    'spillway_kernel_backlog_limit',
    'Room in that queue (auditctl -b).',
    ({ kernel }) => kernel.backlog_limit,
  ),
  gauge(
    'spillway_drain_entries_per_second',
    'Entries a second that the stream can be drained at, as far as it was seen to be at its limit.',
    ({ queue }) => queue.drain_per_s,
  ),
  gauge(
    'spillway_queue_entries',
    "Entries in the kernel's queue, by the lag of the stream.",
    ({ queue }) => queue.entries,
  ),
  gauge(
    'spillway_overflow_seconds',
    "Seconds until the kernel's queue overflows, while that is foreseen.",
    ({ queue }) => queue.overflow_s,
  ),
  {
    name: 'spillway_key_records_per_second',
    type: 'gauge',
    help: 'Records of a rule key in the last interval.',
    labels: ['node', 'key'],
    of: ({ rates }) =>
      rates.flatMap(({ node, total, keys }) => {
        const shown = keys.reduce((sum, { records_per_s }) => sum + records_per_s, 0)
        // Records with two keys count in both.
        const rest = Math.max(0, total.records_per_s - shown)
        return [
          ...keys.map((of) => ({ labels: { node, key: of.key }, value: of.records_per_s })),
          { labels: { node, key: OTHER }, value: rest },
        ]
      }),
  },
  {
    name: 'spillway_key_entries_per_second',
    type: 'gauge',
    help: 'Records and EOE of a rule key over the last 1s, 10s, 1m and 15m.',
    labels: ['node', 'key', 'window'],
    of: ({ windows }) =>
      windows.flatMap(({ node, keys }) =>
        keys.flatMap(({ key, ...of }) =>
          Object.entries(of).map(([window, { entries_per_s: value }]) => ({
            labels: { node, key, window },
            value,
          })),
        ),
      ),
  },
  {
    name: 'spillway_key_peak_entries_per_second',
    type: 'gauge',
    help: 'Records and EOE of a rule key in its busiest second of the last 15 minutes.',
    labels: ['node', 'key'],
    of: ({ windows }) =>
      windows.flatMap(({ node, keys }) =>
        keys.map(({ key, '15m': last }) => ({
          labels: { node, key },
          value: last.peak_entries_per_s,
        })),
      ),
  },
  {
    name: 'spillway_node_records_per_second',
    type: 'gauge',
    help: 'Records of a node in the last interval.',
    labels: ['node'],
    of: ({ rates }) =>
      rates.map(({ node, total }) => ({ labels: { node }, value: total.records_per_s })),
  },
  {
    name: 'spillway_node_peak_records_per_second',
    type: 'gauge',
    help: 'Records in the busiest second of that interval.',
    labels: ['node'],
    of: ({ rates }) =>
      rates.map(({ node, total }) => ({ labels: { node }, value: total.peak_records_per_s })),
  },
  {
    name: 'spillway_alerts_open',
    type: 'gauge',
    help: 'Alerts that fire and have not ended.',
    labels: ['severity'],
    of: ({ alerts }) =>
      ['info', 'warning', 'critical'].map((severity) => ({
        labels: { severity },
        value: alerts.open.filter((alert) => alert.severity === severity).length,
      })),
  },
  gauge('spillway_sink_connected', '1 while the sink has a connection, else 0.', ({ sink }) =>
    sink.connected === undefined ? undefined : Number(sink.connected),
  ),
  gauge(
    'spillway_sink_waiting_messages',
    'Messages not acknowledged yet.',
    ({ sink }) => sink.waiting,
  ),
  gauge('spillway_sink_waiting_bytes', 'Bytes of those.', ({ sink }) => sink.waiting_bytes),
  counter(
    'spillway_sink_delivered_messages_total',
    'Messages acknowledged.',
    ({ sink }) => sink.delivered,
  ),
  gauge(
    'spillway_sink_stalled_seconds',
    'Time without an acknowledgement that is due.',
    ({ sink }) => sink.stalled_s,
  ),
  gauge(
    'spillway_sink_outbox_messages',
    'Rates and alerts that wait for the sink.',
    ({ sink }) => sink.outbox,
  ),
  counter(
    'spillway_sink_outbox_dropped_total',
    'Rates and alerts dropped for room.',
    ({ sink }) => sink.outbox_dropped,
  ),
]

type Figure = (status: Status) => number | null | undefined

function gauge(name: string, help: string, figure: Figure): Metric {
  return plainMetric('gauge', name, help, figure)
}

function counter(name: string, help: string, figure: Figure): Metric {
  return plainMetric('counter', name, help, figure)
}

/** A metric without labels. */
function plainMetric(type: Metric['type'], name: string, help: string, figure: Figure): Metric {
  const of = (status: Status): Sample[] => {
    const value = figure(status)
    return value === null || value === undefined ? [] : [{ labels: {}, value }]
  }
  return { name, type, help, labels: [], of }
}

function seconds(time: string): number {
  return Date.parse(time) / 1000
}
