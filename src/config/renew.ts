import { isDeepStrictEqual } from 'node:util'
import type { Settings } from './settings.ts'

/** Sections whose change needs a restart: they say where records come from and where they are kept. */
const FIXED = ['input', 'receive', 'spool'] as const

/** What a configuration that was read again comes to while a service runs. */
export interface Renewed {
  /** The settings from now on; null where nothing changes. */
  readonly settings: Settings | null
  /** Sections that were changed and stay as they were. */
  readonly fixed: readonly string[]
}

/** Puts the settings that were `read` in place of those of `now`, as far as that can be. */
export function renew(now: Settings, read: Settings): Renewed {
  const settings: Settings = { ...read, input: now.input, receive: now.receive, spool: now.spool }
  return {
    settings: isDeepStrictEqual(settings, now) ? null : settings,
    fixed: FIXED.filter((section) => !isDeepStrictEqual(read[section], now[section])),
  }
}
