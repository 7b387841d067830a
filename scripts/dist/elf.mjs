// What compiled files ask of the machine they run on.

import { run } from './run.mjs'

/** Names of the libraries that the files are linked to, each once. */
export function librariesOf(files) {
  const lines = run('readelf', ['-d', ...files]).matchAll(/\(NEEDED\).*\[(.+)\]/g)
  return [...new Set(Array.from(lines, ([, name]) => name))].toSorted()
}

/** The newest version of a library's symbols that the files ask for: of `GLIBC` or `GLIBCXX`. */
export function newestOf(symbols, files) {
  const found = run('readelf', ['-V', '-W', ...files]).matchAll(
    new RegExp(`\\b${symbols}_([\\d.]+)`, 'g'),
  )
  const versions = Array.from(found, ([, version]) => version.split('.').map(Number))
  return versions.toSorted((a, b) => compare(b, a))[0].join('.')
}

function compare(a, b) {
  const at = a.findIndex((part, index) => part !== (b[index] ?? 0))
  return at < 0 ? a.length - b.length : a[at] - (b[at] ?? 0)
}
