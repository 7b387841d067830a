import type { Block } from '../model/delivery.ts'

/** The finished bytes of a block's events, in closing order, where they lie. */
export function eventBytes(block: Block): Uint8Array[] {
  return block.runs.map(({ result, start, end }) => result.out.subarray(start, end))
}
