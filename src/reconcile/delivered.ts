import type { Position } from '../model/place.ts'
import { grown } from '../model/result.ts'
import type { DeliveredEvent } from './delivered-event.ts'

/** Rows there is room for at first; more come by doubling. */
const FIRST_ROOM = 1 << 16
const LACKING = 1
const RECOVERED = 2

/**
 * The events that were delivered, by identity: columns and a hash table over them, 53 bytes an event
 * when they are full and twice that just after they have grown. No object and no string per event.
 *
 * What was delivered in several parts (equal ids, different positions) is one identity, whose first row
 * holds their sums; what came again (equal in both) counts once.
 */
export class Delivered {
  /** Names of nodes, by the number that stands for them. */
  readonly nodes: string[] = []
  readonly #numbers = new Map<string, number>()
  #count = 0
  #time = new Float64Array(FIRST_ROOM)
  #place = new Float64Array(FIRST_ROOM)
  #epoch = new Uint32Array(FIRST_ROOM)
  #serial = new Uint32Array(FIRST_ROOM)
  /** Number of the node, times two, and one more for events of auditd itself. */
  #space = new Uint32Array(FIRST_ROOM)
  #records = new Uint32Array(FIRST_ROOM)
  /** Records of the log that have found theirs here. */
  #claimed = new Uint32Array(FIRST_ROOM)
  #flags = new Uint8Array(FIRST_ROOM)
  /** The next part of the same identity, or -1. */
  #next = new Int32Array(FIRST_ROOM)
  /** First rows of identities, plus one; 0 is free. */
  #table = new Int32Array(FIRST_ROOM * 2)

  /** Parts of events, each once. */
  get count(): number {
    return this.#count
  }

  /** The number of a node, or -1 where nothing of it was delivered. */
  numberOf(node: string): number {
    return this.#numbers.get(node) ?? -1
  }

  /** Takes an event; false where it came before. */
  add(event: DeliveredEvent): boolean {
    const { node, daemon, time, serial, at } = event
    const space = this.#enter(node) * 2 + Number(daemon)
    const head = this.#find(space, time, serial)
    for (let row = head; row >= 0; row = this.#next[row])
      if (this.#epoch[row] === at.epoch && this.#place[row] === at.place) return false
    if (this.#count === this.#time.length) this.#grow()
    const row = this.#count++
    this.#time[row] = time
    this.#serial[row] = serial
    this.#space[row] = space
    this.#epoch[row] = at.epoch
    this.#place[row] = at.place
    this.#next[row] = -1
    const flags = (event.lacking ? LACKING : 0) | (event.recovered ? RECOVERED : 0)
    if (head < 0) {
      this.#records[row] = event.records
      this.#flags[row] = flags
      this.#link(row)
      return true
    }
    this.#next[row] = this.#next[head]
    this.#next[head] = row
    this.#records[head] += event.records
    this.#flags[head] &= flags
    return true
  }

  /** First row of an identity, or -1. `node` is a number of `numberOf`, `time` in ms. */
  find(node: number, daemon: boolean, time: number, serial: number): number {
    return node < 0 ? -1 : this.#find(node * 2 + Number(daemon), time, serial)
  }

  /** Lets so many records of the log find theirs in an identity; false where it has too few. */
  claim(head: number, records: number): boolean {
    this.#claimed[head] += records
    return this.#claimed[head] <= this.#records[head]
  }

  /** Whether every part of an identity announces more than it has. */
  isLacking(head: number): boolean {
    return (this.#flags[head] & LACKING) !== 0
  }

  /** Whether all of an identity came from a log. */
  isRecovered(head: number): boolean {
    return (this.#flags[head] & RECOVERED) !== 0
  }

  /** Whether an identity was delivered in one part. */
  isInOne(head: number): boolean {
    return this.#next[head] < 0
  }

  /** Where an identity stands in the stream. */
  positionOf(head: number): Position {
    return { epoch: this.#epoch[head], place: this.#place[head] }
  }

  /** Makes the log's claims undone, for another reading of it. */
  unclaim(): void {
    this.#claimed.fill(0)
  }

  /** Calls `take` for each identity that no record of the log has claimed. */
  eachUnclaimed(take: (node: number, daemon: boolean, time: number, serial: number) => void): void {
    for (const entry of this.#table) {
      const head = entry - 1
      if (head < 0 || this.#claimed[head] > 0) continue
      const space = this.#space[head]
      take(space >>> 1, (space & 1) === 1, this.#time[head], this.#serial[head])
    }
  }

  #enter(node: string): number {
    const known = this.#numbers.get(node)
    if (known !== undefined) return known
    const number = this.nodes.push(node) - 1
    this.#numbers.set(node, number)
    return number
  }

  #find(space: number, time: number, serial: number): number {
    const mask = this.#table.length - 1
    for (let at = slotOf(space, time, serial) & mask; ; at = (at + 1) & mask) {
      const row = this.#table[at] - 1
      if (row < 0) return -1
      if (this.#serial[row] === serial && this.#time[row] === time && this.#space[row] === space)
        return row
    }
  }

  #link(row: number): void {
    const mask = this.#table.length - 1
    let at = slotOf(this.#space[row], this.#time[row], this.#serial[row]) & mask
    while (this.#table[at] !== 0) at = (at + 1) & mask
    this.#table[at] = row + 1
  }

  #grow(): void {
    const room = this.#time.length * 2
    this.#time = grown(this.#time, room)
    this.#place = grown(this.#place, room)
    this.#epoch = grown(this.#epoch, room)
    this.#serial = grown(this.#serial, room)
    this.#space = grown(this.#space, room)
    this.#records = grown(this.#records, room)
    this.#claimed = grown(this.#claimed, room)
    this.#flags = grown(this.#flags, room)
    this.#next = grown(this.#next, room)
    const heads = this.#table.filter((entry) => entry !== 0)
    this.#table = new Int32Array(room * 2)
    for (const entry of heads) this.#link(entry - 1)
  }
}

/** Where the search for an identity begins. Stamps and serials rise together: each is mixed by itself. */
function slotOf(space: number, time: number, serial: number): number {
  let mixed = Math.imul(serial, 0x9e37_79b1)
  mixed = Math.imul(mixed ^ (mixed >>> 16) ^ (time % 0x1_0000_0000), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ space, 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
