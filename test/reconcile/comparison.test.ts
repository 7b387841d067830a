import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import { lostIn } from '../../src/reconcile/findings.ts'
import { make, readLines } from '../generate/made.ts'
import { delivered, reconciled } from './reconciled.ts'

const MIX = { open: 5, exec: 3, user: 2, login: 1, connect: 2, daemon: 1 }

/** A stream some ranges of whose lines were lost on the way, and auditd's log of it. */
class Loss {
  readonly log: Buffer
  readonly events: string[]
  /** The alert for each range. */
  readonly alerts: string[] = []
  /** Per range, ids of events that lost a record in it. */
  readonly lost: Set<string>[] = []

  /** `ranges` are shares of all lines, in order and apart from each other. */
  constructor(options: Partial<GeneratorOptions>, ranges: readonly (readonly [number, number])[]) {
    const { bytes } = make({ events: 1000, mix: MIX, ...options })
    const lines = readLines(bytes)
    const cuts = ranges.map(([from, to]) => [from, to].map((at) => Math.floor(at * lines.length)))
    this.log = bytesOf(lines.filter(({ type }) => type !== 'EOE'))
    const kept = lines.filter((_, i) => !cuts.some(([from, to]) => i >= from && i < to))
    const stream = bytesOf(kept)
    this.events = delivered(stream)
    let gone = 0
    for (const [i, [from, to]] of cuts.entries()) {
      const at = bytesOf(lines.slice(0, from)).length - gone
      gone += bytesOf(lines.slice(from, to)).length
      this.alerts.push(alertAt(`1.0.${at}`, i))
      const ids = lines
        .slice(from, to)
        .flatMap(({ id, type }) => (type === 'EOE' ? [] : [id ?? '']))
      this.lost.push(new Set(ids))
    }
  }

  /** Ids of all events that lost a record. */
  get all(): string[] {
    return [...new Set(this.lost.flatMap((ids) => [...ids]))].toSorted()
  }
}

function bytesOf(lines: readonly { text: string }[]): Buffer {
  return Buffer.from(lines.map(({ text }) => `${text}\n`).join(''), 'latin1')
}

function alertAt(at: string, number: number): string {
  const starts_at = '2026-01-01T00:00:00.000Z'
  return JSON.stringify({
    type: 'spool.died',
    dedup_key: `spool.died/h/${number}`,
    starts_at,
    evidence: { at, torn: 0 },
  })
}

/** Ids of events as `readLines` has them. */
function idsOf(events: readonly string[]): string[] {
  const ids = events.map((line) => {
    const { ID, NODE, EVENT } = JSON.parse(line) as {
      ID: string
      NODE: string
      EVENT: { id: string; recovered?: boolean; recovered_from?: string }
    }
    expect(EVENT).toMatchObject({ recovered: true, recovered_from: 'audit.log' })
    return `${NODE === 'h' ? '' : NODE} ${ID}${/:d\d+$/.test(EVENT.id) ? 'd' : ''}`
  })
  return [...new Set(ids)].toSorted()
}

