import { type ChildProcess, spawn } from 'node:child_process'
import type { Log } from '../log.ts'
import type { Message } from '../model/delivery.ts'
import { reasonOf } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'

/** Runs within a minute at most, and of these for what is not urgent. */
const MOST_A_MINUTE = 30
const MOST_USUAL_A_MINUTE = 20
const MINUTE_MS = 60_000
/** Alerts that wait for the program at most, and of these what is not urgent. */
const MOST_WAITING = 20
const MOST_USUAL_WAITING = 12
/** Troubles remembered, so that the end of one that the program was told of is urgent too. */
const MOST_TOLD = 100
/** Milliseconds that one run may take. */
const PATIENCE_MS = 10_000
/** All the environment that the program gets. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' }

/**
 * Runs a program for each alert, one at a time, with the alert as a line of JSON on its standard input.
 * Nobody waits for it: what is too much is left out, counted and said in the log. Sinks get every alert.
 *
 * Critical alerts, and what resolves one that the program was told of, are urgent: a part of the runs is kept
 * for them, so that many alerts of little weight keep no page from going out, and none open.
 */
export class AlertProgram {
  readonly #log: Log
  #command: readonly string[] = []
  #waiting: Message[] = []
  #running = false
  /** When the minute began that is counted, and runs in it. */
  #minute = -Infinity
  #runs = 0
  #leftOut = 0
  /** Keys of critical troubles that the program was told of. */
  readonly #told = new Set<unknown>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Takes program and arguments for what comes from now on; empty for none. */
  use(command: readonly string[]): void {
    this.#command = command
    if (command.length === 0) this.#waiting = []
  }

  /** Takes an alert. Never throws. */
  take(alert: Message): void {
    if (this.#command.length === 0) return
    const now = performance.now()
    if (now - this.#minute >= MINUTE_MS) {
      this.#tellLeftOut()
      this.#minute = now
      this.#runs = 0
    }
    const isUrgent = this.#isUrgent(alert)
    const mostRuns = isUrgent ? MOST_A_MINUTE : MOST_USUAL_A_MINUTE
    const mostWaiting = isUrgent ? MOST_WAITING : MOST_USUAL_WAITING
    if (this.#runs >= mostRuns || this.#waiting.length >= mostWaiting) {
      this.#leftOut++
      if (this.#leftOut === 1) this.#log.warn({}, 'alerts.exec: too many alerts, some are left out')
      return
    }
    this.#runs++
    this.#remember(alert)
    this.#waiting.push(alert)
    this.#next()
  }

  /** Waits for nothing, starts nothing any more, and says what was left out. */
  close(): void {
    this.#leftOut += this.#waiting.length
    this.use([])
    this.#tellLeftOut()
  }

  #isUrgent({ severity, status, dedup_key: key }: Message): boolean {
    return severity === 'critical' || (status === 'resolved' && this.#told.has(key))
  }

  #remember({ severity, status, dedup_key: key }: Message): void {
    if (status === 'resolved') this.#told.delete(key)
    else if (severity === 'critical') this.#told.add(key)
    const [first] = this.#told
    if (this.#told.size > MOST_TOLD) this.#told.delete(first)
  }

  #tellLeftOut(): void {
    if (this.#leftOut > 0)
      this.#log.warn({ alerts: this.#leftOut }, 'alerts.exec: alerts were left out')
    this.#leftOut = 0
  }

  #next(): void {
    if (this.#running) return
    const alert = this.#waiting.shift()
    if (alert === undefined) return
    this.#running = true
    run(this.#command, `${jsonText(alert)}\n`, (failure) => {
      this.#running = false
      if (failure !== null)
        this.#log.error({ alert: alert['type'], reason: failure }, 'alerts.exec failed')
      this.#next()
    })
  }
}

/** Runs a program with `input`; `done` is called once, with what went wrong or null. */
function run(
  [program, ...args]: readonly string[],
  input: string,
  done: (failure: string | null) => void,
): void {
  let child: ChildProcess
  try {
    // Detached: a group of its own, so that what it started ends with it.
    child = spawn(program, args, {
      cwd: '/',
      env: ENVIRONMENT,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
  } catch (error) {
    done(reasonOf(error))
    return
  }
  let late = false
  const timer = setTimeout(() => {
    late = true
    killGroup(child)
  }, PATIENCE_MS)
  const end = (failure: string | null): void => {
    clearTimeout(timer)
    done(late ? `killed after ${PATIENCE_MS / 1000} s` : failure)
  }
  child.once('error', (error) => end(reasonOf(error)))
  child.once('exit', (code, signal) => end(code === 0 ? null : `ended with ${signal ?? code}`))
  // A program that does not read its input is no failure: its exit code tells.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}
