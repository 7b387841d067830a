import { DOT, QUOTE, SLASH, ZERO } from '../model/bytes.ts'
import type { OpenEvent } from './event.ts'
import type { Names } from './names.ts'
import { Slot } from './slots.ts'
import type { Template } from './template.ts'

const NULL = Buffer.from('(null)')
const MADE_PATH = Buffer.from('"/srv/data/')
const STACK = Buffer.from('7ffd')
const HEAP = Buffer.from('55d0')
const MAPPED = Buffer.from('7f3a')
const HEX = Buffer.from('0123456789abcdef')
const HEX_UPPER = Buffer.from('0123456789ABCDEF')
const PORTS = [443, 5432, 53, 80, 9092, 22, 6379, 3306]
/** Made-up files per made-up directory. */
const FILES_PER_DIR = 1024

/** Writes a number in decimal and gives the offset after it. */
export function writeDecimal(out: Uint8Array, at: number, value: number): number {
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  for (let i = at + digits - 1; i >= at; i--) {
    const rest = Math.floor(value / 10)
    out[i] = ZERO + value - rest * 10
    value = rest
  }
  return at + digits
}

/** Writes records: literals and slots, into whatever buffer is set, from `at` on. */
export class Writer {
  out: Uint8Array = new Uint8Array(0)
  at = 0
  private readonly names: Names

  constructor(names: Names) {
    this.names = names
  }

  /** Writes one record without its end; the caller has made sure of the room. */
  write(template: Template, event: OpenEvent): void {
    const { chunks, slots } = template
    this.put(chunks[0])
    for (let i = 0; i < slots.length; i++) {
      this.fill(slots[i] as Slot, event)
      this.put(chunks[i + 1])
    }
  }

  private put(bytes: Uint8Array): void {
    this.out.set(bytes, this.at)
    this.at += bytes.length
  }

  private decimal(value: number): void {
    this.at = writeDecimal(this.out, this.at, value)
  }

  private hex(value: number, digits: number, alphabet: Uint8Array = HEX): void {
    for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4)
      this.out[this.at++] = alphabet[(value >>> shift) & 15]
  }

  private fill(slot: Slot, event: OpenEvent): void {
    const { names } = this
    switch (slot) {
      case Slot.stamp:
        // copied with the bytes after its end: the next literal goes over them
        this.out.set(event.stamp, this.at)
        this.at += event.stampLength
        return
      case Slot.node:
        return this.put(names.nodes[event.node])
      case Slot.pid:
        return this.decimal(event.pid)
      case Slot.ppid:
        return this.decimal(900 + (event.salt & 63))
      case Slot.ids:
      case Slot.IDS:
      case Slot.who:
      case Slot.WHO:
      case Slot.acct:
        return this.fillUser(slot, event)
      case Slot.prog:
        return this.put(names.program(event.program).prog)
      case Slot.comm:
        return this.put(names.program(event.program).comm)
      case Slot.exe:
        return this.put(names.program(event.program).exe)
      case Slot.argv:
        return this.put(names.program(event.program).argv)
      case Slot.title:
        return this.put(names.program(event.program).title)
      case Slot.exenode:
        return this.decimal(1_310_720 + event.program)
      case Slot.key:
        return this.put(event.key < 0 ? NULL : names.key(event.key))
      case Slot.keys2:
        return this.put(event.key < 0 ? NULL : names.twoKeys(event.key, event.secondKey))
      case Slot.path:
        return this.fillPath(event.path)
      case Slot.dir:
        return this.fillDir(event.path)
      case Slot.inode:
        return this.decimal(262_144 + event.path)
      case Slot.dirnode:
        return this.decimal(131_072 + Math.floor(event.path / FILES_PER_DIR))
      case Slot.cwd:
        return this.put(names.cwds[event.cwd])
      case Slot.stack:
        return this.fillAddress(STACK, event.salt)
      case Slot.heap:
        return this.fillAddress(HEAP, event.salt ^ 0x5bd1e990)
      case Slot.mapped:
        return this.fillAddress(MAPPED, event.salt & ~0xfff)
      case Slot.fd:
        return this.decimal(3 + (event.salt & 7))
      case Slot.ip:
        return this.fillIp(event.salt)
      case Slot.port:
        return this.decimal(portOf(event.salt))
      case Slot.saddr:
        return this.fillSocket(event.salt)
    }
  }

  private fillUser(slot: 4 | 5 | 6 | 7 | 8, event: OpenEvent): void {
    const user = this.names.users[event.user]
    if (slot === Slot.ids) this.put(user.ids)
    else if (slot === Slot.IDS) this.put(user.IDS)
    else if (slot === Slot.who) this.put(user.who)
    else if (slot === Slot.WHO) this.put(user.WHO)
    else this.put(user.acct)
  }

  private fillAddress(region: Uint8Array, salt: number): void {
    this.put(region)
    this.hex(salt, 8)
  }

  private fillPath(path: number): void {
    const named = this.names.paths[path]
    if (named !== undefined) return this.put(named)
    this.put(MADE_PATH)
    this.decimal(Math.floor(path / FILES_PER_DIR))
    this.out[this.at++] = SLASH
    this.decimal(path)
    this.out[this.at++] = QUOTE
  }

  private fillDir(path: number): void {
    const named = this.names.dirs[path]
    if (named !== undefined) return this.put(named)
    this.put(MADE_PATH)
    this.decimal(Math.floor(path / FILES_PER_DIR))
    this.out[this.at++] = SLASH
    this.out[this.at++] = QUOTE
  }

  /** An address in 10.0.0.0/8. */
  private fillIp(salt: number): void {
    this.decimal(10)
    for (let shift = 16; shift >= 0; shift -= 8) {
      this.out[this.at++] = DOT
      this.decimal((salt >>> shift) & 255)
    }
  }

  /** struct sockaddr_in of a little-endian machine: family 2, port and address in network order. */
  private fillSocket(salt: number): void {
    this.hex(0x0200, 4)
    this.hex(portOf(salt), 4, HEX_UPPER)
    this.hex(0x0a000000 | (salt & 0xffffff), 8, HEX_UPPER)
    this.hex(0, 8)
    this.hex(0, 8)
  }
}

function portOf(salt: number): number {
  return PORTS[(salt >>> 24) & 7]
}
