import { type ExitCode, Failure, reasonOf } from '../model/failure.ts'

/**
 * One thing after the other, until something fails. A sink does all its writing in a lane: order is
 * kept whatever its callers await, and after the first failure every later step rejects with it.
 */
export class Lane {
  #tail: Promise<void> = Promise.resolve()
  #failure: Failure | null = null
  readonly #code: ExitCode

  /** `code` is the exit code given to errors that are no `Failure` yet. */
  constructor(code: ExitCode) {
    this.#code = code
  }

  /** Runs `step` after all steps before it; rejects with a `Failure`, its own or the first one. */
  run(step: () => Promise<void>): Promise<void> {
    const turn = this.#tail.then(async () => {
      if (this.#failure !== null) throw this.#failure
      try {
        await step()
      } catch (error) {
        this.#failure =
          error instanceof Failure
            ? error
            : new Failure(this.#code, reasonOf(error), { cause: error })
        throw this.#failure
      }
    })
    this.#tail = turn.catch(() => {})
    return turn
  }
}
