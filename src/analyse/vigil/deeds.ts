import { type Author, authorText } from '../../model/author.ts'
import type { Message } from '../../model/delivery.ts'
import type { Change } from './change.ts'

/** Authors and keys that are told at most. */
const MOST_AUTHORS = 10
const MOST_KEYS = 20

/** What one author did. */
interface Deed {
  readonly by: Author
  /** How often which `op`. */
  readonly ops: Readonly<Record<string, number>>
}

/** Changes of rules in the checkpoint. Times in ms since the epoch, by their stamps. */
export interface DeedsState {
  readonly from: number
  readonly to: number
  readonly deeds: readonly Deed[]
  readonly keys: readonly string[]
}

/** Changes of rules with those of before; null for none of before. */
export function withChange(before: DeedsState | null, change: Change, stamp: number): DeedsState {
  const { op, key, by } = change
  const { from, to, deeds, keys } = before ?? { from: stamp, to: stamp, deeds: [], keys: [] }
  const same = deeds.findIndex((deed) => isSame(deed.by, by))
  const deed = deeds[same] ?? { by, ops: {} }
  const more = { by: deed.by, ops: { ...deed.ops, [op]: (deed.ops[op] ?? 0) + 1 } }
  const all = same >= 0 ? deeds.with(same, more) : [...deeds, more].slice(-MOST_AUTHORS)
  const isNew = key !== null && !keys.includes(key) && keys.length < MOST_KEYS
  return {
    from: Math.min(from, stamp),
    to: Math.max(to, stamp),
    deeds: all,
    keys: isNew ? [...keys, key] : keys,
  }
}

/** Deeds as members of an alert's evidence. */
export function deedsEvidence(state: DeedsState | null): Message {
  const by = (state?.deeds ?? []).map(({ by: { auid, uid, pid, exe }, ops }) => {
    return { auid, uid, pid, exe, ops }
  })
  return { by, keys: state?.keys ?? [] }
}

/** What was done how often, whoever did it, in words. */
export function opsText(state: DeedsState | null): string {
  const sums = new Map<string, number>()
  for (const { ops } of state?.deeds ?? [])
    for (const [op, n] of Object.entries(ops)) sums.set(op, (sums.get(op) ?? 0) + n)
  return Array.from(sums, ([op, n]) => (n === 1 ? `once ${op}` : `${n} times ${op}`)).join(', ')
}

/** Who did it, in words; empty where nobody is known. */
export function deedsText(state: DeedsState | null): string {
  if (state === null || state.deeds.length === 0) return ''
  const [first, ...others] = state.deeds
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return ` by ${authorText(first.by)}${more}`
}

/** The same, but for the process: rules are loaded one by one, each by a process of its own at times. */
function isSame(a: Author, b: Author): boolean {
  return a.auid === b.auid && a.uid === b.uid && a.exe === b.exe
}
