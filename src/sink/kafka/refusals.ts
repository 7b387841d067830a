import type { Outgoing } from './message.ts'
import { sizesOf } from './parts.ts'
import type { Refusal } from './producer.ts'

/** Messages and parts of one topic and size. */
interface Group {
  /** What the first report says. */
  readonly error: string
  /** How many were not taken. */
  reports: number
  /** How many were sent. */
  sent: number
}

/**
 * What was not taken of a round. A report tells the topic and the size of its message and no more, so that all
 * that look the same may be meant: they are sent again.
 */
export class Refusals {
  readonly #groups = new Map<string, Group>()

  constructor(reports: readonly Refusal[]) {
    for (const { topic, size, error } of reports) {
      const name = `${topic} ${size}`
      const group = this.#groups.get(name)
      if (group === undefined) this.#groups.set(name, { error, reports: 1, sent: 0 })
      else group.reports++
    }
  }

  /**
   * Why a message that was sent with `limit` bytes at most may not have been taken; null when it was. To be asked
   * once of each message of the round.
   */
  of(message: Outgoing, limit: number): string | null {
    if (this.#groups.size === 0) return null
    const groups = this.#groupsOf(message, limit)
    for (const group of groups) group.sent++
    return groups[0]?.error ?? null
  }

  /** Whether a message was meant for sure, once all of the round were asked for. */
  isSure(message: Outgoing, limit: number): boolean {
    return (
      message.alone || this.#groupsOf(message, limit).some(({ reports, sent }) => reports === sent)
    )
  }

  #groupsOf(message: Outgoing, limit: number): Group[] {
    return sizesOf(message, limit).flatMap(
      (size) => this.#groups.get(`${message.topic} ${size}`) ?? [],
    )
  }
}
