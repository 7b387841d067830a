import { stringify } from 'yaml'
import { type Entry, settingsEntries } from './schema.ts'

const HEAD = `# Configuration of spillway. Every setting is shown with its default.
# Check a change with: spillway config check FILE
`

/** A commented configuration that holds and says nothing but defaults. */
export function exampleConfig(): string {
  return `${HEAD}${settingsEntries()
    .map((entry) => `\n${show(entry, '')}`)
    .join('')}`
}

function show(entry: Entry, indent: string): string {
  if ('entries' in entry) {
    return `${indent}${entry.name}:\n${entry.entries.map((inner) => show(inner, `${indent}  `)).join('')}`
  }
  const { says, allowed, example } = entry.told
  const [mark, value] = entry.value === undefined ? ['# ', example] : ['', entry.value]
  return `${indent}# ${says}\n${indent}# Allowed: ${allowed}.\n${indent}${mark}${stringify({ [entry.name]: value })}`
}
