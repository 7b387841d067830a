import { Random } from '../../../src/generate/random.ts'

/** Nothing; what a shim held in memory; or what alerts say is missing. */
type Cost = 'nothing' | 'memory' | 'announced'

/** What a run must have for a fault: Kafka as its sink, workers from the start, clocks that can be set. */
type Need = 'broker' | 'workers' | 'clock'

export type FaultKind =
  | 'service.kill'
  | 'service.freeze'
  | 'service.twice'
  | 'worker.end'
  | 'worker.memory'
  | 'worker.wedge'
  | 'shim.kill'
  | 'shim.freeze'
  | 'shim.twice'
  | 'signals'
  | 'clock.step'
  | 'disk.freeze'
  | 'disk.slow'
  | 'disk.full'
  | 'disk.error'
  | 'disk.readonly'
  | 'state.error'
  | 'segment.flip'
  | 'segment.torn'
  | 'checkpoint.flip'
  | 'checkpoint.torn'
  | 'broker.kill'
  | 'broker.restart'
  | 'broker.freeze'
  | 'broker.slow'
  | 'broker.cut'

/** What a campaign does to a host, and what that may cost. */
export const FAULTS: Readonly<Record<FaultKind, { readonly costs: Cost; readonly needs?: Need }>> =
  {
    /** The service is killed; its supervisor starts it again. */
    'service.kill': { costs: 'nothing' },
    /** The service stands still. */
    'service.freeze': { costs: 'nothing' },
    /** A second service starts beside the first, which gives way. */
    'service.twice': { costs: 'nothing' },
    /** A worker ends. */
    'worker.end': { costs: 'nothing', needs: 'workers' },
    /** A worker takes memory until it has none left. */
    'worker.memory': { costs: 'nothing', needs: 'workers' },
    /** A worker does not come back from a batch. */
    'worker.wedge': { costs: 'nothing', needs: 'workers' },
    /** The shim is killed with what it holds in memory. */
    'shim.kill': { costs: 'memory' },
    /** The shim stands still; whoever writes to it waits. */
    'shim.freeze': { costs: 'nothing' },
    /** A second shim takes over before the first is told that its input has ended. */
    'shim.twice': { costs: 'nothing' },
    /** Both processes get the signals that auditd and administrators send. */
    signals: { costs: 'nothing' },
    /** The time of day that both processes see jumps by up to an hour, forward or back. */
    'clock.step': { costs: 'nothing', needs: 'clock' },
    /** Writes to the spool's file system do not return. */
    'disk.freeze': { costs: 'nothing' },
    /** Each write and sync of the shim takes long. */
    'disk.slow': { costs: 'nothing' },
    /** The spool's file system has no room left. */
    'disk.full': { costs: 'announced' },
    /** Writes and syncs of the shim fail with EIO. */
    'disk.error': { costs: 'announced' },
    /** Writes of the shim fail with EROFS, and no segment can be made. */
    'disk.readonly': { costs: 'announced' },
    /** Syncs of the service fail with EIO: sink, checkpoint and outbox. */
    'state.error': { costs: 'nothing' },
    /** One byte of a segment is not what was written. */
    'segment.flip': { costs: 'announced' },
    /** The end of a segment is zeros, as when power fails before it was synced. */
    'segment.torn': { costs: 'announced' },
    /** One byte of a checkpoint slot is not what was written, and the service has to start from it. */
    'checkpoint.flip': { costs: 'nothing' },
    /** A checkpoint slot was written in part, and the service has to start from it. */
    'checkpoint.torn': { costs: 'nothing' },
    /** The broker is killed, and started again. */
    'broker.kill': { costs: 'nothing', needs: 'broker' },
    /** The broker stops in good order, and is started again. */
    'broker.restart': { costs: 'nothing', needs: 'broker' },
    /** The broker stands still: it takes connections and does not answer. */
    'broker.freeze': { costs: 'nothing', needs: 'broker' },
    /** Each piece of what goes to the broker or comes from it takes long. */
    'broker.slow': { costs: 'nothing', needs: 'broker' },
    /** All connections to the broker are cut off. */
    'broker.cut': { costs: 'nothing', needs: 'broker' },
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

/** The kinds that a run can have, `broker`: with Kafka as its sink. */
export function kindsFor(broker: boolean): FaultKind[] {
  const kinds = Object.keys(FAULTS) as FaultKind[]
  return kinds.filter((kind) => broker || FAULTS[kind].needs !== 'broker')
}

/** The faults of one run of `seconds`, drawn from `seed`: each of `kinds` once before one comes again. */
export function planOf(seed: number, seconds: number, kinds: readonly FaultKind[]): Fault[] {
  const random = new Random(seed)
  const plan: Fault[] = []
  let left: FaultKind[] = []
  for (let at = LEAST_GAP; at < seconds * 1000 - LEAST_GAP; ) {
    if (left.length === 0) left = [...kinds]
    const [kind] = left.splice(random.below(left.length), 1)
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

/** A plan needs something. */
export function needs(plan: readonly Fault[], need: Need): boolean {
  return plan.some(({ kind }) => FAULTS[kind].needs === need)
}
