import { absent, boots, byNode } from './chain.ts'
import { EventCounts } from './events.ts'
import { type Finding, isNote } from './finding.ts'
import { type Heartbeat, isSame, readHeartbeat } from './heartbeat.ts'
import { type HourRow, hoursOf } from './hours.ts'
import { toldBy } from './told.ts'

/** What heartbeats say of a stream. */
export interface Verdict {
  /** Nothing is missing. */
  readonly complete: boolean
  /** A row per node and hour. */
  readonly hours: readonly HourRow[]
  /** What is missing. */
  readonly findings: readonly Finding[]
  /** What was missing, and was brought back from auditd's log. */
  readonly closed: readonly Finding[]
  /** What else there is to know. */
  readonly notes: readonly Finding[]
}

/** The period that is asked about, ms since the epoch; null where it is open. */
export interface Period {
  readonly from: number | null
  readonly to: number | null
}

/** Takes heartbeats, and events where they are to be counted, and says what is missing. */
export class Audit {
  readonly #period: Period
  readonly #heartbeats = new Map<string, Heartbeat>()
  readonly #found: Finding[] = []
  #events: EventCounts | null = null

  constructor(period: Period = { from: null, to: null }) {
    this.#period = period
  }

  /** Takes a line of a rates file; `place` names it. A heartbeat that comes again counts once. */
  take(line: string, place: string): void {
    if (line.trim() === '') return
    const heartbeat = readHeartbeat(line)
    if (heartbeat === null) {
      this.#found.push(unreadable(place))
      return
    }
    if (!this.#isAsked(heartbeat)) return
    const { node, from, to, part, stream } = heartbeat
    const key = `${node} ${from} ${to} ${part} ${stream?.from ?? ''}`
    const known = this.#heartbeats.get(key)
    if (known === undefined) this.#heartbeats.set(key, heartbeat)
    else if (!isSame(known, heartbeat)) this.#found.push(conflict(heartbeat))
    else if ((heartbeat.lost ?? 0) > (known.lost ?? 0)) this.#heartbeats.set(key, heartbeat)
  }

  /** Takes a line of a file of events; `place` names it. */
  takeEvent(line: string, place: string): void {
    if (line.trim() === '') return
    this.#events ??= new EventCounts()
    if (!this.#events.take(line)) this.#found.push(unreadable(place))
  }

  /** What all that was taken says. */
  verdict(): Verdict {
    const all = [...this.#heartbeats.values()]
    const first = all.filter(({ part }) => part === 1)
    const found = [
      ...this.#found,
      ...absent(first),
      ...boots(first),
      ...parts(all),
      ...ends(first, this.#period),
      ...first.flatMap(toldBy),
      ...(this.#events?.compare(byNode(first)) ?? []),
    ].toSorted((a, b) => (a.from ?? '').localeCompare(b.from ?? ''))
    const missing = found.filter((one) => !isNote(one))
    const notes = found.filter(isNote)
    const { open, closed } = this.#events?.recovered.judge(missing) ?? { open: missing, closed: [] }
    return {
      complete: open.length === 0,
      hours: hoursOf(first, { open, closed, notes }),
      findings: open,
      closed,
      notes,
    }
  }

  #isAsked({ start, end }: Heartbeat): boolean {
    const { from, to } = this.#period
    return (from === null || end > from) && (to === null || start < to)
  }
}

function unreadable(place: string): Finding {
  const text = `${place} is not what it should be: a heartbeat, or an event`
  return {
    cause: 'unreadable',
    node: null,
    from: null,
    to: null,
    count: 1,
    unit: 'lines',
    range: null,
    text,
  }
}

function conflict({ node, from, to }: Heartbeat): Finding {
  const text = 'this heartbeat was told twice, and not the same'
  return {
    cause: 'conflict',
    node,
    from,
    to,
    count: 1,
    unit: 'heartbeats',
    range: null,
    text,
  }
}

/** Parts of heartbeats that are not there. */
function parts(all: readonly Heartbeat[]): Finding[] {
  const there = new Map<string, { readonly one: Heartbeat; count: number }>()
  for (const one of all) {
    const key = `${one.node} ${one.from} ${one.to} ${one.stream?.from ?? ''}`
    const known = there.get(key)
    if (known === undefined) there.set(key, { one, count: 1 })
    else known.count++
  }
  return [...there.values()]
    .filter(({ one, count }) => count < one.parts)
    .map(({ one, count }) => {
      const { node, from, to } = one
      const text = `of ${one.parts} parts of this heartbeat ${count} are there`
      return {
        cause: 'heartbeat',
        node,
        from,
        to,
        count: one.parts - count,
        unit: 'heartbeats',
        range: null,
        text,
      }
    })
}

/** What each node lacks at the ends of the period asked about. */
function ends(heartbeats: readonly Heartbeat[], { from, to }: Period): Finding[] {
  if (heartbeats.length === 0) return [nothing()]
  return [...byNode(heartbeats)].flatMap(([node, own]) => {
    const first = own.reduce((a, b) => (b.start < a.start ? b : a))
    const last = own.reduce((a, b) => (b.end > a.end ? b : a))
    const found: Finding[] = []
    if (from !== null && first.start > from) found.push(lacks(node, timeOf(from), first.from))
    if (to !== null && last.end < to) found.push(lacks(node, last.to, timeOf(to)))
    return found
  })
}

function lacks(node: string, from: string, to: string): Finding {
  const text = `there is no heartbeat from ${from} to ${to}`
  return {
    cause: 'heartbeat',
    node,
    from,
    to,
    count: null,
    unit: 'heartbeats',
    range: null,
    text,
  }
}

function nothing(): Finding {
  const text = 'there is no heartbeat at all'
  return {
    cause: 'heartbeat',
    node: null,
    from: null,
    to: null,
    count: null,
    unit: 'heartbeats',
    range: null,
    text,
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
