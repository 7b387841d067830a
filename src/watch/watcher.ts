import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from '../model/failure.ts'
import type { Said } from '../model/reading.ts'
import { auditdNoteOf } from './auditd-log.ts'
import { Gauge } from './gauge.ts'
import { KernelLog } from './kernel-log.ts'
import { logLineOf } from './log-line.ts'
import { Questions } from './questions.ts'
import { parseState } from './state-file.ts'
import type { LogSource, Views } from './views.ts'
import { Wish } from './wish.ts'

/**
 * Looks at the kernel's audit queue, and at auditd, from outside.
 *
 * ```
 *  logs                ── every line about audit and of auditd ────────┐
 *  /proc/net/netlink   ── every second; told when it changed ──────────┤
 *  auditd's state file ── every interval, when it was written ─────────┼──► readings
 *  auditctl -s         ── every interval ──┐ unless auditd's socket is ┤
 *  auditctl -l         ── every minute, ───┘ filling up: then the question would
 *                         and when wished    wait in the queue of those it is about
 * ```
 *
 * A question to a kernel whose queue is full sleeps among the processes that wait for room, and takes
 * the one wake-up that was meant for them. The queue is full only while auditd's socket is, since the
 * kernel moves records from one into the other: so the socket, which can be looked at for nothing, says
 * when not to ask.
 */

const LOOK_MS = 1000
/** Milliseconds between two listings of the rules. */
const RULES_MS = 60_000
/** Milliseconds after which a log that cannot be read, or has ended, is tried again. */
const RETRY_MS = 60_000

export interface WatcherOptions {
  readonly views: Views
  /** Milliseconds between two questions to the kernel. */
  readonly interval: number
  /** Takes a reading; may throw. */
  readonly tell: (said: Said) => void
  /** Takes what cannot be read or written, in words, once each. */
  readonly onTrouble: (trouble: string) => void
}

/** A watcher. Made, run once, gone. */
export class Watcher {
  readonly #options: WatcherOptions
  readonly #gauge: Gauge
  readonly #questions: Questions
  readonly #wish: Wish
  readonly #troubles = new Set<string>()
  /** When the kernel was asked for each, or not asked because of the lag. */
  #askedAt = -Infinity
  #listedAt = -Infinity
  #toldLagAt = -Infinity
  #stateAt = -Infinity
  /** When auditd wrote the state that was told last. */
  #written = 0

  constructor(options: WatcherOptions) {
    this.#options = options
    const tell = (said: Said): void => this.#tell(said)
    const { views, interval } = options
    this.#gauge = new Gauge(interval, tell)
    const onTrouble = (what: string, error: unknown): void => this.#trouble(what, error)
    this.#questions = new Questions({ views, tell, onTrouble })
    this.#wish = new Wish(this.#wanted())
  }

  /** Watches until `stop`. A question that has no answer then is left to itself. */
  async run(stop: AbortSignal): Promise<void> {
    const ticker = setInterval(() => void this.#look(), LOOK_MS)
    try {
      void this.#look()
      const logs = this.#options.views.logs.map((source) => this.#follow(source, stop))
      await Promise.all([...logs, aborted(stop)])
    } finally {
      clearInterval(ticker)
    }
  }

  async #follow(source: LogSource, stop: AbortSignal): Promise<void> {
    const kernel = new KernelLog()
    while (!stop.aborted) {
      try {
        for await (const line of source.lines(stop)) this.#readLine(kernel, line)
      } catch (error) {
        this.#trouble(`cannot read the log ${source.name}`, error)
      }
      await sleep(RETRY_MS, null, { signal: stop }).catch(() => {})
    }
  }

  #readLine(kernel: KernelLog, line: string): void {
    const said = logLineOf(line)
    if (said === null) return
    const note = kernel.read(said)
    if (note !== null) this.#tell({ kind: 'kmsg', ...note })
    const own = auditdNoteOf(said)
    if (own !== null) this.#tell({ kind: 'auditd', ...own })
  }

  async #look(): Promise<void> {
    const now = performance.now()
    const { views, interval } = this.#options
    try {
      this.#gauge.look(views.netlink(), now)
    } catch (error) {
      this.#trouble('cannot read /proc/net/netlink', error)
    }
    if (isDue(now, this.#stateAt, interval)) this.#lookAtState(now)
    const isWished = this.#wish.isDue(this.#wanted())
    if (this.#questions.isAsking) return
    const asksStatus = isDue(now, this.#askedAt, interval)
    const asksRules = isWished || isDue(now, this.#listedAt, RULES_MS)
    if (!asksStatus && !asksRules) return
    if (this.#gauge.isFilling) {
      if (asksStatus && isDue(now, this.#toldLagAt, interval)) {
        this.#toldLagAt = now
        this.#tell({ kind: 'unknown', why: 'lag' })
      }
      return
    }
    if (asksStatus) {
      this.#askedAt = now
      const status = await this.#questions.askStatus()
      if (status !== null) this.#gauge.know(status.pid)
    }
    if (asksRules) {
      this.#listedAt = now
      this.#wish.grant()
      await this.#questions.askRules()
    }
  }

  #lookAtState(now: number): void {
    this.#stateAt = now
    try {
      const file = this.#options.views.state()
      if (file === null || file.written === this.#written) return
      const state = parseState(file.text)
      if (state === null) return
      this.#written = file.written
      this.#tell({ kind: 'state', written: new Date(file.written).toISOString(), ...state })
    } catch (error) {
      this.#trouble("cannot read auditd's state file", error)
    }
  }

  #wanted(): number {
    try {
      return this.#options.views.wanted()
    } catch {
      // Whoever may not ask does without: the rules are listed every minute all the same.
      return 0
    }
  }

  /** A reading that cannot be written is missed; the next one may be written again. */
  #tell(said: Said): void {
    try {
      this.#options.tell(said)
    } catch (error) {
      this.#trouble('cannot write a reading', error)
    }
  }

  #trouble(what: string, error: unknown): void {
    const trouble = `${what}: ${reasonOf(error)}`
    if (this.#troubles.has(trouble)) return
    this.#troubles.add(trouble)
    this.#options.onTrouble(trouble)
  }
}

/** So many ms have passed since, give or take half a look. */
function isDue(now: number, since: number, interval: number): boolean {
  return now - since >= interval - LOOK_MS / 2
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
