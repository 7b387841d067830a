import type { Settings } from '../config/settings.ts'
import type { Log } from '../log.ts'
import type { Sink } from '../model/delivery.ts'
import type { Shim } from '../shim/shim.ts'
import type { Checkpoint } from '../spool/checkpoint.ts'
import type { AlertBoard } from './alert-board.ts'

/** What a service delivers to, and where it says so. */
export interface Means {
  readonly settings: Settings
  readonly sink: Sink
  readonly log: Log
}

/** What a service is made of. */
export interface ServiceParts extends Means {
  readonly board: AlertBoard
  readonly checkpoint: Checkpoint
  /** What writes the spool in this process, if anything does. */
  readonly shim: Shim | null
}
