import type { Given } from './lines.ts'
import type { Check } from './values.ts'

/** What becomes of an option: a setting of ours, what is always so, nothing, or something to do by hand. */
export type Fate = 'set' | 'always' | 'nothing' | 'by hand'

/** A setting of ours: its path, and its value as YAML. */
export type Setting = readonly [path: readonly string[], value: string]

/** An option of audisp-remote.conf(5). */
export interface Option {
  readonly name: string
  /** First version of audit that knows it, where that is later than 2.8. */
  readonly since?: string
  readonly takes: Check
  readonly fate: Fate
  /** What became of it, in a sentence or two. */
  readonly here: string
  /** Where the value makes a difference: what to say instead, or besides. */
  readonly about?: (given: Given) => { readonly fate: Fate; readonly here: string } | null
  /** What it sets. */
  readonly sets?: (given: Given) => readonly Setting[]
}

/** One option of the file, and what becomes of it. */
export interface Finding {
  readonly line: number
  readonly option: string
  readonly value: string
  readonly fate: Fate
  readonly here: string
}
