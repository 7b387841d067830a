import type { Batch } from '../model/batch.ts'
import { CLOSE_BRACKET, COLON, COMMA, OPEN_BRACKET, QUOTE } from '../model/bytes.ts'
import { CLOSE_NAMES, type Events, type Lines, type Result } from '../model/result.ts'
import { EOE, EXECVE, isArray, SYSCALL } from '../tables/single.ts'
import { categoryOf } from './category.ts'
import { isComplete, type Missing, missingOf } from './complete.ts'
import { EnvelopeWriter } from './envelope.ts'
import { ExecveWriter } from './execve.ts'
import { FieldWriter } from './fields.ts'
import { Header, UNNAMED } from './header.ts'
import type { EventWriter } from './joiner.ts'
import { KeySets } from './keys.ts'
import { Out } from './out.ts'
import { RawLines } from './raw-lines.ts'
import { typeName } from './type-name.ts'
import { type Constant, constant } from './words.ts'

const PATH = 1302
/** Its `items` count a parent directory that the kernel hides (ipc/mqueue.c). */
const MQ_OPEN = 1312
const URINGOP = 1336

const OWN_MEMBERS = new Set(['ID', 'NODE', 'EVENT'])

const COMPLETE = constant(',"complete":true')
const INCOMPLETE = constant(',"complete":false,"reason":"')
const REASONS = CLOSE_NAMES.map((name) => constant(name))

/** How events are written. */
export interface EventOptions {
  /** Host name, where records carry no `node=`; null when unknown. */
  readonly host: string | null
  /** Adds the original lines as `EVENT.raw`. */
  readonly raw: boolean
  /** Goes before the upper-case names of auditd's ENRICHED part. */
  readonly interpretedPrefix: string
  /** Where events come from that the stream has lost: marks each as recovered. */
  readonly recoveredFrom?: string
}

/**
 * Writes one event as one line of JSON in LAUREL's layout (docs/contracts.md): its records in the
 * order of their first lines, those of one type together, and `EVENT` last.
 */
export class NativeWriter implements EventWriter {
  readonly #out = new Out()
  readonly #envelope: EnvelopeWriter
  readonly #fields: FieldWriter
  readonly #execve = new ExecveWriter(this.#out)
  readonly #keys = new KeySets()
  readonly #header = new Header()
  readonly #raw: RawLines | null
  #batch!: Batch
  #result!: Result
  #lines!: Lines
  #events!: Events
  /** First line of each record type that the event at hand has had written. */
  readonly #written: number[] = []
  #writtenCount = 0
  #items = -1
  #paths = 0
  #hidden = 0
  /** How an event ends. */
  readonly #end: Constant
  /** Bytes that a byte of a record becomes at most: of a repeated short field that is not UTF-8. */
  readonly #expansion: number

  constructor(options: EventOptions) {
    this.#expansion = 24 + 2 * options.interpretedPrefix.length
    this.#envelope = new EnvelopeWriter(this.#out, options.host)
    this.#fields = new FieldWriter(this.#out, options.interpretedPrefix)
    this.#end = endOf(options.recoveredFrom)
    this.#raw = options.raw ? new RawLines(this.#out) : null
  }

  /** Starts a batch, whose bytes are those of `view`, and whose events go to `result`. */
  begin(batch: Batch, result: Result, view: DataView): void {
    this.#batch = batch
    this.#result = result
    this.#lines = result.lines
    this.#events = result.events
    result.keySets = this.#keys.begin()
    this.#out.open(result)
    this.#envelope.begin(batch, result)
    this.#fields.begin(batch.bytes, view)
    this.#header.begin(view)
  }

  writeEvent(row: number): void {
    const out = this.#out
    const events = this.#events
    const lines = this.#lines
    events.outStart[row] = out.at
    out.reserve(this.#envelope.room(row))
    this.#envelope.open(row)
    this.#writtenCount = 0
    this.#items = -1
    this.#paths = this.#hidden = 0
    this.#execve.begin()
    for (let line = events.first[row]; line >= 0; line = lines.next[line]) {
      if (lines.type[line] !== EOE && !this.#wasWritten(line)) this.#records(row, line)
    }
    this.#event(row)
    events.outEnd[row] = this.#result.outLength = out.at
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
    const name = type === UNNAMED ? constant(unnamedMember(this.#nameOf(first))) : typeName(type)
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
      out.reserve((end - start) * this.#expansion + 1024)
      times++
      if (times === 1 || !array) this.#member(name, times)
      if (array) out.byte(times === 1 ? OPEN_BRACKET : COMMA)
      this.#fields.writeRecord(start, end, type)
      if (type === SYSCALL || type === URINGOP) this.#ruleRecord(row)
      else if (type === PATH) this.#paths++
      else if (type === MQ_OPEN) this.#hidden = 1
    }
    if (array) out.byte(CLOSE_BRACKET)
  }

  #member(name: Constant, times: number): void {
    const out = this.#out
    out.byte(COMMA)
    out.byte(QUOTE)
    out.constant(name)
    if (times > 1) {
      out.byte(0x23)
      out.integer(times)
    }
    out.byte(QUOTE)
    out.byte(COLON)
  }

  /** Takes what the event needs from the record that a rule made. */
  #ruleRecord(row: number): void {
    const { items, keyStart, keyEnd, keyQuoted } = this.#fields.found
    if (this.#items < 0) this.#items = items
    if (keyStart >= 0 && this.#events.keySet[row] === 0)
      this.#events.keySet[row] = this.#keys.intern(this.#batch.bytes, keyStart, keyEnd, keyQuoted)
  }

  #execves(first: number, name: Constant): void {
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
        execve.write(bytes)
        execve.begin()
      }
      execve.add(bytes, start, lines.end[line])
    }
    this.#out.reserve(1024)
    this.#member(name, times)
    execve.write(bytes)
  }

  #event(row: number): void {
    const out = this.#out
    const keys = this.#keys.json(this.#events.keySet[row])
    out.reserve(this.#envelope.room(row) + keys.length + this.#end.length)
    this.#envelope.event(row)
    out.constant(keys)
    out.constant(categoryOf(this.#lines, this.#written, this.#writtenCount))
    this.#completeness(row, missingOf(this.#items, this.#paths + this.#hidden, this.#execve))
    this.#raw?.write(this.#batch, this.#lines, this.#events.first[row])
    out.constant(this.#end)
  }

  #completeness(row: number, missing: readonly Missing[] | null): void {
    const out = this.#out
    const reason = this.#events.close[row]
    const complete = isComplete(reason, missing !== null)
    this.#events.complete[row] = complete ? 1 : 0
    if (complete) out.constant(COMPLETE)
    else {
      out.constant(INCOMPLETE)
      out.constant(REASONS[reason])
      out.byte(QUOTE)
    }
    if (missing === null) return
    const text = constant(`,"missing":${JSON.stringify(missing)}`)
    out.reserve(text.length + 1024)
    out.constant(text)
  }
}

function endOf(recoveredFrom: string | undefined): Constant {
  const mark =
    recoveredFrom === undefined
      ? ''
      : `,"recovered":true,"recovered_from":${JSON.stringify(recoveredFrom)}`
  return constant(Buffer.from(`${mark}}}\n`))
}

/** Member of a record type without a number; one that is named like a member of ours is set apart. */
function unnamedMember(name: string): string {
  return OWN_MEMBERS.has(name) ? `UNKNOWN[${name}]` : name
}
