import { plain } from '../model/plain.ts'
import { type Given, type Mistake, readLines } from './lines.ts'
import type { Finding, Option, Setting } from './option.ts'
import { OPTIONS } from './options.ts'

/** What audisp-remote's configuration comes to. */
export interface Migration {
  /** One for each option in the file, in its order. */
  readonly findings: readonly Finding[]
  /** What audisp-remote would not start with, by line. */
  readonly mistakes: readonly Mistake[]
  /** The configuration of Spillway, as YAML. */
  readonly settings: string
}

const BY_NAME = new Map(OPTIONS.map((option) => [option.name, option]))

/** Reads audisp-remote.conf, which mistakes and the result call `name`. */
export function migrate(text: string, name: string): Migration {
  const { given, mistakes } = readLines(text)
  const known: [Given, Option][] = []
  for (const each of given) {
    const option = BY_NAME.get(each.name)
    const wrong = option === undefined ? 'unknown option' : wrongWith(option, each)
    if (option !== undefined && wrong === null) known.push([each, option])
    else mistakes.push({ line: each.line, text: `${each.name}: ${wrong}` })
  }
  const of = (option: string): Given | undefined => given.findLast((each) => each.name === option)
  const isForward = of('mode')?.value.toLowerCase() === 'forward'
  if (isForward && of('format')?.value.toLowerCase() === 'ascii')
    mistakes.push({ line: of('format')?.line ?? 0, text: 'format: mode = forward needs managed' })

  const last = new Map(known.map(([{ name: option, line }]) => [option, line]))
  const findings = known.map(([each, option]) => findingOf(each, option, last.get(each.name) ?? 0))
  const settings = known
    .filter(([each]) => last.get(each.name) === each.line)
    .flatMap(([each, option]) => option.sets?.(each) ?? [])
  return {
    findings,
    mistakes: mistakes.toSorted((a, b) => a.line - b.line),
    settings: settingsText(settings, name, of('remote_server')?.value, of('port')?.value),
  }
}

/** Only a failure action may be followed by more words; what is too much there is passed over. */
function wrongWith(option: Option, given: Given): string | null {
  if (given.rest.length > 0 && !option.name.endsWith('_action'))
    return `more than one value: ${[given.value, ...given.rest].join(' ')}`
  return option.takes(given)
}

function findingOf(given: Given, option: Option, last: number): Finding {
  const { line, value, rest } = given
  const about = option.about?.(given) ?? null
  const finding = {
    line,
    option: option.name,
    value: [value, ...rest].join(' '),
    fate: about?.fate ?? option.fate,
    here: about?.here ?? option.here,
  }
  if (last === line) return finding
  return { ...finding, fate: 'nothing', here: `Line ${last} sets it again.` }
}

/** Settings by their names; one that has more below it is a map of its own. */
type Tree = Map<string, Tree | string>

/** YAML of the settings; of those alike the last counts. */
function settingsText(
  settings: readonly Setting[],
  name: string,
  server: string | undefined,
  port = '60',
): string {
  const tree: Tree = new Map()
  for (const [path, value] of settings) put(tree, path, value)
  const head = [`# Made by spillway migrate from ${name}.`]
  if (server !== undefined)
    head.push(`# audisp-remote sent to ${server}, port ${port}: name the brokers of Kafka instead.`)
  return `${[...head.map(plain), ...linesOf(tree, '')].join('\n')}\n`
}

function put(tree: Tree, [name, ...below]: readonly string[], value: string): void {
  if (below.length === 0) {
    tree.set(name, value)
    return
  }
  const inner = tree.get(name)
  const branch: Tree = inner instanceof Map ? inner : new Map()
  tree.set(name, branch)
  put(branch, below, value)
}

function linesOf(tree: Tree, indent: string): string[] {
  return [...tree].flatMap(([name, value]) =>
    value instanceof Map
      ? [`${indent}${name}:`, ...linesOf(value, `${indent}  `)]
      : [`${indent}${name}: ${value}`],
  )
}
