/** What an installation made, kept in its prefix, so that uninstall undoes exactly that. */

import { ExitCode, Failure } from '../model/failure.ts'
import type { Host } from './host.ts'

/** Everything that was not there before. Lists are sorted, so that the same installation is the same text. */
export interface Manifest {
  /** Version of this file. */
  readonly version: 1
  readonly prefix: string
  readonly files: readonly string[]
  /** Directories that had to be made for them. */
  readonly directories: readonly string[]
  /** Directories of the operator's data: left by uninstall unless it is told to purge. */
  readonly data: readonly string[]
  readonly users: readonly string[]
  readonly groups: readonly string[]
}

/** Where the manifest of a prefix lies. */
export function manifestPath(prefix: string): string {
  return `${prefix}/installed.json`
}

/** The manifest as it is written. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`
}

/** The manifest of an earlier installation, or null. Throws a `Failure` for one that does not read. */
export function readManifest(host: Host, prefix: string): Manifest | null {
  const path = manifestPath(prefix)
  const text = host.read(path)
  if (text === null) return null
  const stat = host.stat(path)
  if (stat === null || stat.uid !== 0 || (stat.mode & 0o022) !== 0)
    throw new Failure(ExitCode.Fault, `${host.at(path)} can be changed by others than root`)
  try {
    const manifest = JSON.parse(text) as Manifest
    if (manifest.version === 1 && manifest.prefix === prefix) return manifest
  } catch {
    // Said below.
  }
  throw new Failure(ExitCode.Fault, `${host.at(path)} is not the list of an installation`)
}

/** Both lists, sorted, each name once. */
export function joined(before: readonly string[] | undefined, now: readonly string[]): string[] {
  return [...new Set([...(before ?? []), ...now])].toSorted()
}
