import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two writes. */
const TURN_MS = 5

/** First second of the stamps. */
const START_S = 1795331090

/** Every so many events there is one that Kafka takes in parts alone. */
const LARGE_EVERY = 1009
const LARGE_PATHS = 12
const LARGE_NAME = 'd'.repeat(4000)

/** The lines of an event: records of a length that goes with the serial, and EOE. */
export function linesOf(serial: number): readonly string[] {
  const second = START_S + Math.floor(serial / 10_000)
  const stamp = `audit(${second}.${String(Math.floor(serial / 10) % 1000).padStart(3, '0')}:${serial}):`
  const large = serial % LARGE_EVERY === 0
  const paths = large ? LARGE_PATHS : 1
  const name = `/srv/${large ? LARGE_NAME : 'd'.repeat((serial * 7) % 180)}/${serial}`
  return [
    `type=SYSCALL msg=${stamp} arch=c000003e syscall=257 success=yes exit=3 items=${paths} pid=${serial} uid=0 comm="cat" exe="/usr/bin/cat" key="campaign"`,
    `type=CWD msg=${stamp} cwd="/root"`,
    ...Array.from(
      { length: paths },
      (_, item) =>
        `type=PATH msg=${stamp} item=${item} name="${name}" inode=${serial} dev=08:01 mode=0100644 ouid=0 ogid=0 nametype=NORMAL`,
    ),
    `type=EOE msg=${stamp} `,
  ]
}

/** What one shim was given: events `first` to `last`, written in this order. */
export interface Given {
  readonly first: number
  last: number
  killed: boolean
  /** There was no room on its disk for a while. */
  starved: boolean
}

/**
 * Writes events to whichever shim is the present one, as auditd does: it waits while nobody reads, and
 * goes on with the next event when a plugin has been started again. It knows what it gave to whom.
 */
export class Source {
  /** One entry a shim, in the order of their start. */
  readonly given: Given[] = []
  readonly #rate: number
  #serial = 0
  #target: ChildProcess | null = null
  #stopped = false

  /** `rate` in events a second. */
  constructor(rate: number) {
    this.#rate = rate
  }

  /** The last serial that was written. */
  get serial(): number {
    return this.#serial
  }

  /** From now on `shim` is given the events. */
  feed(shim: ChildProcess): void {
    // A killed reader breaks the pipe; what it was given is known.
    shim.stdin?.on('error', () => {})
    this.given.push({ first: this.#serial + 1, last: this.#serial, killed: false, starved: false })
    this.#target = shim
  }

  /** Nobody reads: events wait. The last shim was killed. */
  hold(): void {
    this.#target = null
    ;(this.given.at(-1) as Given).killed = true
  }

  /** The present shim has no room on its disk. */
  starve(): void {
    ;(this.given.at(-1) as Given).starved = true
  }

  /** Writes until `stop`. */
  async run(): Promise<void> {
    const began = performance.now()
    while (!this.#stopped) {
      const due = ((performance.now() - began) / 1000) * this.#rate
      if (this.#target !== null && due > this.#serial) await this.#write(this.#target, due)
      await sleep(TURN_MS)
    }
  }

  stop(): void {
    this.#stopped = true
  }

  /** Writes one turn's events; settles when they are with the reader, or it is gone. */
  async #write(shim: ChildProcess, due: number): Promise<void> {
    const given = this.given.at(-1) as Given
    const last = Math.min(Math.floor(due), this.#serial + this.#rate / 10)
    let text = ''
    while (this.#serial < last) text += `${linesOf(++this.#serial).join('\n')}\n`
    given.last = this.#serial
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        shim.off('exit', settle)
        resolve()
      }
      shim.once('exit', settle)
      shim.stdin?.write(text, settle)
    })
  }
}
