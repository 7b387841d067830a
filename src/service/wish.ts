import { closeSync, constants, futimesSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { reasonOf } from '../model/failure.ts'

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW
const MODE = 0o640

/** The file in the state directory that a watcher looks at: touched, it asks for the rules. */
const NAME = 'wanted'

/** Asks the watcher, which reads what others may not, to look at the rules soon. */
export class RulesWish {
  readonly #path: string
  readonly #log: Log
  #isUttered = false
  #hasFailed = false

  constructor(state: string, log: Log) {
    this.#path = join(state, NAME)
    this.#log = log
  }

  /** Rules were changed. */
  utter(): void {
    this.#isUttered = true
  }

  /** Passes the wish on, if there is one. To be called about every second. */
  pass(): void {
    if (!this.#isUttered) return
    this.#isUttered = false
    try {
      const fd = openSync(this.#path, FLAGS, MODE)
      const now = new Date()
      futimesSync(fd, now, now)
      closeSync(fd)
    } catch (error) {
      if (!this.#hasFailed)
        this.#log.warn({ reason: reasonOf(error) }, 'the watcher cannot be asked for the rules')
      this.#hasFailed = true
    }
  }
}
