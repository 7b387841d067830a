import type { Batch } from '../model/batch.ts'
import { EQUALS, QUOTE, SPACE } from '../model/bytes.ts'
import type { OriginReader } from '../model/origin-reader.ts'
import { isSlash } from '../model/origins.ts'
import type { Events, Lines, Result } from '../model/result.ts'
import { CWD, SYSCALL } from '../tables/single.ts'
import { Actor } from './actor.ts'
import { FieldReader, word } from './field-reader.ts'
import { prefixEnd } from './prefix.ts'
import { TextIndex } from './text-index.ts'
import { viewOf, withSlack } from './words.ts'

const PATH = 1302
const URINGOP = 1336

const ITEM = word('item')
const NAME = word('name')
/** Bytes of `item=0 `. */
const NAME_AT = 7

const CWD_NAME = word('cwd=')

/** Events in a millisecond of stamps that are fast, but for the first of a batch. */
const FAST_PER_MS = 2
const AT_ONCE = 16

/**
 * Finds who made each event: its program, user, call, parent, and where its path lies. What an event
 * has of these stands in its SYSCALL record or, without one, in its first; in its first PATH record with
 * a name; in its CWD record where that name is relative.
 *
 * Works on the lines, so that it does not matter how the event is written. It looks at the words of the
 * line that matters up to its `exe`, and makes no string.
 */
export class OriginFinder implements OriginReader {
  readonly #texts = new TextIndex()
  readonly #fields = new FieldReader()
  readonly #actor = new Actor(this.#fields)
  #lines!: Lines
  #events!: Events
  #pathStart = 0
  #pathEnd = 0

  begin(batch: Batch, result: Result): void {
    const bytes = withSlack(batch.bytes, batch.length)
    const view = viewOf(bytes)
    this.#fields.begin(bytes, view)
    this.#lines = result.lines
    this.#events = result.events
    this.#texts.begin(view, result.texts)
    this.#texts.row(0, 0)
  }

  /**
   * Whether so many of the batch came before this event that it is one of a fast stream, by its stamp, which knows
   * nothing of other batches.
   */
  isFast(row: number): boolean {
    const { sec, ms } = this.#events
    const passed = (sec[row] - sec[0]) * 1000 + ms[row] - ms[0]
    return row >= AT_ONCE + passed * FAST_PER_MS
  }

  take(row: number): void {
    const { type, next, body, end } = this.#lines
    const events = this.#events
    const actor = this.#actor
    const first = events.first[row]
    let call = -1
    let cwd = -1
    let hasPath = false
    for (let line = first; line >= 0; line = next[line]) {
      const of = type[line]
      if (of === PATH) hasPath ||= this.#name(line)
      else if (of === SYSCALL || of === URINGOP) {
        if (call < 0) call = line
      } else if (of === CWD && cwd < 0) cwd = line
    }
    if (hasPath) this.#prefix(cwd)
    else this.#pathStart = this.#pathEnd = 0
    const line = call < 0 ? first : call
    actor.read(body[line], end[line], call < 0 ? type[line] : -1)
    events.program[row] = this.#texts.row(actor.programStart, actor.programEnd)
    events.path[row] = this.#texts.row(this.#pathStart, this.#pathEnd)
    events.call[row] = actor.call
    events.user[row] = actor.user
    events.parent[row] = actor.parent
  }

  /** Finds the name in a PATH record. */
  #name(line: number): boolean {
    const fields = this.#fields
    const at = this.#isUsual(line) ? this.#lines.body[line] + NAME_AT : this.#field(line, NAME)
    if (at < 0 || fields.bytes[at + 4] !== EQUALS) return false
    if (!fields.text(at + 5, this.#lines.end[line])) return false
    this.#pathStart = fields.start
    this.#pathEnd = fields.end
    return true
  }

  /** Whether a record begins `item=0 name`, as the kernel prints it. */
  #isUsual(line: number): boolean {
    const { bytes, view } = this.#fields
    const body = this.#lines.body[line]
    return (
      view.getInt32(body, true) === ITEM &&
      view.getInt32(body + NAME_AT, true) === NAME &&
      bytes[body + NAME_AT - 1] === SPACE &&
      bytes[body + NAME_AT - 2] > SPACE &&
      bytes[body + NAME_AT - 3] > SPACE
    )
  }

  /** Cuts the name that was found, or the working directory where it is relative, to its prefix. */
  #prefix(cwd: number): void {
    const { bytes } = this.#fields
    const start = this.#pathStart
    const end = this.#pathEnd
    const isHex = bytes[start] !== QUOTE
    if (!isSlash(bytes, isHex ? start : start + 1, isHex)) {
      if (cwd >= 0 && this.#workingDirectory(cwd)) this.#cut(this.#fields.start, this.#fields.end)
      else this.#pathStart = this.#pathEnd = 0
      return
    }
    this.#cut(start, end)
    // A prefix that is a part of the name is one whether or not the name is that of a directory.
    if (this.#pathEnd < end || this.#isDirectory(start, end, cwd)) return
    this.#pathEnd = prefixEnd(bytes, isHex ? start : start + 1, end, isHex, false)
  }

  /** Whether a name is that of a directory: the kernel gives a parent's a slash at its end, or it is the working directory. */
  #isDirectory(start: number, end: number, cwd: number): boolean {
    const { bytes } = this.#fields
    const isHex = bytes[start] !== QUOTE
    if (isSlash(bytes, isHex ? end - 2 : end - 1, isHex)) return true
    return cwd >= 0 && this.#workingDirectory(cwd) && this.#isSame(start, end)
  }

  /** Cuts a directory's name to its prefix. */
  #cut(start: number, end: number): void {
    const { bytes } = this.#fields
    const isHex = bytes[start] !== QUOTE
    this.#pathStart = start
    this.#pathEnd = prefixEnd(bytes, isHex ? start : start + 1, end, isHex, true)
  }

  #workingDirectory(line: number): boolean {
    const at = this.#field(line, CWD_NAME)
    return at >= 0 && this.#fields.text(at + 4, this.#lines.end[line])
  }

  /** Whether the text read last is the same as another. */
  #isSame(start: number, end: number): boolean {
    const { bytes, start: from, end: to } = this.#fields
    const length = end - start
    if (to - from !== length) return false
    let i = 0
    while (i < length && bytes[start + i] === bytes[from + i]) i++
    return i === length
  }

  /** Where the first field of a line stands that begins so, or -1. */
  #field(line: number, name: number): number {
    const end = this.#lines.end[line]
    const at = this.#fields.find(name, this.#lines.body[line], end)
    return at < end ? at : -1
  }
}
