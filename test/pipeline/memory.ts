import type { Block, Message, Sink } from '../../src/model/delivery.ts'
import type { Piece } from '../../src/model/piece.ts'
import { type Position, placeOf } from '../../src/model/place.ts'
import type { Source } from '../../src/pipeline/source.ts'

/** A spool in memory: every frame is given once to each reader, and frames can be added. */
export class MemorySpool {
  readonly #pieces: Piece[] = []
  #place = placeOf(0, 128)
  #clock = 0
  #waiting: (() => void)[] = []
  opened = 0

  /** Adds a data frame. */
  write(text: string): void {
    const bytes = Buffer.from(text)
    const place = this.#place
    this.#place += 32 + bytes.length
    this.#add({ kind: 'data', bytes, epoch: 1, boot: 'b', place, clock: this.#clock++ })
  }

  /** Adds a tick. */
  tick(): void {
    this.#place += 32
    this.#add({ kind: 'tick', epoch: 1, place: this.#place, clock: this.#clock++ })
  }

  /** Ends the epoch. */
  end(): void {
    this.#add({ kind: 'end', epoch: 1, place: this.#place, close: true })
  }

  /** A reader from the first byte at or after `at` on. */
  open(at: Position): Source {
    this.opened++
    let index = this.#pieces.findIndex((piece) => endOf(piece) > at.place)
    if (index === -1) index = this.#pieces.length
    const source: Source = {
      next: () => {
        const piece = this.#pieces[index]
        if (piece === undefined) return null
        index++
        if (piece.kind !== 'data' || piece.place >= at.place) return piece
        const read = at.place - piece.place
        return { ...piece, bytes: piece.bytes.subarray(read), place: at.place }
      },
      // As the spool's reader, it also says now and then that it is time to look.
      wait: () =>
        new Promise((resolve) => {
          this.#waiting.push(resolve)
          setTimeout(resolve, 10)
        }),
      close: () => {},
      lag: 0,
      isCalm: false,
    }
    const lag = (): number =>
      this.#pieces
        .slice(index)
        .reduce((sum, piece) => sum + (piece.kind === 'data' ? piece.bytes.length : 0), 0)
    return Object.defineProperty(source, 'lag', { get: lag })
  }

  #add(piece: Piece): void {
    this.#pieces.push(piece)
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function endOf(piece: Piece): number {
  return piece.place + (piece.kind === 'data' ? piece.bytes.length : 1)
}

/** The output of a block, as text. */
export function textOf(block: Block): string {
  return block.runs
    .map(({ result, start, end }) => Buffer.from(result.out.slice(start, end)).toString())
    .join('')
}

/** A sink that keeps what it accepts, and can be stopped and told to fail. */
export class MemorySink implements Sink {
  text = ''
  blocks: Block[] = []
  failure: Error | null = null
  #stuck: Promise<void> | null = null
  #free: () => void = () => {}

  /** From now on nothing is accepted. */
  stick(): void {
    this.#stuck = new Promise((resolve) => {
      this.#free = resolve
    })
  }

  /** What waits is accepted. */
  free(): void {
    this.#stuck = null
    this.#free()
  }

  async accept(block: Block): Promise<void> {
    while (this.#stuck !== null) await this.#stuck
    if (this.failure !== null) throw this.failure
    // Read late, as a sink that writes does: the memory has to be as it was.
    await new Promise((resolve) => setImmediate(resolve))
    this.text += textOf(block)
    this.blocks.push({ ...block })
  }

  rate(_heartbeat: Message): void {}
  alert(_alert: Message): void {}
  async sync(): Promise<void> {}
  async close(): Promise<void> {}
}

/** A pipe that is never closed. */
export class OpenPipe {
  #texts: string[] = []
  #wake: () => void = () => {}
  #place = 0

  write(text: string): void {
    this.#texts.push(text)
    this.#wake()
  }

  async *pieces(): AsyncGenerator<Piece> {
    for (;;) {
      const text = this.#texts.shift()
      if (text === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      const place = this.#place
      this.#place += text.length
      const bytes = Buffer.from(text)
      yield { kind: 'data', bytes, epoch: 0, boot: null, place, clock: null }
    }
  }
}
