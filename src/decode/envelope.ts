import { type Batch, Framing, placeAt } from '../model/batch.ts'
import { BINARY_HEADER } from '../model/binary.ts'
import { COLON, DOT } from '../model/bytes.ts'
import { byteOf, PLAIN_EPOCH, sequenceOf } from '../model/place.ts'
import type { Events, Result } from '../model/result.ts'
import type { Out } from './out.ts'
import { type Constant, constant } from './words.ts'

const ID_MEMBER = constant('{"ID":"')
const NODE_MEMBER = constant('","NODE":')
const EVENT_MEMBER = constant(',"EVENT":{"id":"')
const POS_MEMBER = constant('","pos":"')
const TIME_MEMBER = constant('","time":"')
const SERIAL_MEMBER = constant('Z","serial":')

/** Writes what every event has: `ID` and `NODE` before its records, and how `EVENT` begins after them. */
export class EnvelopeWriter {
  readonly #out: Out
  readonly #host: string | null
  /** `","NODE":"host"`, or nothing. */
  readonly #hostNode: Constant
  /** `,"EVENT":{"id":"host:`; without a host it is `?`. */
  readonly #hostEvent: Constant
  #batch!: Batch
  #result!: Result
  #events!: Events
  #tail!: Constant
  /** Boot that the tail names; undefined before there is one. */
  #boot: string | null | undefined
  #second = Number.NaN
  /** The second at hand as `seconds.` and as a date. */
  #secondStamp: Constant = constant('')
  #secondText: Constant = constant('')
  /** Where the stamp of the event at hand lies in the output. */
  #stampStart = 0
  #stampEnd = 0

  /** `host`: name of the host where records carry no `node=`, or null. */
  constructor(out: Out, host: string | null) {
    this.#out = out
    this.#host = host
    const json = JSON.stringify(host ?? '?')
    this.#hostNode = constant(host === null ? '"' : Buffer.from(`","NODE":${json}`))
    this.#hostEvent = constant(Buffer.from(`,"EVENT":{"id":${json.slice(0, -1)}:`))
  }

  /** Starts a batch. */
  begin(batch: Batch, result: Result): void {
    this.#batch = batch
    this.#result = result
    this.#events = result.events
    const { boot } = batch
    if (boot === this.#boot) return
    this.#boot = boot
    this.#tail = constant(
      Buffer.from(`,"host":${JSON.stringify(this.#host)},"boot":${JSON.stringify(boot)},"keys":`),
    )
  }

  /** Bytes that `open` and `event` write at most for this row. */
  room(row: number): number {
    return (
      1024 +
      this.#tail.length +
      2 * this.#hostEvent.length +
      12 * (this.#events.nodeEnd[row] - this.#events.nodeStart[row])
    )
  }

  /** Writes `{"ID":"…","NODE":"…"`. */
  open(row: number): void {
    const out = this.#out
    const { nodeStart, nodeEnd, sec, ms, serial } = this.#events
    out.constant(ID_MEMBER)
    this.#enterSecond(sec[row])
    this.#stampStart = out.at
    out.constant(this.#secondStamp)
    out.threeDigits(ms[row])
    out.byte(COLON)
    out.integer(serial[row])
    this.#stampEnd = out.at
    if (nodeEnd[row] === nodeStart[row]) {
      out.constant(this.#hostNode)
      return
    }
    out.constant(NODE_MEMBER)
    this.#node(nodeStart[row], nodeEnd[row])
  }

  /** Writes `,"EVENT":{"id":"…", … ,"keys":`. */
  event(row: number): void {
    const out = this.#out
    const { nodeStart, nodeEnd, ms, serial, daemon } = this.#events
    if (nodeEnd[row] === nodeStart[row]) out.constant(this.#hostEvent)
    else {
      out.constant(EVENT_MEMBER)
      const at = out.at
      this.#node(nodeStart[row], nodeEnd[row])
      // The quotes belong to the id as a whole.
      out.bytes.copyWithin(at, at + 1, out.at - 1)
      out.at -= 2
      out.byte(COLON)
    }
    out.again(this.#stampStart, this.#stampEnd)
    if (daemon[row] === 1) this.#markDaemon()
    out.constant(POS_MEMBER)
    this.#position(this.#events.first[row])
    out.constant(TIME_MEMBER)
    out.constant(this.#secondText)
    out.threeDigits(ms[row])
    out.constant(SERIAL_MEMBER)
    out.integer(serial[row])
    out.constant(this.#tail)
  }

  #node(start: number, end: number): void {
    const out = this.#out
    const { bytes } = this.#batch
    if (!out.string(bytes, start, end)) out.hex(bytes, start, end)
  }

  #enterSecond(second: number): void {
    if (second === this.#second) return
    this.#second = second
    this.#secondStamp = constant(`${second}.`)
    this.#secondText = constant(new Date(second * 1000).toISOString().slice(0, -4))
  }

  /** Puts `d` before the serial in the id just written. */
  #markDaemon(): void {
    const out = this.#out
    let at = out.at++
    for (; out.bytes[at - 1] !== COLON; at--) out.bytes[at] = out.bytes[at - 1]
    out.bytes[at] = 0x64
  }

  /** Writes `epoch.sequence.byte` of a line; see model/place. */
  #position(line: number): void {
    const out = this.#out
    const batch = this.#batch
    const head = batch.framing === Framing.Text ? 0 : BINARY_HEADER
    const place = placeAt(batch, this.#result.lines.start[line] - head)
    const plain = batch.epoch === PLAIN_EPOCH
    out.integer(batch.epoch)
    out.byte(DOT)
    out.integer(plain ? 0 : sequenceOf(place))
    out.byte(DOT)
    out.integer(plain ? place : byteOf(place))
  }
}
