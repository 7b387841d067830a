import { EQUALS } from '../model/bytes.ts'
import { callOf, callOfType, NO_USER, USER_ROOM } from '../model/origins.ts'
import { type FieldReader, word } from './field-reader.ts'
import { Leap } from './leap.ts'

/** How the fields begin that are looked for, as 32-bit words. */
const ARCH = word('arch')
const SYSC = word('sysc')
const PPID = word('ppid')
const AUID = word('auid')
const UID = word('uid=')
const COMM = word('comm')
const EXE = word('exe=')

const TO_PPID = new Leap(' ppid=')
const TO_COMM = new Leap(' comm=')

/**
 * Bytes of the fields between `syscall` and `ppid` at least (` a0=0 a1=0 a2=0 a3=0 items=0`), of those between `uid`
 * and `comm` (` gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=x ses=0`), and of all together.
 */
const LEAST_BEFORE_PPID = 28
const LEAST_BEFORE_COMM = 62
const LEAST_CALL = 160

/** Bytes from one field's beginning to the next one's at least: a letter, `=`, a space. */
const SHORTEST = 3

/** Who acts in a record: its call, user, parent, and where the name of its program lies. */
export class Actor {
  readonly #fields: FieldReader
  /** As in `Events`. */
  call = 0
  user = 0
  parent = 0
  /** Where the program's name lies; empty without one. */
  programStart = 0
  programEnd = 0
  #arch = 0
  /** The first and second half of `arch` as it was read last. */
  #archText = 0
  #archRest = 0
  #archRead = 0
  #number = 0
  #auid = 0
  #uid = 0

  constructor(fields: FieldReader) {
    this.#fields = fields
  }

  /** Reads a record whose fields are `[start … end)`; `type` is its type where that stands for the call, else -1. */
  read(start: number, end: number, type: number): void {
    this.#arch = this.#number = this.parent = 0
    this.#auid = this.#uid = NO_USER
    this.programStart = this.programEnd = 0
    if (!this.#kernelFields(start, end)) this.#anyFields(start, end)
    this.call = type < 0 ? callOf(this.#arch, this.#number) : callOfType(type)
    const uid = this.#uid
    this.user = this.#auid !== NO_USER ? this.#auid : uid === NO_USER ? NO_USER : USER_ROOM + uid
  }

  /**
   * Reads the fields of a SYSCALL record as the kernel prints them (audit_log_exit and audit_log_task_info in
   * kernel/auditsc.c), passing over those between in leaps of what they have at least; false for another.
   *
   * ```
   * arch=… syscall=… ─leap─ ppid=… pid=… auid=… uid=… ─leap─ comm=… exe=…
   * ```
   */
  #kernelFields(start: number, end: number): boolean {
    const fields = this.#fields
    const { view } = fields
    if (end - start < LEAST_CALL || view.getInt32(start, true) !== ARCH) return false
    this.#arch = this.#archAt(start + 5, end)
    let at = fields.next(start + 6, end)
    if (view.getInt32(at, true) !== SYSC) return false
    this.#number = fields.decimal(at + 8, end, 0)
    at = TO_PPID.find(fields.bytes, fields.at + LEAST_BEFORE_PPID - 1, end)
    this.parent = fields.decimal(at, end, 0)
    at = fields.next(fields.at + 4, end)
    if (at >= end || view.getInt32(at, true) !== AUID) return false
    this.#auid = fields.decimal(at + 5, end, NO_USER)
    at = fields.at + 1
    if (view.getInt32(at, true) !== UID) return false
    this.#uid = fields.decimal(at + 4, end, NO_USER)
    at = TO_COMM.find(fields.bytes, fields.at + LEAST_BEFORE_COMM - 1, end)
    if (at >= end || !fields.text(at, end)) return false
    this.#program()
    at = fields.next(fields.end, end)
    if (at >= end || view.getInt32(at, true) !== EXE) return false
    if (fields.text(at + 4, end)) this.#program()
    return true
  }

  /** Reads the fields of any record. */
  #anyFields(start: number, end: number): void {
    const fields = this.#fields
    for (let at = start; at < end; at = fields.next(at + SHORTEST, end)) {
      switch (fields.view.getInt32(at, true)) {
        case ARCH:
          this.#arch = fields.hex(at + 5, end)
          break
        case SYSC:
          this.#number = fields.decimal(at + 8, end, 0)
          break
        case PPID:
          this.parent = fields.decimal(at + 5, end, 0)
          break
        case AUID:
          this.#auid = fields.decimal(at + 5, end, NO_USER)
          break
        case UID:
          if (this.#uid === NO_USER) this.#uid = fields.decimal(at + 4, end, NO_USER)
          break
        case COMM:
          if (fields.bytes[at + 4] === EQUALS && fields.text(at + 5, end)) this.#program()
          break
        case EXE:
          if (fields.text(at + 4, end)) this.#program()
          return
        default:
      }
    }
  }

  /** The architecture: nearly always that of the record before. */
  #archAt(at: number, end: number): number {
    const { view } = this.#fields
    const text = view.getInt32(at, true)
    const rest = view.getInt32(at + 4, true)
    if (text !== this.#archText || rest !== this.#archRest) {
      this.#archRead = this.#fields.hex(at, end)
      this.#archText = text
      this.#archRest = rest
    }
    return this.#archRead
  }

  #program(): void {
    this.programStart = this.#fields.start
    this.programEnd = this.#fields.end
  }
}
