// Makes what is released, in dist-packages/: `npm run dist`, or with the names of some: tarball, deb, rpm.

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { makeDeb } from './deb.mjs'
import { OUT, TITLE } from './release.mjs'
import { makeRpm } from './rpm.mjs'
import { makeTarball } from './tarball.mjs'
import { makeTree } from './tree.mjs'

const MAKERS = {
  tarball: (work) => makeTarball(work),
  deb: (work) => makeDeb(join(work, TITLE), join(work, 'deb')),
  rpm: (work) => makeRpm(join(work, TITLE), join(work, 'rpm')),
}

const asked = process.argv.slice(2)
const wrong = asked.find((name) => !Object.hasOwn(MAKERS, name))
if (wrong !== undefined) {
  console.error(`dist: there is no ${wrong}, only ${Object.keys(MAKERS).join(', ')}`)
  process.exit(2)
}

const work = mkdtempSync(join(tmpdir(), 'spillway-dist-'))
try {
  rmSync(OUT, { recursive: true, force: true })
  mkdirSync(OUT, { recursive: true })
  await makeTree(join(work, TITLE))
  const made = (asked.length === 0 ? Object.keys(MAKERS) : asked).map((name) => MAKERS[name](work))
  const sums = made.map((path) => `${sumOf(path)}  ${basename(path)}\n`)
  writeFileSync(join(OUT, 'SHA256SUMS'), sums.join(''))
  for (const path of made) console.log(`${path}  ${Math.round(statSync(path).size / 1e6)} MB`)
} catch (error) {
  console.error(`dist: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}

function sumOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
