import type { Finding } from './finding.ts'
import { Serials } from './serials.ts'

/**
 * Milliseconds by which the heartbeat that tells of a hole and the one with its serials may lie apart, and the
 * stamp of an event and those of the events around it: less than a boot takes to use its serials again.
 */
const NEAR_MS = 60_000

/** What a finding comes to when recovered events are held against it. */
interface Judged {
  readonly open: readonly Finding[]
  readonly closed: readonly Finding[]
}

/** Events that `reconcile` brought back, and what they fill. */
export class Recovered {
  readonly #serials = new Serials()

  /** Takes an event; `time` is that of its stamp, ms since the epoch. */
  take(node: string, serial: number, time: number): void {
    this.#serials.add(node, serial, time)
  }

  /**
   * Parts findings into those that are filled and those that are not. Missing serials are filled when all of
   * them were brought back; a hole of the spool is when there are serials that are missing for it, near it, and
   * all of these were.
   */
  judge(findings: readonly Finding[]): Judged {
    const open: Finding[] = []
    const closed: Finding[] = []
    const holes: Finding[] = []
    for (const finding of findings) {
      if (finding.unit === 'lines' && finding.why !== undefined) holes.push(finding)
      else {
        const back = this.#backIn(finding)
        if (back === 0) open.push(finding)
        else if (back === finding.count) closed.push(said(finding, 'all were brought back'))
        else open.push(said(finding, `${back} of these were brought back`))
      }
    }
    for (const hole of holes) {
      const isClosed =
        closed.some((one) => belongs(one, hole)) && !open.some((one) => belongs(one, hole))
      if (isClosed) closed.push(said(hole, 'what is missing there was brought back'))
      else open.push(hole)
    }
    return { open, closed }
  }

  #backIn({ node, serials, from, to }: Finding): number {
    if (serials === undefined || node === null) return 0
    return this.#serials.countIn(node, serials, timeOf(from) - NEAR_MS, timeOf(to) + NEAR_MS)
  }
}

function said(finding: Finding, what: string): Finding {
  return { ...finding, text: `${finding.text}; ${what}` }
}

/** Serials that are missing for the reason of a hole, and near it. */
function belongs(one: Finding, hole: Finding): boolean {
  return (
    one.serials !== undefined &&
    one.why === hole.why &&
    timeOf(one.from) <= timeOf(hole.to) + NEAR_MS &&
    timeOf(one.to) >= timeOf(hole.from) - NEAR_MS
  )
}

function timeOf(time: string | null): number {
  return Date.parse(time ?? '')
}
