import type { Batch } from '../model/batch.ts'
import { ENRICHED, EQUALS, NINE, OPEN_PARENTHESIS, QUOTE, SPACE, ZERO } from '../model/bytes.ts'
import { callOf, callOfType, NO_USER, type Origins, USER_ROOM } from '../model/origins.ts'
import { type Events, growTable, type Lines, type Result } from '../model/result.ts'
import { CWD, SYSCALL } from '../tables/single.ts'
import { NIBBLE } from './hex.ts'
import { OriginTable } from './origin-table.ts'
import { isSlash, prefixEnd } from './prefix.ts'
import { viewOf } from './words.ts'

const PATH = 1302
const URINGOP = 1336

/** Bytes of a program's or a path's name that count, its quote included: PATH_MAX is 4,096. */
const MOST_BYTES = 512

const QUESTION = 0x3f

/** How the fields begin that are looked for, as 32-bit words. */
const ARCH = word('arch')
const SYSC = word('sysc')
const PPID = word('ppid')
const AUID = word('auid')
const UID = word('uid=')
const COMM = word('comm')
const EXE = word('exe=')
const NAME = word('name')
const CWD_NAME = word('cwd=')

/**
 * Bytes of the fields between `syscall` and `ppid` at least (` a0=0 a1=0 a2=0 a3=0 items=0`), of those between `uid`
 * and `comm` (` gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=x ses=0`), and of all together.
 */
const LEAST_BEFORE_PPID = 28
const LEAST_BEFORE_COMM = 62
const LEAST_CALL = 160

/** Bytes from one field's beginning to the next one's at least: a letter, `=`, a space. */
const SHORTEST = 3

/**
 * Finds who made each event: its program, user, call, parent, and where its path lies. What an event
 * has of these stands in its SYSCALL record or, without one, in its first; in its first PATH record with
 * a name; in its CWD record where that name is relative.
 *
 * Works on the lines, so that it does not matter how the event is written. It looks at the words of the
 * line that matters up to its `exe`, and makes no string.
 */
export class OriginFinder {
  readonly #table = new OriginTable()
  #bytes: Uint8Array = new Uint8Array(0)
  #view = viewOf(this.#bytes)
  #lines!: Lines
  #events!: Events
  #origins!: Origins
  #call = 0
  #arch = 0
  #number = 0
  #user = 0
  #auid = 0
  #uid = 0
  #parent = 0
  /** Where the number read last ends. */
  #at = 0
  /** Where a name lies, and where the program and the path of the event at hand do. */
  #start = 0
  #end = 0
  #programStart = 0
  #programEnd = 0
  #pathStart = 0
  #pathEnd = 0

