import { z } from 'zod'

/** What people are told about a setting: its meaning, what it takes, and a value to show. */
export interface Told {
  readonly says: string
  readonly allowed: string
  /** Shown, commented out, where the default is no fixed value. */
  readonly example?: string
}

/** What is told about each setting. */
export const told: z.core.$ZodRegistry<Told> = z.registry<Told>()

/** A setting with what is told about it. */
export function setting<S extends z.ZodType>(schema: S, about: Told): S {
  const described = schema.meta({ description: about.says })
  told.add(described, about)
  return described
}

/** A name without spaces, quotes and =. */
export const NAME: RegExp = /^[^\s"'=\p{Cc}]{1,255}$/u
/** An absolute path. */
export const ABSOLUTE: RegExp = /^\/[^\p{Cc}]*$/u
