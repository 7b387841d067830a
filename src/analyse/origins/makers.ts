import type { Run } from '../../model/delivery.ts'
import type { OriginReader } from '../../model/origin-reader.ts'
import { NOT_FOUND } from '../../model/origins.ts'

/** Has it found who made single events of a run that a decoder has not looked at, when somebody asks. */
export class Makers {
  readonly #reader: OriginReader | null
  /** The run whose events are looked at. */
  #run: Run | null = null

  constructor(reader: OriginReader | null) {
    this.#reader = reader
  }

  /** Has the columns of a row say who made it. */
  find(run: Run, row: number): void {
    if (this.#reader === null || run.result.events.program[row] !== NOT_FOUND) return
    if (run !== this.#run) this.#reader.begin(run.batch, run.result)
    this.#run = run
    this.#reader.take(row)
  }

  /** The rows of the run are over: its bytes may go. */
  end(): void {
    this.#run = null
  }
}
