import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'

/** What recovered events are appended to in a sink's directory. */
export const RECOVERED = 'recovered.ndjson'

/** A log and how often it was rotated: `audit.log`, `audit.log.1`, `audit.log.2.gz`. */
const ROTATED = /^(.+?)(?:\.(\d+))?(?:\.gz)?$/

/**
 * The files of a sink `ndjson:` with events, those that were recovered among them, and with alerts;
 * rotated ones with it, the youngest last. Null where `directory` is none.
 */
export function deliveredIn(directory: string): { events: string[]; alerts: string[] } | null {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return null
  const names = namesIn(directory)
  const of = (file: string): string[] => {
    const paths = names.filter((name) => name.startsWith(file)).map((name) => join(directory, name))
    // Not a pipe, which would be waited for.
    return oldestFirst(paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile()))
  }
  return {
    events: [...of(RECOVERED), ...of('events.ndjson')],
    alerts: of('alerts.ndjson'),
  }
}

/** The log of that path and those it was rotated to, the oldest first. */
export function logsAt(path: string): string[] {
  const directory = join(path, '..')
  const file = basename(path)
  const names = namesIn(directory).filter((name) => ROTATED.exec(name)?.[1] === file)
  return oldestFirst(names.map((name) => join(directory, name)))
}

/** Puts rotated files of one name into the order in which they were written; others stay as given. */
export function oldestFirst(paths: readonly string[]): string[] {
  if (!isOneLog(paths)) return [...paths]
  const ageOf = (path: string): number => Number(ROTATED.exec(path)?.[2] ?? 0)
  return paths.toSorted((a, b) => ageOf(b) - ageOf(a))
}

/** Whether all are files of one name, as it was rotated. */
export function isOneLog(paths: readonly string[]): boolean {
  return new Set(paths.map((path) => ROTATED.exec(path)?.[1])).size <= 1
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    throw new Failure(ExitCode.Input, `cannot read ${directory}: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}
