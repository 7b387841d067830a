import type { Cause, Finding } from './finding.ts'
import type { Heartbeat, MissingLines, MissingRange } from './heartbeat.ts'

/** What one heartbeat itself says is missing. */
export function toldBy(heartbeat: Heartbeat): Finding[] {
  return [
    ...serialsMissing(heartbeat),
    ...linesMissing(heartbeat),
    ...lost(heartbeat),
    ...undelivered(heartbeat),
    ...notes(heartbeat),
  ]
}

type Known = Pick<Finding, 'node' | 'from' | 'to'>

function known({ node, from, to }: Heartbeat): Known {
  return { node, from, to }
}

function serialsMissing(heartbeat: Heartbeat): Finding[] {
  const { node, serials } = heartbeat
  if (serials === null || serials.missing === 0) return []
  const findings = serials.ranges.map((range) => rangeMissing(node, range))
  const rest = serials.missing - serials.ranges.reduce((sum, { count }) => sum + count, 0)
  if (rest <= 0) return findings
  const text = `${rest} more events in ${serials.more} ranges of serials did not come`
  return [
    ...findings,
    { ...known(heartbeat), cause: 'gap', count: rest, unit: 'events', range: null, text },
  ]
}

function rangeMissing(
  node: string,
  { from, to, count, before, after, why }: MissingRange,
): Finding {
  const range = from === to ? `${from}` : `${from}-${to}`
  const cause: Cause = why === null ? 'gap' : why.startsWith('spool.') ? 'spool' : 'restart'
  const reason = why ?? 'lost before the spool, by the kernel or auditd'
  const text = `serials ${range} did not come: ${reason}`
  const serials = { first: from, count }
  const said = why === null ? {} : { why }
  return {
    cause,
    node,
    from: before,
    to: after,
    count,
    unit: 'events',
    range,
    text,
    serials,
    ...said,
  }
}

function linesMissing(heartbeat: Heartbeat): Finding[] {
  const { stream } = heartbeat
  if (stream === null) return []
  const findings = stream.holes.map((hole) => holeFinding(heartbeat, hole))
  const rest = stream.dropped_lines - stream.holes.reduce((sum, { lines }) => sum + (lines ?? 0), 0)
  if (rest <= 0) return findings
  const range = `${stream.from} to ${stream.to}`
  const text = `${rest} more lines are missing in the spool`
  return [
    ...findings,
    { ...known(heartbeat), cause: 'spool', count: rest, unit: 'lines', range, text },
  ]
}

function holeFinding(heartbeat: Heartbeat, { why, at, lines }: MissingLines): Finding {
  const many = lines === null ? 'an unknown number of lines' : `${lines} lines`
  const text = `${why}: ${many} missing at ${at}`
  return { ...known(heartbeat), cause: 'spool', count: lines, unit: 'lines', range: at, text, why }
}

function lost(heartbeat: Heartbeat): Finding[] {
  const { lost: count } = heartbeat
  if (count === null || count === 0) return []
  const text = `the kernel counted ${count} losses, each a record or a whole event`
  return [{ ...known(heartbeat), cause: 'kernel', count, unit: 'losses', range: null, text }]
}

function undelivered(heartbeat: Heartbeat): Finding[] {
  const count = heartbeat.in.events - heartbeat.out.events - heartbeat.filtered
  if (count === 0) return []
  const text = `${count} events came in and were not given on`
  return [{ ...known(heartbeat), cause: 'delivery', count, unit: 'events', range: null, text }]
}

function notes(heartbeat: Heartbeat): Finding[] {
  const { rejected, incomplete } = heartbeat
  const found: Finding[] = []
  const add = (cause: Cause, count: number, unit: Finding['unit'], text: string): void => {
    if (count > 0) found.push({ ...known(heartbeat), cause, count, unit, range: null, text })
  }
  add('rejected', rejected, 'lines', rejectedText(rejected))
  const ends = incomplete === 1 ? '1 event' : `${incomplete} events`
  add('incomplete', incomplete, 'events', `the end of ${ends} was not seen`)
  return found
}

function rejectedText(count: number): string {
  return count === 1
    ? '1 line is no record; it is in the rejects'
    : `${count} lines are no records; they are in the rejects`
}
