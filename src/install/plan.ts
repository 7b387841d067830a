/** What an installation is made of, in the order in which it is made. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, Failure } from '../model/failure.ts'
import { GROUP, groupStep, SERVICE_USER, SHIM_USER, USERS, userStep } from './accounts.ts'
import { pluginDirectory, readAuditdConfig } from './auditd.ts'
import { type Host, type Ownership, PUBLIC, shown } from './host.ts'
import { joined, type Manifest, manifestPath, manifestText } from './manifest.ts'
import { faultOfPlaces, shebang } from './plugin-file.ts'
import type { Step } from './step.ts'
import { hasSystemd, UNIT_FILES, unitPath } from './systemd.ts'
import { filesOf, treeStep } from './tree.ts'

/** Prefix that the files of deploy/ name. */
const WRITTEN_PREFIX = '/opt/spillway'
/** Directories of data, and whose they are. */
const DATA: readonly (readonly [string, Ownership])[] = [
  ['/etc/spillway', { user: 'root', group: GROUP, mode: 0o750 }],
  ['/var/spool/spillway', { user: SHIM_USER, group: GROUP, mode: 0o750 }],
  ['/var/spool/spillway/state', { user: SERVICE_USER, group: GROUP, mode: 0o750 }],
  ['/var/log/spillway', { user: SERVICE_USER, group: GROUP, mode: 0o750 }],
]
const CONFIG = '/etc/spillway/spillway.yaml'
/** What only a package brings along. */
const PACKAGED = '/usr/lib/systemd/system/spillway.service'

/** The shim as installed, which auditd starts. */
export function shimPath(prefix: string): string {
  return `${prefix}/sbin/spillway-shim`
}

/** What is installed, and where to. */
export interface Source {
  /** The unpacked tarball. */
  readonly top: string
  /** Node.js that runs now: the tarball's own. */
  readonly node: string
  readonly prefix: string
  /** The configuration that is written where there is none. */
  readonly config: string
}

interface PlannedFile {
  readonly path: string
  readonly content: string
  readonly owner: Ownership
}

/** An installation that was thought through and not yet made. */
export interface Plan {
  readonly host: Host
  readonly source: Source
  readonly before: Manifest | null
  readonly manifest: Manifest
  /** Files of the tarball that are copied, from its top; none where it lies in its place already. */
  readonly tree: readonly string[]
  readonly shim: PlannedFile
  readonly units: readonly PlannedFile[]
  /** Null where the host has no auditd. */
  readonly plugin: PlannedFile | null
  /** What cannot be done on this host, a line each. */
  readonly leftOut: readonly string[]
}

