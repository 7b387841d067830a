import type { MachineState } from './queue/machine.ts'
import type { WindowState } from './rates/window-state.ts'
import type { BreaksState } from './stream/breaks.ts'
import type { StreamState } from './stream/stream.ts'
import type { VigilState } from './vigil/vigil.ts'

/** Version of the analyser's state. */
export const STATE_VERSION = 15

/** Whether an analyser of this version and of an interval in ms goes on from a state. */
export function isKnown(
  state: AnalyserState | undefined,
  interval: number,
): state is AnalyserState {
  return state?.version === STATE_VERSION && state.interval === interval
}

/** What an analyser knows, as a JSON value for the checkpoint. */
export interface AnalyserState {
  readonly version: number
  readonly interval: number
  readonly epoch: number
  readonly boot: string | null
  readonly clock: number
  readonly awake: number
  readonly rejects: number
  readonly last: string | null
  readonly windows: readonly WindowState[]
  readonly machine: MachineState
  readonly vigil: VigilState
  readonly stream: StreamState
  readonly breaks: BreaksState
}
