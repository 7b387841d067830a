/** Bytes of a line that audisp-remote reads at a time, its line feed not counted (buf in remote-config.c). */
const MAX_LINE = 127

/** A line that sets an option. */
export interface Given {
  /** From 1. */
  readonly line: number
  /** In lower case, as audisp-remote compares it. */
  readonly name: string
  readonly value: string
  /** The words after the value. */
  readonly rest: readonly string[]
}

/** What is wrong with a line. */
export interface Mistake {
  readonly line: number
  readonly text: string
}

/**
 * Reads `NAME = VALUE` lines as audisp-remote does: words are parted by spaces and nothing else, a line
 * whose first word begins with `#` is a comment.
 */
export function readLines(text: string): { given: Given[]; mistakes: Mistake[] } {
  const given: Given[] = []
  const mistakes: Mistake[] = []
  for (const [n, content] of text.split('\n').entries()) {
    const read = readLine(content)
    if (typeof read === 'string') mistakes.push({ line: n + 1, text: read })
    else if (read !== null) given.push({ line: n + 1, ...read })
  }
  return { given, mistakes }
}

/** What a line gives, null for nothing, or what is wrong with it. */
function readLine(content: string): Omit<Given, 'line'> | string | null {
  if (Buffer.byteLength(content) > MAX_LINE)
    return `longer than ${MAX_LINE} bytes: audisp-remote takes what is over for a line of its own`
  const [name, equals, value, ...rest] = content.split(' ').filter((word) => word !== '')
  if (name === undefined || name.startsWith('#')) return null
  if (/[\t\r]/.test(content)) return 'a tab or carriage return: words are parted by spaces alone'
  if (equals === undefined && name.includes('=')) return `${name}: "=" needs a space on either side`
  if (equals !== '=') return `${name}: no "=" after it`
  if (value === undefined) return `${name}: no value, which audisp-remote does not start with`
  return { name: name.toLowerCase(), value, rest }
}
