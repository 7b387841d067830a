import { type Batch, Framing, placeAt } from '../model/batch.ts'
import { BINARY_HEADER } from '../model/binary.ts'
import { byteOf, PLAIN_EPOCH, sequenceOf } from '../model/place.ts'
import { CLOSE_NAMES, Close, type Events, type Lines, type Result } from '../model/result.ts'
import { EOE, EXECVE, isArray, SYSCALL } from '../tables/single.ts'
import { categoryOf } from './category.ts'
import { ExecveWriter } from './execve.ts'
import { FieldWriter } from './fields.ts'
import { Header, UNNAMED } from './header.ts'
import type { EventWriter } from './joiner.ts'
import { KeySets } from './keys.ts'
import { ascii, Out } from './out.ts'
import { typeName } from './type-name.ts'

const PATH = 1302
const URINGOP = 1336

const COMMA = 0x2c
const ID_MEMBER = ascii('{"ID":"')
const NODE_MEMBER = ascii(',"NODE":')
const EVENT_MEMBER = ascii(',"EVENT":{"id":"')
const POS_MEMBER = ascii('","pos":"')
const TIME_MEMBER = ascii('","time":"')
const SERIAL_MEMBER = ascii('Z","serial":')
const HOST_MEMBER = ascii(',"host":')
const BOOT_MEMBER = ascii(',"boot":')
const KEYS_MEMBER = ascii(',"keys":')
const CATEGORY_MEMBER = ascii(',"category":"')
const COMPLETE = ascii('","complete":true')
const INCOMPLETE = ascii('","complete":false,"reason":"')
const RAW_MEMBER = ascii(',"raw":[')
const EVENT_END = ascii('}}\n')
const NULL = ascii('null')
const REASONS = CLOSE_NAMES.map(ascii)

/** How events are written. */
export interface EventOptions {
  /** Host name, where records carry no `node=`; null when unknown. */
  readonly host: string | null
  /** Adds the original lines as `EVENT.raw`. */
  readonly raw: boolean
  /** Goes before the upper-case names of auditd's ENRICHED part. */
  readonly interpretedPrefix: string
}

/**
 * Writes one event as one line of JSON in LAUREL's layout (docs/contracts.md): its records in the
 * order of their first lines, those of one type together, and `EVENT` last.
 */
export class NativeWriter implements EventWriter {
  readonly #out = new Out()
  readonly #fields: FieldWriter
  readonly #execve: ExecveWriter
  readonly #keys = new KeySets()
  readonly #header = new Header()
  readonly #options: EventOptions
  /** The host as JSON, its bytes as text, and both `null` and `?` where it is not known. */
  readonly #host: Uint8Array
  readonly #hostText: Uint8Array
  #batch!: Batch
  #result!: Result
  #lines!: Lines
  #events!: Events
  #boot: Uint8Array = NULL
  /** First line of each record type that the event at hand has had written. */
  readonly #written: number[] = []
  #writtenCount = 0
  #items = -1
  #paths = 0
  #second = Number.NaN
  #secondText: Uint8Array = ascii('')

  constructor(options: EventOptions) {
    this.#options = options
    this.#fields = new FieldWriter(this.#out, options.interpretedPrefix)
    this.#execve = new ExecveWriter(this.#out)
    this.#host = options.host === null ? NULL : Buffer.from(JSON.stringify(options.host))
    this.#hostText = options.host === null ? ascii('?') : this.#host.subarray(1, -1)
  }

  /** Starts a batch whose events go to `result`. */
  begin(batch: Batch, result: Result): void {
    this.#batch = batch
    this.#result = result
    this.#lines = result.lines
    this.#events = result.events
    this.#boot = batch.boot === null ? NULL : Buffer.from(JSON.stringify(batch.boot))
    result.keySets = this.#keys.begin()
    this.#out.open(result)
  }

  writeEvent(row: number): void {
    const out = this.#out
    const events = this.#events
    const lines = this.#lines
    events.outStart[row] = out.at
    out.reserve(2048 + (events.nodeEnd[row] - events.nodeStart[row]) * 12)
    out.constant(ID_MEMBER)
    this.#stamp(row)
    out.byte(0x22)
    this.#node(row)
    this.#writtenCount = 0
    this.#items = -1
    this.#paths = 0
    this.#execve.begin()
    for (let line = events.first[row]; line >= 0; line = lines.next[line]) {
      if (lines.type[line] !== EOE && !this.#wasWritten(line)) this.#records(row, line)
    }
    this.#event(row)
    events.outEnd[row] = this.#result.outLength = out.at
  }

  #stamp(row: number): void {
    const out = this.#out
    const events = this.#events
    out.integer(events.sec[row])
    out.byte(0x2e)
    out.threeDigits(events.ms[row])
    out.byte(0x3a)
    out.integer(events.serial[row])
  }