/** Thinks an installation through, on top of an earlier one. Throws a `Failure` for one that cannot be. */
export function planOf(host: Host, source: Source, before: Manifest | null): Plan {
  const { top, node, prefix } = source
  if (!node.startsWith(`${top}/`)) {
    const message = `${top} is not the unpacked tarball, which has a Node.js of its own`
    throw new Failure(ExitCode.Input, message)
  }
  const placed = { shim: shimPath(prefix), node: `${prefix}${node.slice(top.length)}` }
  if (host.stat(PACKAGED) !== null) {
    const message = `a package of Spillway is installed there (${PACKAGED}): remove it first`
    throw new Failure(ExitCode.Usage, message)
  }
  const fault = faultOfPlaces(placed.shim, placed.node)
  if (fault !== null) throw new Failure(ExitCode.Usage, fault)

  const deployed = (name: string, path: string, owner: Ownership): PlannedFile => {
    const text = readFileSync(join(top, 'deploy', name), 'utf8')
    return { path, content: text.replaceAll(WRITTEN_PREFIX, prefix), owner }
  }
  const isInPlace = host.at(prefix) === top
  const tree = isInPlace ? [] : filesOf(top)
  const shim = {
    path: placed.shim,
    content: readFileSync(join(top, 'dist/spillway-shim'), 'utf8').replace(
      /^#!.*/,
      shebang(placed.node),
    ),
    owner: { ...PUBLIC, mode: 0o750 },
  }
  const units = hasSystemd(host)
    ? UNIT_FILES.map((name) => deployed(`systemd/${name}`, unitPath(name), PUBLIC))
    : []
  const pluginPath = `${pluginDirectory(readAuditdConfig(host))}/spillway.conf`
  const plugin =
    host.stat('/etc/audit') === null
      ? null
      : deployed('plugins.d/spillway.conf', pluginPath, { ...PUBLIC, mode: 0o640 })
  const made = [shim, ...units, ...(plugin ? [plugin] : [])].map(({ path }) => path)
  const paths = [...made, ...tree.map((path) => `${prefix}/${path}`)]
  return {
    host,
    source,
    before,
    manifest: {
      version: 1,
      prefix,
      files: joined(isInPlace ? before?.files : [], paths),
      directories: joined(
        before?.directories,
        [...paths, manifestPath(prefix)].flatMap((path) => host.missingParents(path)),
      ),
      data: DATA.map(([path]) => path),
      users: joined(
        before?.users,
        USERS.filter((name) => host.uid(name) === null),
      ),
      groups: joined(before?.groups, host.gid(GROUP) === null ? [GROUP] : []),
    },
    tree,
    shim,
    units,
    plugin,
    leftOut: [
      ...(units.length > 0
        ? []
        : [
            `units: no systemd here; have something run ${prefix}/bin/spillway run as the user ${SERVICE_USER}`,
          ]),
      ...(plugin ? [] : ['plugin file: no /etc/audit here; install auditd, then run this again']),
    ],
  }
}

/** Files in the service's directories that it may not write, since a service of another user made them. */
export function foreignFiles(host: Host): string[] {
  const uid = host.uid(SERVICE_USER)
  return DATA.filter(([, owner]) => owner.user === SERVICE_USER)
    .flatMap(([path]) => readdirSync(host.at(path)).map((name) => `${path}/${name}`))
    .filter((path) => host.stat(path)?.uid !== uid)
}

/** The steps of a plan. */
export function* installSteps(plan: Plan): Generator<Step> {
  const { host, source, before, manifest } = plan
  // First, so that what was made is known even if something goes wrong on the way.
  yield fileStep(host, {
    path: manifestPath(manifest.prefix),
    content: manifestText(manifest),
    owner: PUBLIC,
  })
  yield groupStep(host)
  for (const name of USERS) yield userStep(host, name)

  const kept = new Set(manifest.files)
  for (const path of before?.files ?? []) if (!kept.has(path)) yield removeStep(host, path)
  if (plan.tree.length > 0) yield treeStep(host, source.top, plan.tree, source.prefix)
  yield fileStep(host, plan.shim)
  for (const [path, owner] of DATA) yield directoryStep(host, path, owner)
  const owner = { user: 'root', group: GROUP, mode: 0o640 }
  if (host.stat(CONFIG) === null)
    yield fileStep(host, { path: CONFIG, content: source.config, owner })
  for (const unit of plan.units) yield fileStep(host, unit)
  // Last: from here on auditd may start the shim.
  if (plan.plugin) yield fileStep(host, plan.plugin)
}

/** Removes a file, or a directory that is empty. */
export function removeStep(host: Host, path: string): Step {
  return {
    what: `remove ${path}`,
    isDone: () => host.stat(path) === null,
    run: () => host.remove(path),
  }
}

/** Puts a file in place; one that is the same already is left alone. */
export function fileStep(host: Host, { path, content, owner }: PlannedFile): Step {
  return {
    what: `write ${path} (${shown(owner)})`,
    isDone: () => host.isOwned(path, owner) && host.read(path) === content,
    run: () => host.write(path, content, owner),
  }
}

function directoryStep(host: Host, path: string, owner: Ownership): Step {
  return {
    what: `make ${path} (${shown(owner)})`,
    isDone: () => host.stat(path)?.isDirectory() === true && host.isOwned(path, owner, false),
    run: () => host.makeDirectory(path, owner),
  }
}
