// What is released, and where it is made.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Where the packages are put. */
export const OUT = join(ROOT, 'dist-packages')

/** package.json. */
export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
export const VERSION = MANIFEST.version
/** Of the Node.js that runs this, whose kind the packages are for. */
export const ARCH = process.arch
/** What the distributions call it. */
export const NAMES = {
  x64: { deb: 'amd64', rpm: 'x86_64' },
  arm64: { deb: 'arm64', rpm: 'aarch64' },
}
/** Name of the tarball and of the folder in it. */
export const TITLE = `spillway-${VERSION}-linux-${ARCH}`

/** Where the packages install the folder of the tarball: what the files in deploy/ name. */
export const PREFIX = '/opt/spillway'

/** The seconds since 1970 that every file is dated by: SOURCE_DATE_EPOCH, else the commit's. */
export const EPOCH = Number(process.env.SOURCE_DATE_EPOCH ?? commitTime())

function commitTime() {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' }).trim()
}