  /** Starts a batch, whose bytes are those of `view`, and whose events are in `result`. */
  begin(batch: Batch, result: Result, view: DataView): void {
    this.#bytes = batch.bytes
    this.#view = view
    this.#lines = result.lines
    this.#events = result.events
    this.#origins = result.origins
    this.#table.begin(this.#view, this.#origins)
    if (this.#origins.call.length === 0) growTable(this.#origins)
    this.#table.intern(0, 0, NO_USER, 0, 0, 0, 0)
  }

  /** Finds the origin of an event that has closed, whose keys are known. */
  take(row: number): void {
    const { type, next } = this.#lines
    let call = -1
    let cwd = -1
    let path = -1
    const first = this.#events.first[row]
    for (let line = first; line >= 0; line = next[line]) {
      const of = type[line]
      if (of === PATH) {
        if (path < 0 && this.#name(line)) path = line
      } else if (of === SYSCALL || of === URINGOP) {
        if (call < 0) call = line
      } else if (of === CWD && cwd < 0) cwd = line
    }
    this.#who(call < 0 ? first : call, call < 0)
    this.#pathStart = this.#pathEnd = 0
    if (path >= 0) this.#prefix(path, cwd)
    this.#events.parent[row] = this.#parent
    this.#events.origin[row] = this.#table.intern(
      this.#events.keySet[row],
      this.#call,
      this.#user,
      this.#programStart,
      this.#programEnd,
      this.#pathStart,
      this.#pathEnd,
    )
  }

  /** Reads call, user, parent and program off a line. */
  #who(line: number, isAlone: boolean): void {
    const end = this.#lines.end[line]
    const at = this.#lines.body[line]
    this.#arch = this.#number = this.#parent = 0
    this.#auid = this.#uid = NO_USER
    this.#programStart = this.#programEnd = 0
    if (!this.#kernelFields(at, end)) this.#fields(at, end)
    this.#call = isAlone ? callOfType(this.#lines.type[line]) : callOf(this.#arch, this.#number)
    const uid = this.#uid
    this.#user = this.#auid !== NO_USER ? this.#auid : uid === NO_USER ? NO_USER : USER_ROOM + uid
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
    const view = this.#view
    if (end - start < LEAST_CALL || view.getInt32(start, true) !== ARCH) return false
    this.#arch = this.#hex(start + 5, end)
    let at = this.#next(start + 6, end)
    if (view.getInt32(at, true) !== SYSC) return false
    this.#number = this.#decimal(at + 8, end, 0)
    at = this.#find(PPID, this.#at + LEAST_BEFORE_PPID, end)
    this.#parent = this.#decimal(at + 5, end, 0)
    at = this.#next(this.#at + 4, end)
    if (at >= end || view.getInt32(at, true) !== AUID) return false
    this.#auid = this.#decimal(at + 5, end, NO_USER)
    at = this.#at + 1
    if (view.getInt32(at, true) !== UID) return false
    this.#uid = this.#decimal(at + 4, end, NO_USER)
    at = this.#find(COMM, this.#at + LEAST_BEFORE_COMM, end)
    if (at >= end || !this.#value(at + 5, end)) return false
    this.#program()
    at = this.#next(this.#end, end)
    if (at >= end || view.getInt32(at, true) !== EXE) return false
    if (this.#value(at + 4, end)) this.#program()
    return true
  }

  /** Reads the fields of any record. */
  #fields(start: number, end: number): void {
    for (let at = start; at < end; at = this.#next(at + SHORTEST, end)) {
      switch (this.#view.getInt32(at, true)) {
        case ARCH:
          this.#arch = this.#hex(at + 5, end)
          break
        case SYSC:
          this.#number = this.#decimal(at + 8, end, 0)
          break
        case PPID:
          this.#parent = this.#decimal(at + 5, end, 0)
          break
        case AUID:
          this.#auid = this.#decimal(at + 5, end, NO_USER)
          break
        case UID:
          if (this.#uid === NO_USER) this.#uid = this.#decimal(at + 4, end, NO_USER)
          break
        case COMM:
          if (this.#bytes[at + 4] === EQUALS && this.#value(at + 5, end)) this.#program()
          break
        case EXE:
          if (this.#value(at + 4, end)) this.#program()
          return
        default:
      }
    }
  }

  #program(): void {
    this.#programStart = this.#start
    this.#programEnd = this.#end
  }

  /** Finds the name in a PATH record. */
  #name(line: number): boolean {
    const end = this.#lines.end[line]
    const at = this.#field(line, NAME)
    return at >= 0 && this.#bytes[at + 4] === EQUALS && this.#value(at + 5, end)
  }

  /** Takes the prefix of a PATH record's name, or of the working directory. */
  #prefix(path: number, cwd: number): void {
    const bytes = this.#bytes
    this.#name(path)
    let start = this.#start
    let end = this.#end
    const isHere = cwd >= 0 && this.#workingDirectory(cwd)
    const isHex = bytes[start] !== QUOTE
    const from = isHex ? start : start + 1
    if (!isSlash(bytes, from, isHex)) {
      if (!isHere) return
      start = this.#start
      end = this.#end
      this.#cut(start, end, true)
      return
    }
    // The kernel names a parent directory with a slash at its end, or as the working directory.
    const last = isHex ? end - 2 : end - 1
    const isSame = isHere && this.#isSame(start, end)
    this.#cut(start, end, isSame || isSlash(bytes, last, isHex))
  }

  #cut(start: number, end: number, isDirectory: boolean): void {
    const isHex = this.#bytes[start] !== QUOTE
    this.#pathStart = start
    this.#pathEnd = prefixEnd(this.#bytes, isHex ? start : start + 1, end, isHex, isDirectory)
  }

  #workingDirectory(line: number): boolean {
    const at = this.#field(line, CWD_NAME)
    return at >= 0 && this.#value(at + 4, this.#lines.end[line])
  }

  /** Whether what lies at the value found last is the same as another. */
  #isSame(start: number, end: number): boolean {
    const bytes = this.#bytes
    const length = end - start
    if (this.#end - this.#start !== length) return false
    let i = 0
    while (i < length && bytes[start + i] === bytes[this.#start + i]) i++
    return i === length
  }

  /** Where the first field of a line stands that begins so, or -1. */
  #field(line: number, name: number): number {
    const end = this.#lines.end[line]
    const at = this.#find(name, this.#lines.body[line], end)
    return at < end ? at : -1
  }

  /** Where the first field from `at` on stands that begins so, or `end` or more. */
  #find(name: number, at: number, end: number): number {
    while (at < end && this.#view.getInt32(at, true) !== name) at = this.#next(at, end)
    return at
  }

  /** Where the field after the one at `at` begins; `end` or more where its ENRICHED part follows, or nothing. */
  #next(at: number, end: number): number {
    const bytes = this.#bytes
    while (at < end && bytes[at] > SPACE) at++
    return bytes[at] === ENRICHED ? end : at + 1
  }

  /** Finds a value, which includes the quote it begins with; false where there is none. */
  #value(start: number, end: number): boolean {
    const bytes = this.#bytes
    const limit = Math.min(end, start + MOST_BYTES)
    let at = start
    if (bytes[at] === QUOTE) {
      at++
      while (at < limit && bytes[at] !== QUOTE) at++
    } else {
      if (bytes[at] === OPEN_PARENTHESIS || bytes[at] === QUESTION) return false
      while (at < limit && bytes[at] !== SPACE && bytes[at] !== ENRICHED) at++
    }
    this.#start = start
    this.#end = at
    return at > start + 1
  }

  /** A number of 32 bits; `otherwise` where there is none. */
  #decimal(start: number, end: number, otherwise: number): number {
    const bytes = this.#bytes
    let value = 0
    let at = start
    for (; at < end && bytes[at] >= ZERO && bytes[at] <= NINE; at++)
      value = value * 10 + bytes[at] - ZERO
    this.#at = at
    return at === start ? otherwise : Math.min(value, NO_USER)
  }

  #hex(start: number, end: number): number {
    const bytes = this.#bytes
    let value = 0
    for (let at = start; at < end && at < start + 8 && NIBBLE[bytes[at]] < 16; at++)
      value = value * 16 + NIBBLE[bytes[at]]
    return value
  }
}

function word(text: string): number {
  return Buffer.from(text, 'latin1').readInt32LE()
}
