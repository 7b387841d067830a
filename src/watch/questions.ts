import { reasonOf } from '../model/failure.ts'
import type { Said, Status } from '../model/reading.ts'
import { parseRules } from './listing.ts'
import { parseStatus } from './status.ts'
import type { Views } from './views.ts'

/** Milliseconds after which an answer is late: without waiting for room it takes two or three. */
const LATE_MS = 100

/** What questions need. */
export interface QuestionsOptions {
  readonly views: Pick<Views, 'status' | 'rules' | 'hz'>
  readonly tell: (said: Said) => void
  /** Takes what went wrong. */
  readonly onTrouble: (what: string, error: unknown) => void
}

/** Asks the kernel, one thing at a time. A question that has no answer is never given up. */
export class Questions {
  readonly #options: QuestionsOptions
  #asking = false

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  /** An answer is awaited. */
  get isAsking(): boolean {
    return this.#asking
  }

  /** Asks for the status; gives it, null where there is none. */
  async askStatus(): Promise<Status | null> {
    const { views, tell, onTrouble } = this.#options
    const late = setTimeout(() => tell({ kind: 'unknown', why: 'waiting' }), LATE_MS)
    try {
      const { answer, took } = await this.#ask(() => views.status())
      const status = parseStatus(answer)
      if (status === null) throw new Error('auditctl -s printed no status')
      tell({ kind: 'status', took_ms: took, hz: views.hz, ...status })
      return status
    } catch (error) {
      tell({ kind: 'unknown', why: 'failed', reason: reasonOf(error) })
      onTrouble('cannot read the status of the kernel', error)
      return null
    } finally {
      clearTimeout(late)
    }
  }

  /** Asks for the rules. */
  async askRules(): Promise<void> {
    const { views, tell, onTrouble } = this.#options
    try {
      const { answer, took } = await this.#ask(() => views.rules())
      tell({ kind: 'rules', took_ms: took, ...parseRules(answer) })
    } catch (error) {
      onTrouble('cannot read the rules of the kernel', error)
    }
  }

  async #ask(
    question: () => Promise<readonly string[]>,
  ): Promise<{ answer: readonly string[]; took: number }> {
    this.#asking = true
    const asked = performance.now()
    try {
      const answer = await question()
      return { answer, took: Math.round(performance.now() - asked) }
    } finally {
      this.#asking = false
    }
  }
}
