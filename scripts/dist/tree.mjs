// The folder of the tarball: Spillway, its packages and Node.js, to be run from any place.

import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { addon } from './addon.mjs'
import { gatherLicences } from './licences.mjs'
import { writeManual } from './manual.mjs'
import { MANIFEST, PREFIX, ROOT } from './release.mjs'
import { run } from './run.mjs'
import { runtime } from './runtime.mjs'

/** What a reader or a host needs; deploy/packages is what packages are made from. */
const COPIED = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'deploy', 'docs', 'examples']
const NOT_COPIED = /\/deploy\/packages$/

/** Files of packages that nothing loads at run time, by their path in node_modules. */
const UNUSED = [
  /\.(?:map|ts|mts|cts|flow|tsbuildinfo|md|markdown|yml)$/,
  /\/(?:test|tests|bench|benchmark|benchmarks|docs|examples?|\.github)\//,
  /^zod\/src\//,
  /^nan\//,
  /^node-rdkafka\/(?:ci|deps|e2e|src|util)\//,
  /^node-rdkafka\/(?:Makefile|binding\.gyp|configure|.*\.(?:ps1|py|sh|enc))$/,
  /^\.(?:bin\/|package-lock\.json$)/,
]
const LICENCE = /(?:^|\/)(?:licen[cs]e|notice|copying)[^/]*$/i

/** What starts Node.js with a file of the tree, whatever the environment says to another Node.js. */
const launcher = (command) => `#!/bin/sh
# Runs from wherever this folder lies, also through a link to this file.
here=$(command -p readlink -f -- "$0") || exit 1
root=\${here%/*/*}
unset NODE_OPTIONS NODE_PATH
exec "$root/bin/node" ${command} "$@"
`

/** Makes the tree in `folder`. */
export async function makeTree(folder) {
  for (const place of ['bin', 'lib']) mkdirSync(join(folder, place), { recursive: true })
  compile(join(folder, 'dist'))
  installModules(folder)
  run('strip', ['--strip-unneeded', '-o', join(folder, 'bin/node'), join(runtime(), 'bin/node')])
  const program = readFileSync(join(ROOT, 'bin/spillway'), 'utf8')
  writeFileSync(join(folder, 'lib/spillway.js'), program.replace(/^#!.*\n/, ''))
  writeFileSync(join(folder, 'bin/spillway'), launcher('"$root/lib/spillway.js"'))
  const shim = '--jitless "$root/dist/spillway-shim"'
  writeFileSync(join(folder, 'bin/spillway-shim'), launcher(shim))
  for (const name of COPIED)
    cpSync(join(ROOT, name), join(folder, name), {
      recursive: true,
      filter: (from) => !NOT_COPIED.test(from),
    })
  await writeManual(join(folder, 'dist'), join(folder, 'man'))
  setModes(folder)
  chmodSync(join(folder, 'dist/spillway-shim'), 0o750)
}

/** The sources as they are, whatever lies in the checkout's dist/. */
function compile(folder) {
  const without = ['declaration', 'isolatedDeclarations', 'sourceMap']
  const options = without.flatMap((name) => [`--${name}`, 'false'])
  run('npx', ['tsc', '-p', 'tsconfig.build.json', '--outDir', folder, ...options], { cwd: ROOT })
  const shim = join(folder, 'spillway-shim')
  run('node', ['scripts/bundle-shim.mjs', shim], { cwd: ROOT })
  const text = readFileSync(shim, 'utf8')
  writeFileSync(shim, text.replace(/^#!\S+/, `#!${PREFIX}/bin/node`))
}

/** The packages of the lock file, without what only builds or describes them; their licences apart. */
function installModules(folder) {
  const { name, version, description, license, type, dependencies, optionalDependencies } = MANIFEST
  for (const file of ['package.json', 'package-lock.json'])
    cpSync(join(ROOT, file), join(folder, file))
  run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
  rmSync(join(folder, 'package-lock.json'))
  const manifest = { name, version, description, license, type, dependencies, optionalDependencies }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)

  const modules = join(folder, 'node_modules')
  const compiled = addon(modules)
  gatherLicences(modules, compiled, join(folder, 'licenses'))
  for (const path of filesIn(modules))
    if (UNUSED.some((unused) => unused.test(path)) && !LICENCE.test(path))
      rmSync(join(modules, path))
  cpSync(join(compiled, 'build'), join(modules, 'node-rdkafka/build'), { recursive: true })
  run('find', [modules, '-type', 'd', '-empty', '-delete'])
}

/** As the umask of whoever makes this would not have it. */
function setModes(folder) {
  run('chmod', ['-R', 'u=rwX,go=rX', folder])
  for (const name of readdirSync(join(folder, 'bin'))) chmodSync(join(folder, 'bin', name), 0o755)
}

/** Paths of all files under a folder, from there. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
