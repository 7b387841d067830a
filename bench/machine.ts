import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

/** What a figure was measured on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  /** Load average over one minute when the run began. Above 0.5 figures suffer. */
  readonly load: number
}

/** The machine as it is now. */
export function machine(): Machine {
  return {
    cpu: cpus()[0].model.trim(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    load: Number(loadavg()[0].toFixed(2)),
  }
}
