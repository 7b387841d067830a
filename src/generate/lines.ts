import { LF } from '../model/bytes.ts'
import type { OpenEvent } from './event.ts'
import type { Names } from './names.ts'
import type { GeneratorOptions } from './options.ts'
import { isBare, PAYLOAD_BYTES, type Template } from './template.ts'
import type { Tally } from './truth.ts'
import { Writer } from './writer.ts'

/**
 * Frames records, and counts what it wrote.
 *
 * ```
 * text            record LF
 * binary          ver u32 | hlen u32 = 16 | type u32 | size u32 | record                host byte order
 * binary-padded   the same, the record followed by what earlier ones left, up to 8,970 bytes
 * ```
 *
 * Version 0 carries the kernel's text from `audit(` on, version 1 a whole line without its LF
 * (struct audit_dispatcher_header in audit-userspace lib/libaudit.h).
 */
export class Lines {
  private readonly writer: Writer
  private readonly tally: Tally
  private readonly binary: boolean
  private readonly padded: boolean
  private readonly version: number
  /** auditd's one buffer of a padded payload: a record overwrites the start of the one before. */
  private readonly leftover = new Uint8Array(PAYLOAD_BYTES)
  private view: DataView = new DataView(new ArrayBuffer(0))

  constructor(options: GeneratorOptions, names: Names, tally: Tally) {
    this.writer = new Writer(names)
    this.tally = tally
    this.binary = options.framing !== 'text'
    this.padded = options.framing === 'binary-padded'
    this.version = isBare(options) ? 0 : 1
  }

  /** Offset after what was written last. */
  get at(): number {
    return this.writer.at
  }

  /** Writes to the start of `out` from here on. */
  begin(out: Uint8Array): void {
    this.writer.out = out
    this.writer.at = 0
    this.view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  }

  /** Writes one record, framed. */
  write(template: Template, event: OpenEvent): void {
    const { writer, tally } = this
    const start = writer.at
    if (this.binary) this.writeFrame(template, event)
    else {
      writer.write(template, event)
      writer.out[writer.at++] = LF
    }
    tally.bytes += writer.at - start
    switch (template.outcome) {
      case 'record':
        tally.records++
        return tally.addKey('records', event.key, event.secondKey)
      case 'eoe':
        tally.eoe++
        return tally.addKey('eoe', event.key, event.secondKey)
      case 'blank':
        tally.blank++
        return
      case 'rejected':
        tally.rejected++
    }
  }

  private writeFrame(template: Template, event: OpenEvent): void {
    const { writer, view } = this
    const start = writer.at
    const payload = start + HEADER_BYTES
    writer.at = payload
    writer.write(template, event)
    view.setUint32(start, this.version, LITTLE_ENDIAN)
    view.setUint32(start + 4, HEADER_BYTES, LITTLE_ENDIAN)
    view.setUint32(start + 8, template.type, LITTLE_ENDIAN)
    view.setUint32(start + 12, writer.at - payload, LITTLE_ENDIAN)
    if (!this.padded) return
    this.leftover.set(writer.out.subarray(payload, writer.at))
    writer.out.set(this.leftover, payload)
    writer.at = payload + PAYLOAD_BYTES
  }
}

const HEADER_BYTES = 16
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1
