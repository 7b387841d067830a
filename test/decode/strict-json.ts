/**
 * JSON as the strictest reader takes it: UTF-8, one value, and no name twice in one object, which
 * JSON.parse lets pass and stores answer with an error or a lost value.
 */

/** Reads one JSON value from bytes; throws with the place of the first thing that is wrong. */
export function parseStrict(bytes: Uint8Array): unknown {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const value: unknown = JSON.parse(text)
  const twice = repeatedName(text)
  if (twice !== null) throw new SyntaxError(`name ${twice} comes twice in one object: ${text}`)
  return value
}

/** The first name that an object in this JSON text has twice, or null. */
export function repeatedName(text: string): string | null {
  /** Names of each open object; null for an open array. */
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (letter === '{') open.push(new Set())
    else if (letter === '[') open.push(null)
    else if (letter === '}' || letter === ']') open.pop()
    else if (letter === '"') {
      const end = endOfString(text, at)
      const names = open.at(-1)
      if (names && isName(text, end)) {
        const name = JSON.parse(text.slice(at, end)) as string
        if (names.has(name)) return name
        names.add(name)
      }
      at = end - 1
    }
  }
  return null
}

/** Past the closing quote of the string that opens at `at`. */
function endOfString(text: string, at: number): number {
  let end = at + 1
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  return end + 1
}

function isName(text: string, at: number): boolean {
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\t' || text[at] === '\r') at++
  return text[at] === ':'
}