  #node(row: number): void {
    const out = this.#out
    const start = this.#events.nodeStart[row]
    const end = this.#events.nodeEnd[row]
    if (end === start && this.#options.host === null) return
    out.constant(NODE_MEMBER)
    if (end === start) out.constant(this.#host)
    else if (!out.string(this.#batch.bytes, start, end)) out.hex(this.#batch.bytes, start, end)
  }

  #wasWritten(line: number): boolean {
    for (let i = 0; i < this.#writtenCount; i++)
      if (this.#sameType(this.#written[i], line)) return true
    return false
  }

  #sameType(a: number, b: number): boolean {
    const type = this.#lines.type[a]
    if (type !== this.#lines.type[b]) return false
    return type !== UNNAMED || this.#nameOf(a) === this.#nameOf(b)
  }

  /** Name of a record whose type has no number, as its line has it. */
  #nameOf(line: number): string {
    const header = this.#header
    const { bytes } = this.#batch
    header.parse(bytes, this.#lines.start[line], this.#lines.end[line])
    return Buffer.from(bytes.subarray(header.nameStart, header.nameEnd)).toString('latin1')
  }

  /** Writes all records of the event that are of the type of `first`. */
  #records(row: number, first: number): void {
    const out = this.#out
    const lines = this.#lines
    const type = lines.type[first]
    this.#written[this.#writtenCount++] = first
    const name = type === UNNAMED ? ascii(this.#nameOf(first)) : typeName(type)
    if (type === EXECVE) {
      this.#execves(first, name)
      return
    }
    const array = isArray(type)
    let times = 0
    for (let line = first; line >= 0; line = lines.next[line]) {
      if (line !== first && !this.#sameType(first, line)) continue
      const start = lines.body[line]
      const end = lines.end[line]
      out.reserve((end - start) * 24 + 1024)
      times++
      if (times === 1 || !array) this.#member(name, times)
      if (array) out.byte(times === 1 ? 0x5b : COMMA)
      this.#fields.writeRecord(this.#batch.bytes, start, end, type)
      if (type === SYSCALL || type === URINGOP) this.#ruleRecord(row)
      else if (type === PATH) this.#paths++
    }
    if (array) out.byte(0x5d)
  }

  #member(name: Uint8Array, times: number): void {
    const out = this.#out
    out.byte(COMMA)
    out.byte(0x22)
    out.constant(name)
    if (times > 1) {
      out.byte(0x23)
      out.integer(times)
    }
    out.byte(0x22)
    out.byte(0x3a)
  }

  /** Takes what the event needs from the record that a rule made. */
  #ruleRecord(row: number): void {
    const fields = this.#fields
    if (this.#items < 0) this.#items = fields.items
    if (fields.keyStart >= 0 && this.#events.keySet[row] === 0) {
      this.#events.keySet[row] = this.#keys.intern(
        this.#batch.bytes,
        fields.keyStart,
        fields.keyEnd,
        fields.keyQuoted,
      )
    }
  }

  #execves(first: number, name: Uint8Array): void {
    const lines = this.#lines
    const { bytes } = this.#batch
    const execve = this.#execve
    let times = 1
    for (let line = first; line >= 0; line = lines.next[line]) {
      if (lines.type[line] !== EXECVE) continue
      const start = lines.body[line]
      // A repeated record starts with argc again.
      if (execve.argc >= 0 && bytes[start] === 0x61 && bytes[start + 1] === 0x72) {
        this.#out.reserve(1024)
        this.#member(name, times++)
        execve.write()
        execve.begin()
      }
      execve.add(bytes, start, lines.end[line])
    }
    this.#out.reserve(1024)
    this.#member(name, times)
    execve.write()
  }

  #event(row: number): void {
    const out = this.#out
    const events = this.#events
    const batch = this.#batch
    out.reserve(2048 + (events.nodeEnd[row] - events.nodeStart[row]) * 12)
    out.constant(EVENT_MEMBER)
    this.#nodeText(row)
    out.byte(0x3a)
    const colon = out.at
    this.#stamp(row)
    if (events.daemon[row] === 1) this.#markDaemon(colon)
    out.constant(POS_MEMBER)
    this.#position(batch, events.first[row])
    out.constant(TIME_MEMBER)
    this.#time(events.sec[row], events.ms[row])
    out.constant(SERIAL_MEMBER)
    out.integer(events.serial[row])
    out.constant(HOST_MEMBER)
    out.constant(this.#host)
    out.constant(BOOT_MEMBER)
    out.constant(this.#boot)
    const keys = this.#keys.json(events.keySet[row])
    out.reserve(keys.length + 1024)
    out.constant(KEYS_MEMBER)
    out.constant(keys)
    out.constant(CATEGORY_MEMBER)
    out.constant(categoryOf(this.#lines, this.#written, this.#writtenCount))
    this.#completeness(row)
    if (this.#options.raw) this.#raw(row)
    out.constant(EVENT_END)
  }

  #nodeText(row: number): void {
    const out = this.#out
    const start = this.#events.nodeStart[row]
    const end = this.#events.nodeEnd[row]
    if (end === start) out.constant(this.#hostText)
    else {
      const at = out.at
      const { bytes } = this.#batch
      if (!out.string(bytes, start, end)) out.hex(bytes, start, end)
      // The quotes belong to the id as a whole.
      out.bytes.copyWithin(at, at + 1, out.at - 1)
      out.at -= 2
    }
  }

  /** Puts `d` before the serial in the id just written from `from` on. */
  #markDaemon(from: number): void {
    const out = this.#out
    let at = out.at++
    while (at > from && out.bytes[at - 1] !== 0x3a) {
      out.bytes[at] = out.bytes[at - 1]
      at--
    }
    out.bytes[at] = 0x64
  }

  #position(batch: Batch, line: number): void {
    const out = this.#out
    const header = batch.framing === Framing.Text ? 0 : BINARY_HEADER
    const place = placeAt(batch, this.#lines.start[line] - header)
    const plain = batch.epoch === PLAIN_EPOCH
    out.integer(batch.epoch)
    out.byte(0x2e)
    out.integer(plain ? 0 : sequenceOf(place))
    out.byte(0x2e)
    out.integer(plain ? place : byteOf(place))
  }

  #time(sec: number, ms: number): void {
    const out = this.#out
    if (sec !== this.#second) {
      this.#second = sec
      const date = new Date(sec * 1000)
      this.#secondText = ascii(date.toISOString().slice(0, -4))
    }
    out.constant(this.#secondText)
    out.threeDigits(ms)
  }

  /** Says whether the event is complete (protocols: stitching 5) and what it announces and lacks. */
  #completeness(row: number): void {
    const out = this.#out
    const events = this.#events
    const execve = this.#execve
    const missing: object[] = []
    if (this.#items > this.#paths)
      missing.push({ record: 'PATH', announced: this.#items, present: this.#paths })
    if (execve.argc > execve.present)
      missing.push({ record: 'EXECVE', announced: execve.argc, present: execve.present })
    for (const argument of execve.torn) missing.push({ record: 'EXECVE', argument })
    const reason = events.close[row]
    const complete = isComplete(reason, missing.length > 0)
    events.complete[row] = complete ? 1 : 0
    if (complete) out.constant(COMPLETE)
    else {
      out.constant(INCOMPLETE)
      out.constant(REASONS[reason])
      out.byte(0x22)
    }
    if (missing.length > 0) {
      const text = ascii(`,"missing":${JSON.stringify(missing)}`)
      out.reserve(text.length + 1024)
      out.constant(text)
    }
  }

  #raw(row: number): void {
    const out = this.#out
    const lines = this.#lines
    const { bytes } = this.#batch
    out.constant(RAW_MEMBER)
    let any = false
    for (let line = this.#events.first[row]; line >= 0; line = lines.next[line]) {
      if (lines.type[line] === EOE) continue
      const start = lines.start[line]
      const end = lines.end[line]
      out.reserve((end - start) * 6 + 1024)
      if (any) out.byte(COMMA)
      any = true
      const at = out.at
      if (!out.string(bytes, start, end)) out.hex(bytes, start, end)
      if (this.#batch.framing !== Framing.Text && bytes[start] === 0x61) this.#untyped(line, at)
    }
    out.byte(0x5d)
  }

  /** Puts `type=NAME msg=` before a binary version 0 payload just written as a string at `at`. */
  #untyped(line: number, at: number): void {
    const out = this.#out
    const head = ascii(`type=${Buffer.from(typeName(this.#lines.type[line])).toString()} msg=`)
    out.bytes.copyWithin(at + 1 + head.length, at + 1, out.at)
    out.bytes.set(head, at + 1)
    out.at += head.length
  }
}

/** Whether an event that closed for this reason, lacking something announced or not, is complete. */
export function isComplete(reason: number, lacking: boolean): boolean {
  if (reason === Close.Eoe || reason === Close.Last || reason === Close.Proctitle) return true
  return (reason === Close.Quiet || reason === Close.End) && !lacking
}
