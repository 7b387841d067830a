import { mustEqual } from '../bench.ts'
import type { Random } from './random.ts'

/** Share of the drain from which a flood has to be found at once. */
export const STRICT_SHARE = 0.25

/** A flood that was made on purpose. */
export interface Label {
  readonly key: string
  /** Beginning and end in seconds, not whole ones. */
  readonly from: number
  readonly to: number
  /** Most that it makes, as a share of what can be drained. */
  readonly share: number
  /** When it first makes STRICT_SHARE of the drain; its beginning where it never does or does at once. */
  readonly harmful: number
  /** Entries that it makes in a second. */
  at(second: number): number
}

/** A flood in `[from, to)` that reaches `share` of the drain after `rise` seconds. */
export function flood(
  random: Random,
  drain: number,
  given: { key: string; from: number; to: number; share: number; rise: number },
  pulse = 0,
): Label {
  const { key, from, to, share, rise } = given
  const wobble = Array.from({ length: 64 }, () => random.between(0.95, 1.1))
  const levelAt = (time: number): number =>
    rise > 0 ? Math.min(1, Math.max(0, (time - from) / rise)) : 1
  return {
    ...given,
    harmful: share < STRICT_SHARE ? from : from + (rise * STRICT_SHARE) / share,
    key,
    at(second) {
      const begin = Math.max(from, second)
      const end = Math.min(to, second + 1)
      if (end <= begin) return 0
      if (pulse > 0 && Math.floor((second - from) / pulse) % 2 === 1) return 0
      const level = levelAt((begin + end) / 2) * (end - begin)
      return Math.round(share * drain * level * wobble[second & 63])
    },
  }
}

/** Throws unless what is labelled is there: its key makes its share, within its time and not outside. */
export function check(labels: readonly Label[], drain: number): void {
  for (const label of labels) {
    const { from, to, share, harmful } = label
    mustEqual('entries before a flood', label.at(Math.floor(from) - 1), 0)
    mustEqual('entries after a flood', label.at(Math.ceil(to)), 0)
    let most = 0
    for (let second = Math.floor(from); second < to; second++)
      most = Math.max(most, label.at(second))
    const isThere = most >= 0.9 * share * drain && most <= 1.2 * share * drain
    mustEqual('a flood makes its share', isThere, true)
    mustEqual('a flood is harmful while it lasts', harmful >= from && harmful < to, true)
  }
}
