import { drainOf } from '../../src/analyse/floods/detector.ts'
import { type FloodFigures, floodWorse } from '../../src/analyse/floods/flood-alerts.ts'
import { type BlockedFigures, blocked, unblocked } from '../../src/analyse/losses/blocked-alert.ts'
import { Kernel } from '../../src/analyse/losses/kernel.ts'
import { NOT_TORN } from '../../src/analyse/losses/kernel-state.ts'
import {
  type ForecastFigures,
  forecastWithdrawn,
  overflowForecast,
} from '../../src/analyse/queue/forecast-alert.ts'
import { gapsAlert } from '../../src/analyse/stream/gap-alert.ts'
import { Missing } from '../../src/analyse/stream/missing.ts'
import { selfCalm, selfFlood } from '../../src/analyse/vigil/self-alerts.ts'
import { nodeSilent, nodeSpeaks } from '../../src/analyse/vigil/tamper-alerts.ts'
import { Vigil } from '../../src/analyse/vigil/vigil.ts'
import type { Message } from '../../src/model/delivery.ts'
import type { Reading } from '../../src/model/reading.ts'
import { poisonAlert, spoolAlert } from '../../src/service/alerts.ts'
import { fillingAlert } from '../../src/service/spool-room.ts'
import { Troubles } from '../../src/sink/kafka/troubles.ts'
import { change, Stage } from '../analyse/stage.ts'

const FLOOD: FloodFigures = {
  node: 'web-01',
  key: 'exec',
  from: 1,
  seconds: 9,
  events: 9,
  entries: 90_000,
  all: 90_000,
  peak: 12_000,
  worst: 11_000,
  level: 20,
  usual: 90,
  bar: 1090,
  why: 'sustained',
  drain: drainOf(9000),
  origins: null,
}
const POSITION = { epoch: 2, place: 2 ** 28 * 3 + 7 }

/** Alerts of troubles that a test does not bring about, made by what makes them. */
export function saidAlerts(): Message[] {
  const alerts: Message[] = [
    spoolAlert({ kind: 'waiting', epoch: 1, newer: 2 }, 'web-01', Date.now()),
    spoolAlert(
      { kind: 'skipped', from: POSITION, to: POSITION, bytes: null, lineFeeds: null },
      'web-01',
      Date.now(),
    ),
    new Vigil({ host: 'web-01', emitAlert: () => {} }).withRules(floodWorse(FLOOD, 'critical')),
    fillingAlert('web-01', 2, { bytes: 8, limit: 10, share: 0.8 }, 0, 1),
    poisonAlert({ kind: 'poison', at: POSITION, bytes: 7, reason: 'it ends' }, 'web-01', 0),
  ]
  sayKafka((alert) => alerts.push(alert))
  sayKernel((alert) => alerts.push(alert))
  alerts.push(...vigilAlerts())
  alerts.push(gapsAlert('web-01', null, missing(), null), ...blocks(), ...forecasts())
  return alerts
}

function vigilAlerts(): Message[] {
  const stage = new Stage().status(0).rules(0, ['-w /etc/passwd -p wa'])
  stage.come(5, ...change(1, 'op=remove_rule key="k" list=4')).rules(30, [])
  stage
    .come(40, ...change(2, 'op=set audit_enabled=0 old=1'))
    .status(50)
    .status(60, { pid: 0 })
  stage.status(70)
  const quiet = { voice: 'kernel', quiet: 4_000_000, longest: 60_000 } as const
  const loop = { node: 'web-01', from: 0, time: 1, own: 900, all: 1000, ms: 10_000, loops: true }
  const program = { program: '/opt/node', uid: 993, entries: 900, calls: [1], keys: ['k'] }
  const self = [selfFlood({ ...loop, programs: [program] }), selfCalm('web-01', 0, 1)]
  return [
    ...stage.alerts,
    ...self,
    nodeSilent('web-01', 0, 1, quiet),
    nodeSpeaks('web-01', 0, 1, 'all'),
  ]
}

function forecasts(): Message[] {
  const figures: ForecastFigures = {
    node: 'web-01',
    time: 2000,
    since: 1000,
    prediction: { now: 5000, seconds: { low: 8.8, likely: 9, high: null }, growth: 560 },
    backlog: { at: 1500, seenAt: 2000, low: 617, likely: 2845, high: 2969 },
    limit: 8192,
    limitRead: false,
    drain: null,
    shares: [{ key: 'exec', share: 0.9, error: 0.05 }],
  }
  return [overflowForecast(figures), forecastWithdrawn({ ...figures, shares: [] })]
}

function blocks(): Message[] {
  const figures: BlockedFigures = {
    node: 'web-01',
    cause: 'blocking',
    time: 3000,
    since: 1000,
    waitedMs: 1200,
    limit: 64,
    waitMs: null,
  }
  return [blocked(figures, [{ key: 'exec', share: 0.9, error: 0.05 }]), unblocked(figures)]
}

function missing(): Missing {
  const gaps = new Missing()
  gaps.add({ first: 7, last: 9, before: 1000, after: 2000, shown: 2, clock: 0, why: 'spool.died' })
  return gaps
}

function sayKafka(tell: (alert: Message) => void): void {
  const troubles = new Troubles('web-01', tell)
  troubles.raise('unreachable', null, 'no broker')
  troubles.raise('refused', 'audit.events', 'not authorized')
  troubles.clear('audit.events')
  troubles.mention('limit', 'audit.events', 'too large')
  troubles.mention('timestamp', 'audit.events', 'too old')
  troubles.mention('rejected', 'audit.events', 'invalid')
  troubles.tellDropped(3)
}

function sayKernel(emitAlert: (alert: Message) => void): void {
  const kernel = new Kernel({
    node: 'web-01',
    gaps: () => ({ sure: 0, all: 0, until: 0 }),
    torn: () => NOT_TORN,
    lacks: () => false,
    isIn: () => true,
    isBehind: () => false,
    seconds: () => null,
    foreseen: () => null,
    emitAlert,
  })
  const status = (second: number, enabled: number, lost: number): Reading => ({
    v: 1,
    time: new Date(1_795_331_090_000 + second * 1000).toISOString(),
    boot: 'b1',
    monotonic_us: second * 1_000_000 + 1,
    kind: 'status',
    took_ms: 3,
    hz: 250,
    enabled,
    failure: 1,
    pid: 947,
    rate_limit: 0,
    backlog_limit: 64,
    lost,
    backlog: 0,
    backlog_wait_time: 15_000,
    backlog_wait_time_actual: null,
    loginuid_immutable: 0,
  })
  kernel.take(status(0, 1, 100))
  kernel.take(status(10, 0, 300))
  kernel.take(status(20, 1, 4))
  kernel.reach(1_795_331_090_000 + 40_000)
}
