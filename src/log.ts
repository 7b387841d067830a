import { destination, type Level, pino } from 'pino'
import { escapeHidden } from './model/json.ts'

/** The log of a service: JSON lines on standard error, which a journal or container collects. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * A log from `level` on. Lines are written at once, so that none is missing after a crash, and have no
 * control character in them, whatever a record says.
 */
export function createLog(level: Level): Log {
  return pino(
    { level, base: null, hooks: { streamWrite: escapeHidden } },
    destination({ fd: 2, sync: true }),
  )
}
