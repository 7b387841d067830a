import { Random } from '../../../src/generate/random.ts'

/** Nothing; what a shim held in memory; or what alerts say is missing. */
type Cost = 'nothing' | 'memory' | 'announced'

export type FaultKind =
  | 'service.kill'
  | 'service.freeze'
  | 'service.twice'
  | 'shim.kill'
  | 'shim.freeze'
  | 'shim.twice'
  | 'signals'
  | 'disk.freeze'
  | 'disk.full'
  | 'segment.flip'
  | 'checkpoint.flip'

/** What a campaign does to a host, and what that may cost. */
export const FAULTS: Readonly<Record<FaultKind, { readonly costs: Cost }>> = {
  /** The service is killed; its supervisor starts it again. */
  'service.kill': { costs: 'nothing' },
  /** The service stands still. */
  'service.freeze': { costs: 'nothing' },
  /** A second service starts beside the first, which gives way. */
  'service.twice': { costs: 'nothing' },
  /** The shim is killed with what it holds in memory. */
  'shim.kill': { costs: 'memory' },
  /** The shim stands still; whoever writes to it waits. */
  'shim.freeze': { costs: 'nothing' },
  /** A second shim takes over before the first is told that its input has ended. */
  'shim.twice': { costs: 'nothing' },
  /** Both processes get the signals that auditd and administrators send. */
  signals: { costs: 'nothing' },
  /** Writes to the spool's file system do not return. */
  'disk.freeze': { costs: 'nothing' },
  /** The spool's file system has no room left. */
  'disk.full': { costs: 'announced' },
  /** One byte of a segment is not what was written. */
  'segment.flip': { costs: 'announced' },
  /** One byte of a checkpoint slot is not what was written, and the service has to start from it. */
  'checkpoint.flip': { costs: 'nothing' },
}

/** One fault: when it comes, in ms after the start, and how long it lasts where it lasts. */
export interface Fault {
  readonly kind: FaultKind
  readonly at: number
  readonly ms: number
  /** In [0, 1): what else there is to choose. */
  readonly draw: number
}

/** Milliseconds between two faults. */
const LEAST_GAP = 400
const MORE_GAP = 900
/** Milliseconds that a standing fault lasts. Longer than a second and a half would fill the shim's ring. */
const LEAST_MS = 100
const MORE_MS = 1400

/** The faults of one run of `seconds`, drawn from `seed`; `only` names the kinds to draw from. */
export function planOf(
  seed: number,
  seconds: number,
  only: readonly FaultKind[] = Object.keys(FAULTS) as FaultKind[],
): Fault[] {
  const random = new Random(seed)
  const plan: Fault[] = []
  for (let at = LEAST_GAP; at < seconds * 1000 - LEAST_GAP; ) {
    const kind = only[random.below(only.length)]
    const ms = LEAST_MS + random.below(MORE_MS)
    plan.push({ kind, at, ms, draw: random.share() })
    at += LEAST_GAP + random.below(MORE_GAP)
  }
  return plan
}

/** What a plan may cost at most. */
export function costOf(plan: readonly Fault[]): { memory: boolean; announced: boolean } {
  const costs = plan.map(({ kind }) => FAULTS[kind].costs)
  return { memory: costs.includes('memory'), announced: costs.includes('announced') }
}
