import { grown } from '../model/result.ts'

const FIRST_ROOM = 1024

/** An event of the log that is not whole among the delivered, or was not before an earlier run. */
export interface LostEvent {
  /** Number of its node. */
  readonly node: number
  /** How many events of its node came before it in the log. */
  readonly number: number
  readonly time: number
  readonly serial: number
  readonly records: number
  /** `Standing` of it. */
  readonly standing: number
  /** Where its first and its last line begin in the log. */
  readonly first: number
  readonly last: number
}

/** Lost events in columns, 45 bytes each and twice that just after growing. */
export class Lost {
  count = 0
  #node = new Uint32Array(FIRST_ROOM)
  #number = new Float64Array(FIRST_ROOM)
  #time = new Float64Array(FIRST_ROOM)
  #serial = new Uint32Array(FIRST_ROOM)
  #records = new Uint32Array(FIRST_ROOM)
  #standing = new Uint8Array(FIRST_ROOM)
  #first = new Float64Array(FIRST_ROOM)
  #last = new Float64Array(FIRST_ROOM)

  /** Adds an event. */
  add(event: LostEvent): void {
    if (this.count === this.#node.length) this.#grow()
    const row = this.count++
    this.#node[row] = event.node
    this.#number[row] = event.number
    this.#time[row] = event.time
    this.#serial[row] = event.serial
    this.#records[row] = event.records
    this.#standing[row] = event.standing
    this.#first[row] = event.first
    this.#last[row] = event.last
  }

  /** Gives all of them, in the order in which they begin in the log. */
  *[Symbol.iterator](): Generator<LostEvent> {
    const rows = Uint32Array.from({ length: this.count }, (_, row) => row)
    for (const row of rows.toSorted((a, b) => this.#first[a] - this.#first[b]))
      yield {
        node: this.#node[row],
        number: this.#number[row],
        time: this.#time[row],
        serial: this.#serial[row],
        records: this.#records[row],
        standing: this.#standing[row],
        first: this.#first[row],
        last: this.#last[row],
      }
  }

  #grow(): void {
    const room = this.#node.length * 2
    this.#node = grown(this.#node, room)
    this.#number = grown(this.#number, room)
    this.#time = grown(this.#time, room)
    this.#serial = grown(this.#serial, room)
    this.#records = grown(this.#records, room)
    this.#standing = grown(this.#standing, room)
    this.#first = grown(this.#first, room)
    this.#last = grown(this.#last, room)
  }
}
