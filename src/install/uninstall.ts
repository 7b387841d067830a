/** The way back: what an installation made goes; its data stays, unless it is to be purged. */

import { readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { removeAccount } from './accounts.ts'
import { type Host, PUBLIC } from './host.ts'
import { type Manifest, manifestPath } from './manifest.ts'
import { fileStep, removeStep, shimPath } from './plan.ts'
import { inactive, parsePluginFile } from './plugin-file.ts'
import type { Step } from './step.ts'

/** Switches the plugin off: auditd must end the shim before its file goes, or would count it as crashed. */
export function* offSteps(host: Host, manifest: Manifest): Generator<Step> {
  const { files, prefix } = manifest
  for (const path of files.filter((file) => file.endsWith('/spillway.conf'))) {
    const text = host.read(path) ?? ''
    const plugin = parsePluginFile(text)
    if (!plugin.active || plugin.path !== shimPath(prefix) || isBelow(prefix, path)) continue
    const owner = { ...PUBLIC, mode: 0o640 }
    const step = fileStep(host, { path, content: inactive(text), owner })
    yield { ...step, what: `switch ${path} off (active = no)` }
  }
}

/**
 * Removes what the manifest lists: files, directories that are empty then, and with `purge` the data and
 * the users too. Users stay with the data, since their numbers own it.
 */
export function* removeSteps(host: Host, manifest: Manifest, purge: boolean): Generator<Step> {
  const { prefix } = manifest
  const isProgram = (path: string): boolean => path === prefix || isBelow(prefix, path)
  for (const path of manifest.files) if (!isProgram(path)) yield removeStep(host, path)
  if (purge) {
    // A directory lies behind the one that holds it.
    for (const path of manifest.data.toReversed()) yield purgeStep(host, path)
    for (const name of manifest.users) yield removeAccount(host, 'user', name)
    for (const name of manifest.groups) yield removeAccount(host, 'group', name)
  }
  yield programStep(host, manifest, isProgram)
  for (const path of manifest.directories.toReversed())
    if (!isProgram(path)) yield emptyStep(host, path)
}

function isBelow(directory: string, path: string): boolean {
  return path.startsWith(`${directory}/`)
}

/** The program goes last, and the list with it: until then a second try finds the rest. */
function programStep(host: Host, manifest: Manifest, isProgram: (path: string) => boolean): Step {
  const { prefix } = manifest
  const list = manifestPath(prefix)
  const files = manifest.files.filter((path) => isProgram(path) && host.stat(path) !== null)
  const directories = manifest.directories.filter(isProgram).toReversed()
  return {
    what: `remove ${shownFiles(files.length)}${list}, the list of this installation`,
    isDone: () => host.stat(list) === null && files.length === 0,
    run: () => {
      for (const path of [...files, list]) host.remove(path)
      for (const step of directories.map((path) => emptyStep(host, path)))
        if (!step.isDone()) step.run()
    },
  }
}

/** `1222 files of the program and `; an installation that failed may have made none. */
function shownFiles(count: number): string {
  if (count === 0) return ''
  return `${count} ${count === 1 ? 'file' : 'files'} of the program and `
}

/** Removes a directory that was made for files, unless others have put something in it. */
function emptyStep(host: Host, path: string): Step {
  const step = removeStep(host, path)
  return { ...step, isDone: () => step.isDone() || readdirSync(host.at(path)).length > 0 }
}

/** Removes data. A file system of its own stays, empty. */
function purgeStep(host: Host, path: string): Step {
  const isMount = host.stat(path)?.dev !== host.stat(dirname(path))?.dev
  return {
    what: `remove ${path} and everything in it`,
    isDone: () => host.stat(path) === null || (isMount && readdirSync(host.at(path)).length === 0),
    run: () => {
      host.guard(path)
      const at = host.at(path)
      const doomed = isMount ? readdirSync(at).map((name) => join(at, name)) : [at]
      for (const each of doomed) rmSync(each, { recursive: true })
    },
  }
}
