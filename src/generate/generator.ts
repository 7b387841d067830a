import { COLON, DOT } from '../model/bytes.ts'
import { createEvent, type OpenEvent } from './event.ts'
import { Lines } from './lines.ts'
import { Names } from './names.ts'
import { type GeneratorOptions, resolveOptions } from './options.ts'
import { Plan } from './plan.ts'
import { Random } from './random.ts'
import { Schedule } from './schedule.ts'
import type { EventTemplate, Template } from './template.ts'
import { RECORD_ROOM } from './template.ts'
import { Tally, type Truth } from './truth.ts'
import { writeDecimal } from './writer.ts'

/** Room a buffer must have: a record and its copy. */
export const MIN_ROOM: number = 2 * RECORD_ROOM

/** Records of events mix only when the events begin within this time of each other. */
const GROUP_MS = 100

/** Entries after which a late record comes, at most, and stream time. */
const LATE_ENTRIES = 64
const LATE_MS = 1000

/** auditd begins its own serials at a random number below 10,000. */
const DAEMON_SERIAL = 7001

/**
 * Makes an audit stream: bytes that are the same for the same options, whatever the buffers, and the
 * exact counts of what it made. It keeps no clock: stamps come from the options.
 *
 * ```
 * schedule ─► gather 1 … cpus events ─► step: one record of one of them ─► bytes
 *                     ▲                        │ held back
 *                     └──────── late ◄─────────┘
 * ```
 */
export class Generator {
  private readonly options: GeneratorOptions
  private readonly random: Random
  private readonly schedule: Schedule
  private readonly plan: Plan
  private readonly names: Names
  private readonly tally: Tally
  private readonly lines: Lines
  private readonly serials: Uint32Array
  private readonly daemonSerials: Uint32Array
  /** Events whose records are being written; the first `active` count. */
  private readonly group: OpenEvent[] = []
  private active = 0
  /** Events still to be gathered before the group's records are written. */
  private wanted = 0
  private readonly late: OpenEvent[] = []
  private readonly spare: OpenEvent[] = []
  private finished = false

  /** Throws a `Failure` where an option does not hold. */
  constructor(given: Partial<GeneratorOptions> = {}) {
    const options = resolveOptions(given)
    this.options = options
    this.random = new Random(options.seed)
    this.schedule = new Schedule(options)
    this.plan = new Plan(options)
    this.names = new Names(options)
    this.tally = new Tally(options, this.names)
    this.lines = new Lines(options, this.names, this.tally)
    const nodes = Math.max(1, options.nodes)
    this.serials = new Uint32Array(nodes).fill(options.startSerial)
    this.daemonSerials = new Uint32Array(nodes).fill(DAEMON_SERIAL)
  }

  /** Everything is written. */
  get done(): boolean {
    return this.finished
  }

  /** What has been written so far. */
  truth(): Truth {
    return this.tally.truth()
  }

  /**
   * Writes whole records from the start of `out` (at least MIN_ROOM bytes) and gives the number of
   * bytes. It stops when the buffer is full, at the end, or before the first event that is not
   * earlier than `until`, in milliseconds of stream time.
   */
  fill(out: Uint8Array, until: number = Number.POSITIVE_INFINITY): number {
    if (out.length < MIN_ROOM) throw new RangeError(`the buffer must have ${MIN_ROOM} bytes`)
    const { lines } = this
    lines.begin(out)
    while (!this.finished && out.length - lines.at >= MIN_ROOM) {
      if (this.wanted === 0 && this.active > 0) this.step()
      else if (!this.releaseLate() && !this.gather(until)) break
    }
    return lines.at
  }

  /** Takes the next events into the group; false while the next one is not due. */
  private gather(until: number): boolean {
    const { schedule } = this
    if (this.active === 0 && this.wanted === 0) {
      if (this.isOver()) {
        this.finished = this.late.length === 0
        return !this.finished
      }
      this.wanted = this.drawGroup()
    }
    while (this.wanted > 0) {
      const first = this.active > 0 ? this.group[0].at : schedule.at
      if (this.isOver() || schedule.at > first + GROUP_MS) this.wanted = 0
      else if (schedule.at >= until) return false
      else this.take()
    }
    if (this.active > 1) this.tally.interleaved += this.active
    return true
  }

  private isOver(): boolean {
    const { options, tally } = this
    return (
      this.schedule.at === Number.POSITIVE_INFINITY ||
      tally.events >= options.events ||
      tally.records >= options.records ||
      tally.bytes >= options.bytes
    )
  }

