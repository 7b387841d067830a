import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { METRICS } from '../../src/metrics/metrics.ts'
import { Metrics } from '../../src/metrics/server.ts'
import { metricsText } from '../../src/metrics/text.ts'
import type { Status } from '../../src/model/status.ts'
import { alertOf, keyOf, statusOf } from '../cli/status-file.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const names = METRICS.map(({ name }) => name)
const kafka = {
  kind: 'kafka',
  connected: true,
  waiting: 5,
  waiting_bytes: 500,
  delivered: 1000,
  stalled_s: 0,
  error: null,
  outbox: 0,
  outbox_dropped: 0,
}

let metrics: Metrics | null = null
afterEach(() => metrics?.close())

/** The address of a service's metrics. */
async function answering(status: Status): Promise<string> {
  metrics = new Metrics(() => status)
  return `http://127.0.0.1:${await metrics.listen({ host: '127.0.0.1', port: 0 })}`
}

describe('the metrics', () => {
  it('are answered at /metrics, all of them where all is known', async () => {
    const queue = { ...statusOf().queue, overflow_s: 14 }
    const at = await answering(statusOf({ sink: kafka, queue }))
    const response = await fetch(`${at}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    expect([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name)).toEqual(names)
    expect(text).toContain('\nspillway_kernel_lost_total 12\n')
    expect(text).toContain('\nspillway_sink_connected 1\n')
    expect(text).toContain(
      '\nspillway_key_records_per_second{node="web-01",key="backup-reads"} 270\n',
    )
  })

  it('are all that is answered', async () => {
    const at = await answering(statusOf())
    expect((await fetch(at)).status).toBe(404)
    expect((await fetch(`${at}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405)
  })

  it('are not answered where another listens', async () => {
    const port = Number(new URL(await answering(statusOf())).port)
    const second = new Metrics(() => statusOf())
    await expect(second.listen({ host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE')
    second.close()
  })

  it('leave out what is not known', async () => {
    const nothing = { lost: null, backlog: null, backlog_limit: null }
    const text = await metricsText(statusOf({ kernel: nothing }))
    expect(text).not.toMatch(/spillway_(?:kernel|sink)_/)
    expect(text).toContain('spillway_spool_bytes')
  })

  it('have a bounded number of keys, and the rest of a node as (other)', async () => {
    const [rates] = statusOf().rates
    const keys = [keyOf('a', 1000), keyOf('(other)', 500)]
    const text = await metricsText(statusOf({ rates: [{ ...rates, keys }] }))
    expect([...text.matchAll(/^spillway_key_records_per_second\{.*$/gm)].map(String)).toEqual([
      'spillway_key_records_per_second{node="web-01",key="a"} 100',
      'spillway_key_records_per_second{node="web-01",key="(other)"} 200',
    ])
  })

  it('have the rate of a key over each window, and its peak', async () => {
    const text = await metricsText(statusOf())
    for (const window of ['1s', '10s', '1m', '15m'])
      expect(text).toContain(
        `spillway_key_entries_per_second{node="web-01",key="backup-reads",window="${window}"} 360\n`,
      )
    expect(text).toContain(
      'spillway_key_peak_entries_per_second{node="web-01",key="backup-reads"} 720\n',
    )
  })

  it('count open alerts by severity', async () => {
    const open = [alertOf('flood.start', 'warning'), alertOf('audit.disabled', 'critical')]
    const text = await metricsText(statusOf({ alerts: { open, recent: [] } }))
    expect(text).toContain('spillway_alerts_open{severity="critical"} 1\n')
    expect(text).toContain('spillway_alerts_open{severity="info"} 0\n')
  })

  it('let no control character of a key through', async () => {
    const [rates] = statusOf().rates
    const keys = [keyOf('a\u001b[2J\n"', 10), keyOf('a\u0007[2J\n"', 10)]
    const text = await metricsText(statusOf({ rates: [{ ...rates, keys }] }))
    expect(text).toContain('key="a?[2J?\\""} 2\n')
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  it('have names as Prometheus asks for', () => {
    expect(new Set(names).size).toBe(names.length)
    for (const { name, type } of METRICS) {
      expect(name).toMatch(/^spillway_[a-z]+(?:_[a-z]+)*$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
    }
  })
})

describe('docs/metrics.md', () => {
  it('has a row for every metric and no other', () => {
    const page = readFileSync(resolve(ROOT, 'docs/metrics.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (.*) \| (.+) \|$/gm)]
    expect(rows.map(([, ...cells]) => cells)).toEqual(
      METRICS.map(({ name, type, labels, help }) => [
        name,
        type,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
      ]),
    )
  })

  it('alarms by names that there are', () => {
    const page = readFileSync(resolve(ROOT, 'docs/metrics.md'), 'utf8')
    const used = new Set([...page.matchAll(/\bspillway_[a-z_]+/g)].map(([name]) => name))
    expect([...used].filter((name) => !names.includes(name))).toEqual([])
  })
})

describe('the dashboard', () => {
  it('uses names that there are, and labels that they have', () => {
    const text = readFileSync(resolve(ROOT, 'deploy/grafana/spillway.json'), 'utf8')
    const board = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] }
    const exprs = board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
    expect(exprs.length).toBeGreaterThan(10)
    const used = new Set([...text.matchAll(/\bspillway_[a-z_]+/g)].map(([name]) => name))
    expect([...used].filter((name) => !names.includes(name))).toEqual([])
    for (const expr of exprs) {
      const [, name, selectors] = /(spillway_\w+)\{(.*?)\}/.exec(expr) ?? []
      const known = METRICS.find((metric) => metric.name === name)?.labels ?? []
      const labels = [...(selectors ?? '').matchAll(/(\w+)=/g)].map(([, label]) => label)
      expect(labels.filter((label) => label !== 'instance' && !known.includes(label))).toEqual([])
    }
  })

  it('shows rates over each window that there is, the peaks, and what can be drained', async () => {
    const text = readFileSync(resolve(ROOT, 'deploy/grafana/spillway.json'), 'utf8')
    const { templating } = JSON.parse(text) as {
      templating: { list: { name: string; query: unknown }[] }
    }
    const windows = templating.list.find(({ name }) => name === 'window')?.query
    const told = (await metricsText(statusOf())).matchAll(/window="(\w+)"/g)
    expect(String(windows).split(',')).toEqual([...new Set([...told].map(([, one]) => one))])
    for (const name of ['key_entries_per_second', 'key_peak_entries_per_second', 'drain_entries'])
      expect(text).toContain(`spillway_${name}`)
  })

  it('has panels that do not lie over each other, and numbers of their own', () => {
    const text = readFileSync(resolve(ROOT, 'deploy/grafana/spillway.json'), 'utf8')
    const { panels } = JSON.parse(text) as {
      panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[]
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })
})
