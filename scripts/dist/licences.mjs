// What others' work is shipped under.

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODE_VERSION, runtime } from './runtime.mjs'

const FILE = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/i

/**
 * Copies every licence into `folder`: of Node.js, of librdkafka and of each package, with a list of them
 * all in INDEX. Throws where a package says nothing of a licence.
 */
export function gatherLicences(modules, addon, folder) {
  mkdirSync(folder, { recursive: true })
  const list = []
  const add = (name, version, licence, files) => {
    const title = `${name.replace('/', '-')}-${version}`
    for (const [at, file] of files.entries())
      cpSync(file, join(folder, at === 0 ? `${title}.txt` : `${title}.${at + 1}.txt`))
    const where = files.length > 0 ? `${title}.txt` : 'as its package.json says'
    list.push(`${name} ${version}\t${licence}\t${where}\n`)
  }
  add('node', NODE_VERSION, 'MIT and those of its parts', [join(runtime(), 'LICENSE')])
  const rdkafka = JSON.parse(readFileSync(join(modules, 'node-rdkafka/package.json'), 'utf8'))
  const library = join(addon, 'LICENSES.txt')
  add('librdkafka', rdkafka.librdkafka, 'BSD-2-Clause and those of its parts', [library])
  for (const path of packagesIn(modules)) {
    const place = join(modules, path)
    const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'))
    if (!license) throw new Error(`${name} says nothing of its licence`)
    const files = readdirSync(place).filter((file) => FILE.test(file))
    add(
      name,
      version.replace(/^v/, ''),
      license,
      files.map((file) => join(place, file)),
    )
  }
  list.sort((a, b) => (a < b ? -1 : 1))
  writeFileSync(join(folder, 'INDEX'), list.join(''))
}

/** Folders of all packages under a node_modules folder, from there: as npm noted what it installed. */
function packagesIn(modules) {
  const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'))
  return Object.keys(packages).map((path) => path.slice('node_modules/'.length))
}
