import { comparePositions, type Position } from '../model/place.ts'

/** A wish to stop reading, and whether it came true. */
export class Hold {
  readonly settled: Promise<boolean>
  settle: (held: boolean) => void = () => {}
  readonly #at: Position | null

  constructor(at: Position | null) {
    this.#at = at
    this.settled = new Promise((resolve) => {
      this.settle = resolve
    })
  }

  reached(position: Position): boolean {
    return this.#at === null || comparePositions(position, this.#at) >= 0
  }
}
