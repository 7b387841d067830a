import type { Finding } from './finding.ts'
import type { Heartbeat } from './heartbeat.ts'

/**
 * Heartbeats that are not there. Those with a section of the stream hang together by it: each begins at
 * the byte where one before it ended. What lies between two others is told by their times.
 */
export function absent(heartbeats: readonly Heartbeat[]): Finding[] {
  const ends = new Set<string>()
  for (const { stream } of heartbeats)
    if (stream !== null && stream.from !== stream.to) ends.add(`${stream.host} ${stream.to}`)
  const firsts = firstSections(heartbeats)
  return [...byNode(heartbeats).values()].flatMap((own) => {
    const found: Finding[] = []
    let before: Heartbeat | null = null
    for (const one of own.toSorted(byTime)) {
      const joins = joinOf(one, ends, firsts)
      const isJoined =
        joins ?? (before === null || one.start <= before.end || isBooted(before, one))
      if (!isJoined) found.push(gapBetween(before, one))
      before = before === null || one.end >= before.end ? one : before
    }
    return found
  })
}

/**
 * What no heartbeat tells since the host was started again meanwhile: nobody knows whether it was off all
 * the time.
 */
export function boots(heartbeats: readonly Heartbeat[]): Finding[] {
  return [...byNode(heartbeats).values()].flatMap((own) => {
    const found: Finding[] = []
    let before: Heartbeat | null = null
    for (const one of own.toSorted(byTime)) {
      if (before !== null && one.start > before.end && isBooted(before, one))
        found.push(bootBetween(before, one))
      before = before === null || one.end >= before.end ? one : before
    }
    return found
  })
}

function bootBetween({ node, to: from }: Heartbeat, { from: to }: Heartbeat): Finding {
  const text = 'the host was started again, and no heartbeat tells of the time between'
  return { cause: 'boot', node, from, to, count: null, unit: 'heartbeats', range: null, text }
}

/** Whether a heartbeat with a section follows another; null where that does not tell. */
function joinOf(
  { stream }: Heartbeat,
  ends: ReadonlySet<string>,
  firsts: ReadonlyMap<string, string>,
): boolean | null {
  if (stream === null) return null
  if (stream.from === stream.to) return true
  return ends.has(`${stream.host} ${stream.from}`) || firsts.get(stream.host) === stream.from
}

/** Of each host the position at which its first section begins. */
function firstSections(heartbeats: readonly Heartbeat[]): Map<string, string> {
  const firsts = new Map<string, string>()
  for (const { stream } of heartbeats.toSorted(byTime))
    if (stream !== null && stream.from !== stream.to && !firsts.has(stream.host))
      firsts.set(stream.host, stream.from)
  return firsts
}

function gapBetween(before: Heartbeat | null, after: Heartbeat): Finding {
  const { node } = after
  const from = before?.to ?? null
  const count =
    before === null || after.start <= before.end
      ? null
      : Math.ceil((after.start - before.end) / (after.end - after.start))
  const many =
    count === null ? 'heartbeats are' : count === 1 ? '1 heartbeat is' : `${count} heartbeats are`
  const between = serialsBetween(before, after)
  const section = after.stream === null ? '' : `, of the stream before ${after.stream.from}`
  const numbers = between === null ? '' : `, with serials ${between}`
  return {
    cause: 'heartbeat',
    node,
    from,
    to: after.from,
    count,
    unit: 'heartbeats',
    range: between,
    text: `${many} not there${section}${numbers}`,
  }
}

/** Serials that lie between two heartbeats of a boot, where there are any. */
function serialsBetween(before: Heartbeat | null, after: Heartbeat): string | null {
  const last = before?.serials?.last ?? null
  const first = after.serials?.first ?? null
  if (before === null || last === null || first === null || isBooted(before, after)) return null
  const [from, to] = [(last + 1) >>> 0, (first - 1) >>> 0]
  return ((to - from) | 0) >= 0 ? `${from}-${to}` : null
}

/** The host has booted between two heartbeats. */
function isBooted(a: Heartbeat, b: Heartbeat): boolean {
  return a.boot !== null && b.boot !== null && a.boot !== b.boot
}

/** Heartbeats of each node. */
export function byNode(heartbeats: readonly Heartbeat[]): Map<string, Heartbeat[]> {
  const nodes = new Map<string, Heartbeat[]>()
  for (const one of heartbeats) {
    const own = nodes.get(one.node)
    if (own === undefined) nodes.set(one.node, [one])
    else own.push(one)
  }
  return nodes
}

function byTime(a: Heartbeat, b: Heartbeat): number {
  return a.start - b.start || a.end - b.end
}
