import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version of this program, from its package.json: sources and build lie at different depths of it. */
export function packageVersion(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  for (; directory !== dirname(directory); directory = dirname(directory)) {
    const path = join(directory, 'package.json')
    if (!existsSync(path)) continue
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
    if (name === 'spillway') return version
  }
  throw new Error('the package.json of spillway is not there')
}
