import type { Sink } from '../model/delivery.ts'
import { type Checkpoint, type SavedState, savedState } from '../spool/checkpoint.ts'
import { Pace } from './pace.ts'

/** What a ledger keeps, as it is at one moment. */
export type Standing = Pick<SavedState, 'delivery' | 'analysis' | 'windows' | 'alerts' | 'config'>

const NOTHING: SavedState = {
  delivery: null,
  analysis: null,
  windows: 'null',
  config: '',
  closed: 0,
  attempt: null,
}

/** What a ledger needs. */
export interface LedgerOptions {
  readonly checkpoint: Checkpoint
  readonly sink: Pick<Sink, 'sync'>
  readonly standing: () => Standing
  /** What counts at once, synced or not. */
  readonly marks: () => Pick<SavedState, 'closed' | 'attempt'>
  readonly onFailure: (error: unknown) => void
}

/** Makes durable how far a service is: first what it delivered, then the checkpoint that says so. */
export class Ledger {
  readonly #options: LedgerOptions
  #written: SavedState
  readonly #pace = new Pace()
  #behind = false
  #saving: Promise<void> | null = null

  constructor(options: LedgerOptions) {
    this.#options = options
    const { last } = options.checkpoint
    this.#written = last === null ? NOTHING : savedState(last)
  }

  /** There is something to save: so many bytes of the stream were analysed or delivered. */
  move(bytes: number): void {
    this.#pace.move(bytes)
    this.#behind = true
  }

  /** Saves where that is due, and tells whether it was. To be called each second; `now` as for `Pace`. */
  look(now: number): boolean {
    const isDue = this.#pace.isDue(now)
    if (isDue) void this.save()
    return isDue
  }

  /** Saves what moved, if anything did. One at a time; a failure is told to `onFailure`. */
  save(): Promise<void> {
    if (this.#behind)
      this.#saving ??= this.#save()
        .catch(this.#options.onFailure)
        .finally(() => {
          this.#saving = null
        })
    return this.#saving ?? Promise.resolve()
  }

  /** Saves until nothing is left to save. */
  async settle(): Promise<void> {
    do await this.save()
    while (this.#behind)
  }

  /** Makes the marks durable, on top of what was saved last. */
  async mark(): Promise<void> {
    await this.#write(this.#written)
  }

  async #save(): Promise<void> {
    this.#behind = false
    const standing = this.#options.standing()
    await this.#options.sink.sync()
    await this.#write(standing)
  }

  async #write(standing: Standing): Promise<void> {
    const { delivery, analysis, windows, alerts = [], config } = standing
    this.#written = { delivery, analysis, windows, alerts, config, ...this.#options.marks() }
    await this.#options.checkpoint.write(this.#written)
  }
}