const share = fc.double({ min: 0.15, max: 0.8, noNaN: true })
const ranges = fc
  .array(fc.tuple(share, fc.double({ min: 0.0005, max: 0.1, noNaN: true })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((all) => {
    const sorted = all.toSorted(([a], [b]) => a - b)
    return sorted
      .map(([from, size], i): [number, number] => [
        from,
        Math.min(from + size, (sorted[i + 1]?.[0] ?? 1) - 0.01),
      ])
      .filter(([from, to]) => to > from)
  })
const streams = fc.record({
  seed: fc.nat(1000),
  nodes: fc.constantFrom(0, 2),
  format: fc.constantFrom('raw' as const, 'enriched' as const),
  late: fc.constantFrom(0, 0.02),
  interleave: fc.constantFrom(0, 0.5),
  rate: fc.constantFrom(50, 2000),
  startSerial: fc.constantFrom(1, 4_294_966_800),
})

describe('reconcile', () => {
  it('brings back exactly the events that lost a record, and a second run nothing', () => {
    fc.assert(
      fc.property(streams, ranges, (options, cuts) => {
        const loss = new Loss(options, cuts)
        const first = reconciled(loss.log, loss.events, loss.alerts)
        expect(idsOf(first.filled)).toEqual(loss.all)
        const again = reconciled(loss.log, [...loss.events, ...first.filled], loss.alerts)
        expect(again.filled).toEqual([])
        expect(lostIn(again.findings).events).toBe(0)
      }),
      { numRuns: 12 },
    )
  })

  it('finds everything that is missing in an announced hole there, and says nothing of silent loss', () => {
    fc.assert(
      fc.property(streams, ranges, (options, cuts) => {
        const loss = new Loss(options, cuts)
        const { findings, filled } = reconciled(loss.log, loss.events, loss.alerts)
        expect(findings.silent.lost.events).toBe(0)
        expect(lostIn(findings).events).toBe(filled.length)
        expect(findings.holes.every(({ reached }) => reached)).toBe(true)
        expect(findings.missingSerials).toBe(0)
      }),
      { numRuns: 8 },
    )
  })

  const TWO = [
    [0.3, 0.35],
    [0.6, 0.62],
  ] as const

  it('tells what no alert announced from what one did', () => {
    const { log, events, alerts, lost } = new Loss({ rate: 50 }, TWO)
    const { findings } = reconciled(log, events, alerts.slice(0, 1))
    expect(findings.holes.map((hole) => hole.lost.events)).toEqual([lost[0].size])
    expect(findings.silent.lost.events).toBe(lost[1].size)
  })

  it('knows what is announced by serial alone', () => {
    const options = { mix: { open: 1 }, rate: 50, startSerial: 4_294_967_000 }
    const { log, events } = new Loss(options, [[0.3, 0.35]])
    const [lost] = reconciled(log, events).findings.silentRanges
    const [before, after] = [lost.time, lost.time].map((time) => new Date(time).toISOString())
    const range = { from: lost.first, to: lost.last, before, after }
    const alert = { type: 'stream.gap', node: 'h', evidence: { ranges: [range] } }
    const { findings } = reconciled(log, events, [JSON.stringify(alert)])
    expect(findings.named.lost.events).toBe(((lost.last - lost.first) | 0) + 1)
    expect(findings.silentRanges).not.toContainEqual(lost)
  })

  it('leaves alone what may not have closed yet, unless it is announced or asked for', () => {
    const { log, events } = new Loss({ rate: 50 }, [])
    for (const back of [2, 20, 90]) {
      const { findings, filled } = reconciled(log, events.toSpliced(-back, 1))
      expect([findings.silent.lost.events, filled]).toEqual([0, []])
      expect(findings.nodes[0].outside.events).toBe(1)
    }
    const asked = reconciled(log, events.toSpliced(-20, 1), [], { until: Date.UTC(2100) })
    expect(asked.filled).toHaveLength(1)
    const older = reconciled(log, events.toSpliced(-200, 1))
    expect(older.findings.silent.lost.events).toBe(1)
  })

  it('finds a hole in the logs of several nodes, one after the other', () => {
    const { log, events, alerts, all } = new Loss({ nodes: 2, rate: 2000 }, TWO)
    const lines = log.toString('latin1').split('\n').slice(0, -1)
    const nodes = [...new Set(lines.map((line) => line.slice(0, line.indexOf(' '))))]
    const apart = nodes.flatMap((node) => lines.filter((line) => line.startsWith(`${node} `)))
    const { findings, filled } = reconciled(
      Buffer.from(`${apart.join('\n')}\n`, 'latin1'),
      events,
      alerts,
    )
    expect(findings.silent.lost.events).toBe(0)
    expect(findings.holes.every(({ reached }) => reached)).toBe(true)
    expect(idsOf(filled)).toEqual(all)
  })

  it('says which holes an earlier run has filled', () => {
    const { log, events, alerts } = new Loss({}, TWO)
    const { findings, filled } = reconciled(log, events, alerts)
    const after = reconciled(log, [...events, ...filled], alerts).findings
    const whole = findings.holes.map(({ lost }) => lost.events - lost.torn)
    expect(after.holes.map(({ recovered }) => recovered)).toEqual(whole)
    expect(after.silent.recovered).toBe(0)
  })

  it('tells what is in neither', () => {
    const { log, events, alerts } = new Loss({ mix: { open: 1 } }, TWO)
    const text = log.toString('latin1').split('\n')
    const serials = [...new Set(text.map((line) => /:(\d+)\)/.exec(line)?.[1]))]
    const middle = Math.floor(serials.length * 0.32)
    const gone = new Set(serials.slice(middle, middle + 5))
    const cut = text.filter((line) => !gone.has(/:(\d+)\)/.exec(line)?.[1])).join('\n')
    const { findings } = reconciled(Buffer.from(cut, 'latin1'), events, alerts)
    expect(findings.missingSerials).toBe(5)
    expect(findings.holes.map(({ neither }) => neither)).toEqual([5, 0])
  })

  it('judges nothing before the first delivered event and after the last, unless it is asked to', () => {
    const { log, events } = new Loss({}, [
      [0, 0.2],
      [0.9, 1],
    ])
    const { findings, filled } = reconciled(log, events)
    expect(filled).toEqual([])
    const [{ outside }] = findings.nodes
    expect(outside.events).toBeGreaterThan(150)
    const asked = reconciled(log, events, [], { since: 0, until: Date.UTC(2100) })
    expect(asked.filled.length).toBe(outside.events)
  })

  it('tells a log that lacks what was delivered', () => {
    const { log, events } = new Loss({ mix: { open: 1 } }, [])
    const lines = log.toString('latin1').split('\n')
    const cut = [...lines.slice(0, 2000), ...lines.slice(2100)].join('\n')
    const { findings } = reconciled(Buffer.from(cut, 'latin1'), events)
    expect(findings.nodes[0].absent.events).toBeGreaterThan(10)
    expect(findings.missingSerials).toBe(0)
  })
})
