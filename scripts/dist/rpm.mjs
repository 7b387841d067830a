// The package for Fedora, RHEL and what is made from them.

import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ARCH, NAMES, OUT, ROOT, VERSION } from './release.mjs'
import { run } from './run.mjs'
import { makeSystem } from './system.mjs'

const SPEC = join(ROOT, 'deploy/packages/rpm/spillway.spec')

/** Makes the package of a tree, working in `folder`. Gives its path. */
export function makeRpm(tree, folder) {
  const system = join(folder, 'system')
  mkdirSync(folder, { recursive: true })
  makeSystem(tree, system)
  const { rpm } = NAMES[ARCH]
  const macros = {
    _topdir: folder,
    _rpmdir: folder,
    _rpmfilename: `spillway-${VERSION}.rpm`,
    spillway_version: VERSION,
    spillway_system: system,
  }
  const defined = Object.entries(macros).flatMap(([name, value]) => [
    '--define',
    `${name} ${value}`,
  ])
  run('rpmbuild', ['-bb', '--target', rpm, ...defined, SPEC])
  const path = join(OUT, `spillway-${VERSION}-1.${rpm}.rpm`)
  cpSync(join(folder, `spillway-${VERSION}.rpm`), path)
  return path
}
