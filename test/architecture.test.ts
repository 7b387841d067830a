import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * The rules of docs/architecture.md about who may import whom, held by reading imports.
 */

const ROOT = resolve(import.meta.dirname, '..')
const IMPORT =
  /^(?:import|export)\s+(?:type\s+)?(?:[\w*\s{},]+?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm
/** About 300, as the page says: a limit must leave room for one more line of reason. */
const MAX_LINES = 320

/** Folders of src whose files put stages together, each of which imports those after it. */
const COMPOSERS = ['cli', 'service', 'pipeline']
/** What a folder may import besides itself, model/ and tables/. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  shim: ['src/spool/format.ts', 'src/spool/pack-format.ts', 'src/spool/room-line.ts'],
  spool: ['src/files/'],
  sink: ['src/files/'],
  selftest: ['src/config/settings.ts', 'src/install/', 'src/spool/'],
}
/** Folders that are no stage: what sets a host up, tests it, and checks what it delivered. Only cli/, and one of them another, imports them. */
const TOOLS = new Set(['install', 'reconcile', 'selftest'])
/** Folders of src/analyse, each of which imports those before it. */
const ANALYSIS = ['counts', 'losses', 'stream', 'origins', 'floods', 'rates', 'queue', 'vigil']
/** Packages, and the only places that may import them. */
const OWNERS: Readonly<Record<string, RegExp>> = {
  commander: /^src\/cli\//,
  'node-rdkafka': /^src\/sink\/kafka\/client\.ts$/,
  pino: /^src\/log\.ts$/,
  piscina: /^src\/pool\//,
  'prom-client': /^src\/metrics\/text\.ts$/,
  split2: /^src\/watch\//,
  yaml: /^src\/config\//,
  zod: /^src\/(?:config|contracts)\//,
}

interface SourceFile {
  readonly path: string
  readonly lines: number
  /** Files of the project, from its root. */
  readonly files: readonly string[]
  /** Packages and node: modules. */
  readonly packages: readonly string[]
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
}

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const named = [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2])
  return {
    path,
    lines: text.split('\n').length - 1,
    files: named.filter((name) => name.startsWith('.')).map((name) => join(dirname(path), name)),
    packages: named.filter((name) => !name.startsWith('.')),
  }
}

const sources = [...filesUnder('src'), ...filesUnder('workers')].map(read)
const byPath = new Map(sources.map((source) => [source.path, source]))

/** `decode` for src/decode/decoder.ts; null for a file in src itself and for workers. */
function folderOf(path: string): string | null {
  const [top, folder, ...rest] = path.split('/')
  return top === 'src' && rest.length > 0 ? folder : null
}

function mayImport(from: string, to: string): boolean {
  const folder = folderOf(from)
  const target = folderOf(to)
  if (TOOLS.has(target ?? '') && !TOOLS.has(folder ?? '')) return folder === 'cli'
  if (from.startsWith('workers/')) return target !== null && !COMPOSERS.includes(target)
  if (folder === null) return to.startsWith('src/') && target !== 'cli'
  if (COMPOSERS.includes(folder))
    return !COMPOSERS.slice(0, COMPOSERS.indexOf(folder)).includes(target ?? '')
  if (target === folder) return true
  if (folder === 'model') return false
  return (
    target === 'model' ||
    target === 'tables' ||
    (ALSO[folder] ?? []).some((path) => to.startsWith(path))
  )
}

/** Whether a folder of src/analyse may import from another; what puts them together stands beside them. */
function mayAnalyse(from: string, to: string): boolean {
  const [rank, target] = [from, to].map((path) => ANALYSIS.indexOf(path.split('/')[2]))
  const isAnalysis = [from, to].every((path) => folderOf(path) === 'analyse')
  return !isAnalysis || rank < 0 || (target >= 0 && target <= rank)
}

/** A chain of imports that comes back to where it began, or null. */
function findCycle(): string[] | null {
  const done = new Set<string>()
  const visit = (path: string, chain: readonly string[]): string[] | null => {
    const at = chain.indexOf(path)
    if (at >= 0) return [...chain.slice(at), path]
    if (done.has(path)) return null
    for (const next of byPath.get(path)?.files ?? []) {
      const cycle = visit(next, [...chain, path])
      if (cycle !== null) return cycle
    }
    done.add(path)
    return null
  }
  for (const { path } of sources) {
    const cycle = visit(path, [])
    if (cycle !== null) return cycle
  }
  return null
}

describe('the architecture', () => {
  it('is read from imports that lead to files', () => {
    expect(sources.length).toBeGreaterThan(50)
    const lost = sources.flatMap(({ path, files }) =>
      files.filter((file) => !byPath.has(file)).map((file) => `${path} -> ${file}`),
    )
    expect(lost).toEqual([])
  })

  it('lets a stage import model/, tables/ and its own folder', () => {
    const wrong = sources.flatMap(({ path, files }) =>
      files.filter((file) => !mayImport(path, file)).map((file) => `${path} -> ${file}`),
    )
    expect(wrong).toEqual([])
  })

  it('lets a part of the analysis import the parts before it', () => {
    const folders = readdirSync(join(ROOT, 'src/analyse'), { withFileTypes: true })
    const named = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    expect(named.toSorted()).toEqual(ANALYSIS.toSorted())
    const wrong = sources.flatMap(({ path, files }) =>
      files.filter((file) => !mayAnalyse(path, file)).map((file) => `${path} -> ${file}`),
    )
    expect(wrong).toEqual([])
  })

  it('has no import cycles', () => {
    expect(findCycle()).toBeNull()
  })

  it('imports each package in one place', () => {
    const wrong = sources.flatMap(({ path, packages }) =>
      packages
        .filter((name) => !name.startsWith('node:') && !(OWNERS[name] ?? /^$/).test(path))
        .map((name) => `${path} -> ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('starts other programs in few places', () => {
    const places =
      /^src\/(?:service\/alert-program|watch\/program|install\/program|shim\/check|cli\/demo)\.ts$/
    const wrong = sources
      .filter(({ path }) => !places.test(path))
      .filter(({ packages }) => packages.includes('node:child_process'))
      .map(({ path }) => path)
    expect(wrong).toEqual([])
  })

  it('runs without the contracts, which load zod', () => {
    const users = sources.filter(({ path, files }) =>
      files.some((file) => folderOf(file) === 'contracts' && folderOf(path) !== 'contracts'),
    )
    expect(users.map(({ path }) => path)).toEqual([])
  })

  it('keeps clock, environment and file system out of the pure stages', () => {
    const wrong = sources
      .filter(({ path }) =>
        /^src\/(?:model|frame|decode|stitch|analyse|migrate|verify|tables)\//.test(path),
      )
      .flatMap(({ path, packages }) => packages.map((name) => `${path} -> ${name}`))
      .filter((line) => !/ -> node:(?:buffer|crypto)$/.test(line))
    expect(wrong).toEqual([])
  })

  it('keeps files small enough to read in one go', () => {
    const long = sources
      .filter(({ path, lines }) => lines > MAX_LINES && folderOf(path) !== 'tables')
      .map(({ path, lines }) => `${path}: ${lines}`)
    expect(long).toEqual([])
  })

  it('builds the shim from node: modules alone', () => {
    const seen = new Set<string>()
    const packages = new Set<string>()
    const visit = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      for (const name of byPath.get(path)?.packages ?? []) packages.add(name)
      for (const file of byPath.get(path)?.files ?? []) visit(file)
    }
    for (const { path } of sources) if (folderOf(path) === 'shim') visit(path)
    expect(seen.size).toBeGreaterThan(0)
    expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual([])
  })
})
