import { join } from 'node:path'
import { plain } from '../model/plain.ts'
import { Tail } from './tail.ts'
import { print } from './terminal.ts'

/** What the demo reads of an event. */
interface Event {
  readonly ID: string
  readonly EVENT: {
    readonly time: string
    readonly keys: readonly string[]
    readonly raw: readonly string[]
  }
  readonly SYSCALL?: { readonly exe?: string | null; readonly comm?: string | null }
  readonly PATH?: readonly { readonly name?: string | null }[]
}

/** What the demo reads of an alert. */
interface Alert {
  readonly type: string
  readonly text?: string
}

interface Second {
  readonly time: string
  records: number
  readonly keys: Map<string, number>
}

/** Keys shown of a second. */
const SHOWN_KEYS = 4
/** Events shown at the end. */
const SHOWN_EVENTS = 3

/** Follows what the service delivers and prints it second by second. */
export class DemoView {
  events = 0
  records = 0
  readonly #events: Tail
  readonly #alerts: Tail
  readonly #samples: Event[] = []
  #second: Second | null = null

  /** @param directory that of the sink ndjson */
  constructor(directory: string) {
    this.#events = new Tail(join(directory, 'events.ndjson'))
    this.#alerts = new Tail(join(directory, 'alerts.ndjson'))
  }

  /** Reads what is new and prints the seconds that are over, and alerts. */
  async look(): Promise<void> {
    for await (const event of this.#events.next()) await this.#add(event as Event)
    for await (const alert of this.#alerts.next()) await print(alertLine(alert as Alert))
  }

  /** Prints some events and that nothing is lost. */
  async sumUp(events: number, records: number): Promise<void> {
    await this.#printSecond()
    await print('\nThe last of the events, in short:\n')
    for (const event of this.#samples) await print(eventLine(event))
    const lost = records - this.records
    await print(
      `\nmade       ${count(records, 9)} records, ${count(events, 7)} events\n` +
        `delivered  ${count(this.records, 9)} records, ${count(this.events, 7)} events\n` +
        `lost       ${count(lost, 9)}\n`,
    )
  }

  async #add(event: Event): Promise<void> {
    const { time, keys, raw } = event.EVENT
    const second = time.slice(11, 19)
    if (this.#second !== null && second > this.#second.time) await this.#printSecond()
    this.#second ??= { time: second, records: 0, keys: new Map() }
    this.events++
    this.records += raw.length
    this.#second.records += raw.length
    for (const key of keys)
      this.#second.keys.set(key, (this.#second.keys.get(key) ?? 0) + raw.length)
    if (keys.length > 0) this.#samples.push(event)
    if (this.#samples.length > SHOWN_EVENTS) this.#samples.shift()
  }

  async #printSecond(): Promise<void> {
    if (this.#second === null) return
    const { time, records, keys } = this.#second
    this.#second = null
    const shown = [...keys].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN_KEYS)
    const each = shown.map(([key, sum]) => `${plain(key)} ${count(sum, 0)}`).join('   ')
    await print(`${time} ${count(records, 8)} records/s   ${each}\n`)
  }
}

function count(n: number, width: number): string {
  return n.toLocaleString('en-GB').padStart(width)
}

function alertLine({ type, text }: Alert): string {
  return `  >> ${plain(`${type}: ${text ?? ''}`)}\n`
}

function eventLine({ ID, EVENT, SYSCALL, PATH }: Event): string {
  const what = [SYSCALL?.exe, PATH?.[0]?.name].filter((name) => typeof name === 'string')
  return `  ${plain(`${ID}  ${EVENT.raw.length} records  [${EVENT.keys.join(', ')}]  ${what.join(' ')}`)}\n`
}
