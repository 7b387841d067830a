// Everything where a package of a distribution puts it, under one folder.

import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { PREFIX } from './release.mjs'
import { run } from './run.mjs'

/** The configuration that an administrator changes; packages keep it as changed. */
export const CONFIGURATION = ['/etc/audit/plugins.d/spillway.conf', '/etc/spillway/spillway.yaml']
/** Where a package says what it is. */
export const DOCUMENTS = '/usr/share/doc/spillway'

/** What systemd reads, as it lies in deploy/. */
const SYSTEMD = {
  systemd: '/usr/lib/systemd/system',
  'sysusers.d': '/usr/lib/sysusers.d',
  'tmpfiles.d': '/usr/lib/tmpfiles.d',
}

/** Lays out the tree in `from` under `root`. */
export function makeSystem(from, root) {
  const at = (path) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    return join(root, path)
  }
  const to = (path, text, mode) => {
    writeFileSync(at(path), text)
    chmodSync(at(path), mode)
  }
  cpSync(from, at(PREFIX), { recursive: true })
  // auditd wants a regular file.
  cpSync(join(from, 'dist/spillway-shim'), at(`${PREFIX}/sbin/spillway-shim`))
  symlinkSync(`${PREFIX}/bin/spillway`, at('/usr/bin/spillway'))
  // Not a link: --check looks at the file it is started as.
  to('/usr/sbin/spillway-shim', `#!/bin/sh\nexec ${PREFIX}/sbin/spillway-shim "$@"\n`, 0o755)
  for (const [name, place] of Object.entries(SYSTEMD))
    cpSync(join(from, 'deploy', name), at(place), { recursive: true })
  for (const page of readdirSync(join(from, 'man'), { recursive: true }))
    if (/\.\d$/.test(page)) {
      const path = `/usr/share/man/${dirname(page)}/${basename(page)}.gz`
      to(path, gzipSync(readFileSync(join(from, 'man', page)), { level: 9 }), 0o644)
    }
  // Nothing is forwarded before somebody asks for it.
  const plugin = readFileSync(join(from, 'deploy/plugins.d/spillway.conf'), 'utf8')
  to(CONFIGURATION[0], plugin.replace(/^active = yes$/m, 'active = no'), 0o640)
  // As auditd's own package makes them, which may come later.
  for (const path of ['/etc/audit', '/etc/audit/plugins.d']) chmodSync(at(path), 0o750)
  to(CONFIGURATION[1], run(join(from, 'bin/spillway'), ['config', 'example']), 0o640)
  for (const name of ['README.md', 'CHANGELOG.md'])
    cpSync(join(from, name), at(`${DOCUMENTS}/${name}`))
}
