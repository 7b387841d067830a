/** Packs finished segments, one after the other, as long as the backlog is large. */

import type { SegmentId } from '../spool/format.ts'
import { packingName } from '../spool/pack-format.ts'
import { packSegment } from './pack.ts'
import type { Room } from './room.ts'

/** Makes room in a spool without deleting. It goes on beside the writing, and nothing waits for it. */
export class Packer {
  readonly #directory: string
  readonly #room: Room
  #running = false
  #stopped = false

  constructor(directory: string, room: Room) {
    this.#directory = directory
    this.#room = room
  }

  /** Packs what is worth it, unless that is under way. `current` is the segment being written. */
  look(current: SegmentId | null): void {
    if (current && !this.#running && !this.#stopped) void this.#run(packingName(current.epoch))
  }

  /** Leaves the segment at which it is as it was. */
  stop(): void {
    this.#stopped = true
  }

  async #run(aside: string): Promise<void> {
    this.#running = true
    for (let isGood = true; isGood && !this.#stopped; ) {
      const segment = this.#room.toPack()
      if (!segment) break
      // A disk that fails is said by the writing, and is tried again at the next look.
      isGood = await packSegment({
        directory: this.#directory,
        name: segment.name,
        aside,
        isStopped: () => this.#stopped,
      }).then(
        () => true,
        () => false,
      )
      await this.#room.packed(segment, isGood)
    }
    this.#running = false
  }
}
