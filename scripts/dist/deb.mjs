// The package for Debian and what is made from it.

import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { librariesOf, newestOf } from './elf.mjs'
import { ARCH, NAMES, OUT, PREFIX, ROOT, VERSION } from './release.mjs'
import { run } from './run.mjs'
import { CONFIGURATION, DOCUMENTS, makeSystem } from './system.mjs'

/** The package of each library that may be linked to. What is not here is linked by mistake. */
const PACKAGES = {
  'libc.so.6': 'libc6',
  'libdl.so.2': 'libc6',
  'libm.so.6': 'libc6',
  'libpthread.so.0': 'libc6',
  'ld-linux-x86-64.so.2': 'libc6',
  'ld-linux-aarch64.so.1': 'libc6',
  'libgcc_s.so.1': 'libgcc-s1',
  'libstdc++.so.6': 'libstdc++6',
}
/** Release of GCC by the newest symbols of its C++ library. */
const GCC_OF = { '3.4.29': '11', '3.4.30': '12' }

/** Makes the package of a tree, working in `folder`. Gives its path. */
export function makeDeb(tree, folder) {
  makeSystem(tree, folder)
  writeFileSync(join(folder, DOCUMENTS, 'copyright'), copyright(tree))
  const control = join(folder, 'DEBIAN')
  mkdirSync(control)
  writeFileSync(join(control, 'control'), controlOf(tree, folder))
  writeFileSync(join(control, 'conffiles'), `${CONFIGURATION.join('\n')}\n`)
  writeFileSync(join(control, 'md5sums'), sums(folder))
  const scripts = join(ROOT, 'deploy/packages/deb')
  for (const name of readdirSync(scripts)) {
    cpSync(join(scripts, name), join(control, name))
    chmodSync(join(control, name), 0o755)
  }
  const path = join(OUT, `spillway_${VERSION}_${NAMES[ARCH].deb}.deb`)
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', folder, path])
  return path
}

function controlOf(tree, folder) {
  const size = run('du', ['-sk', '--exclude=DEBIAN', folder]).split('\t')[0]
  return `Package: spillway
Version: ${VERSION}
Architecture: ${NAMES[ARCH].deb}
Maintainer: The Spillway authors <authors@spillway.invalid>
Section: admin
Priority: optional
Installed-Size: ${size}
Depends: ${dependencies(tree).join(', ')}
Recommends: auditd
Description: drain the Linux audit stream without losing a record
 A plugin of auditd moves the stream to a spool on disk. A service joins its
 records to events, delivers them at least once, to Kafka or to files, counts
 rates per rule key, and names the key that floods.
`
}

function dependencies(tree) {
  const compiled = compiledIn(tree)
  const named = librariesOf(compiled).filter((name) => !name.startsWith('librdkafka'))
  const needed = named.map((name) => {
    if (!(name in PACKAGES)) throw new Error(`something is linked to ${name}`)
    return PACKAGES[name]
  })
  const versions = {
    libc6: newestOf('GLIBC', compiled),
    'libstdc++6': GCC_OF[newestOf('GLIBCXX', compiled)],
  }
  const libraries = [...new Set(needed)].map((name) =>
    versions[name] === undefined ? name : `${name} (>= ${versions[name]})`,
  )
  // They make the users and the directories, also where systemd itself does not run.
  const parts = ['sysusers', 'tmpfiles'].map((part) => `systemd | systemd-standalone-${part}`)
  return [...libraries, ...parts]
}

/** Files of a tree that the dynamic linker loads. */
export function compiledIn(tree) {
  return readdirSync(tree, { recursive: true })
    .filter((name) => /(?:\.node|\.so\.\d+|^bin\/node)$/.test(name))
    .map((name) => join(tree, name))
}

function copyright(tree) {
  const others = readFileSync(join(tree, 'licenses/INDEX'), 'utf8').replaceAll('\t', ', ')
  return `Spillway is under the Apache License 2.0, /usr/share/common-licenses/Apache-2.0.

The work of others that comes with it, with the files of their licences in ${PREFIX}/licenses:

${others}`
}

function sums(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !path.startsWith('DEBIAN/') && !CONFIGURATION.includes(`/${path}`))
    .toSorted()
    .map((path) => {
      const sum = createHash('md5')
        .update(readFileSync(join(folder, path)))
        .digest('hex')
      return `${sum}  ${path}\n`
    })
    .join('')
}
