import { Counter, Gauge, Registry } from 'prom-client'
import { plain } from '../model/plain.ts'
import type { Status } from '../model/status.ts'
import { METRICS } from './metrics.ts'

/** Content type of the text. */
export const CONTENT_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE

/**
 * A status in Prometheus' text format. What is not known is not there. Keys and nodes come out of
 * records: their control characters become `?`, and those that are the same then are added up.
 */
export function metricsText(status: Status): Promise<string> {
  // Made anew each time: keys that are no longer among the largest leave nothing behind.
  const registry = new Registry()
  for (const known of METRICS) {
    const { name, type, help, labels } = known
    const samples = known.of(status)
    if (samples.length === 0) continue
    const options = { name, help, labelNames: [...labels], registers: [registry] }
    const metric = type === 'counter' ? new Counter(options) : new Gauge(options)
    for (const { labels: given, value } of samples) {
      const shown = Object.entries(given).map(([label, text]) => [label, plain(text)])
      metric.inc(Object.fromEntries(shown) as Record<string, string>, value)
    }
  }
  return registry.metrics()
}