  /** How many events mix next, so that in the long run the wanted share of events does. */
  private drawGroup(): number {
    const { cpus, interleave } = this.options
    if (cpus < 2 || interleave === 0) return 1
    const mean = (2 + cpus) / 2
    const chance = interleave / (mean - interleave * (mean - 1))
    return this.random.share() < chance ? 2 + this.random.below(cpus - 1) : 1
  }

  /** Puts the next event of the schedule into the group. */
  private take(): void {
    const { random, options, schedule, tally } = this
    this.wanted--
    const flood = schedule.flood
    const template = flood ? this.plan.flood : this.plan.draw(random)
    const event = this.spare.pop() ?? createEvent(template)
    this.group[this.active++] = event
    event.template = template
    event.next = 0
    event.at = schedule.at
    event.node = options.nodes > 1 ? random.below(options.nodes) : 0
    event.salt = random.next()
    event.pid = 1000 + random.below(60_000)
    event.path = random.skewed(options.paths)
    event.cwd = (event.salt >>> 8) % this.names.cwds.length
    event.user = flood ? 0 : random.below(this.names.users.length)
    event.program = flood ? this.names.floodProgram : random.skewed(options.programs)
    event.key = flood ? this.names.floodKey : this.plan.drawKey(random, template)
    event.secondKey = template.twoKeys && event.key >= 0 ? options.keys - 1 : -1
    event.late = this.drawLate(template)
    schedule.advance()
    if (template.malformed) return
    this.stamp(event)
    if (flood) tally.flood++
    if (template.odd) tally.odd++
    tally.addKey('events', event.key, event.secondKey)
  }

  private drawLate(template: EventTemplate): number {
    const { random } = this
    if (this.options.late === 0 || template.late.length === 0) return -1
    if (random.share() >= this.options.late) return -1
    return template.late[random.below(template.late.length)]
  }

  /** Gives the event its stamp and the next serial of its node. */
  private stamp(event: OpenEvent): void {
    const { node } = event
    const daemon = event.template.daemon
    const serials = daemon ? this.daemonSerials : this.serials
    const serial = serials[node]
    // the kernel's counter is 32 bits and goes on at 0, as this array does
    serials[node] = serial + 1
    const stamp = this.options.start + event.at
    const seconds = Math.floor(stamp / 1000)
    const ms = stamp - seconds * 1000
    const bytes = event.stamp
    let at = writeDecimal(bytes, 0, seconds)
    bytes[at++] = DOT
    bytes[at++] = 0x30 + Math.floor(ms / 100)
    bytes[at++] = 0x30 + (Math.floor(ms / 10) % 10)
    bytes[at++] = 0x30 + (ms % 10)
    bytes[at++] = COLON
    event.stampLength = writeDecimal(bytes, at, serial)
    this.tally.begin(node, daemon, serial, stamp)
  }

  /** Writes the next record of one event of the group. */
  private step(): void {
    const { group, random } = this
    const index = this.active > 1 ? random.below(this.active) : 0
    const event = group[index]
    const { records } = event.template
    if (event.next !== event.late) this.write(records[event.next], event)
    if (++event.next < records.length) return
    group[index] = group[--this.active]
    if (event.late < 0) {
      this.spare.push(event)
      return
    }
    event.ended = this.tally.entries
    event.due = event.ended + 1 + random.below(LATE_ENTRIES)
    this.late.push(event)
  }

  /** Writes the oldest record held back where it is due; between groups only. */
  private releaseLate(): boolean {
    const event = this.late[0]
    if (event === undefined || this.active > 0 || this.wanted > 0) return false
    const due = this.tally.entries >= event.due || this.schedule.at > event.at + LATE_MS
    if (!due && !this.isOver()) return false
    this.late.shift()
    // right after its event's own last record it would not be late but join it
    const closed = this.options.eoe || this.tally.entries > event.ended
    const copies = this.write(event.template.records[event.late], event)
    if (closed) {
      this.tally.late++
      this.tally.addKey('late', event.key, event.secondKey, copies)
    }
    this.spare.push(event)
    return true
  }

  /** Writes a record once or twice; gives how often. */
  private write(template: Template, event: OpenEvent): number {
    const { repeat } = this.options
    this.lines.write(template, event)
    if (repeat === 0 || template.outcome === 'blank' || template.outcome === 'rejected') return 1
    if (this.random.share() >= repeat) return 1
    this.lines.write(template, event)
    this.tally.repeated++
    if (template.single) this.tally.copies++
    return 2
  }
}
