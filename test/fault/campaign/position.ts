/** Epoch of an `EVENT.pos`: which shim wrote it, from 1. */
export function epochOf(pos: string): number {
  return Number(pos.split('.')[0])
}

/** Below 0 where `a` lies before `b` in the spool, 0 where it is the same place. */
export function comparePos(a: string, b: string): number {
  const [left, right] = [a, b].map((pos) => pos.split('.').map(Number))
  const at = left.findIndex((part, i) => part !== right[i])
  return at < 0 ? 0 : left[at] - right[at]
}
