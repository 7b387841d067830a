import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import type { SettingsInput } from '../config/settings.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { DemoView } from './demo-view.ts'
import { print } from './terminal.ts'

/** What this command was started with: a distribution has another file there than a checkout. */
const PROGRAM = process.argv[1]
const SHIM = fileURLToPath(new URL('../../spillway-shim', import.meta.url))

/** Without the second one V8 says that the first switches it off; later ones do not know it. */
const SHIM_FLAGS = ['--jitless']
if (Number.parseInt(process.versions.node, 10) < 22) SHIM_FLAGS.push('--no-expose-wasm')

const SECONDS = 8
const FLOOD_KEY = 'backup-reads'
const FLOOD_SECOND = 4
const STREAM = {
  seconds: SECONDS,
  rate: 300,
  keys: 4,
  shape: 'flood',
  'flood-key': FLOOD_KEY,
  'flood-rate': 3000,
  'flood-from': FLOOD_SECOND,
}

const AFTER_HELP = `
Examples:
  spillway demo
  spillway demo --keep`

/** Milliseconds the last events may take after the stream has ended. */
const PATIENCE_MS = 20_000
const LOOK_MS = 100

/** What `spillway generate` says about the stream it made. */
export interface Truth {
  /** Events a reader finds. */
  readonly pieces: number
  readonly records: number
}

/** `spillway demo`: the whole way, as it runs on a host, in a directory of its own. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('show a flood on its way from the shim to an alert: 15 s, no root, no broker')
    .option('--keep', 'leave the directory with spool and output behind')
    .addHelpText('after', AFTER_HELP)
    .action(demo)
}

async function demo(flags: { readonly keep?: true }): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-demo-'))
  const children: ChildProcess[] = []
  const stop = new AbortController()
  const end = (): void => stop.abort(new Failure(ExitCode.Fault, 'the demo was stopped'))
  process.once('SIGINT', end).once('SIGTERM', end)
  try {
    await show(directory, children, stop)
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
    for (const child of children) child.kill('SIGKILL')
    if (flags.keep) await print(`\nEverything is in ${directory}\n`)
    else await rm(directory, { recursive: true })
  }
}

async function show(
  directory: string,
  children: ChildProcess[],
  stop: AbortController,
): Promise<void> {
  const at = (name: string): string => join(directory, name)
  const settings: SettingsInput = {
    node: 'demo',
    spool: { directory: at('spool') },
    output: `ndjson:${at('out')}`,
    raw: true,
    rates: { interval: 1 },
    log: { level: 'error' },
  }
  await mkdir(at('spool'), { mode: 0o750 })
  // JSON is YAML.
  await writeFile(at('spillway.yaml'), JSON.stringify(settings))
  await print(
    `A made-up audit stream of ${SECONDS} s; from second ${FLOOD_SECOND} on the rule "${FLOOD_KEY}" floods.\n` +
      '  spillway generate ─► spillway-shim ─► spool ─► spillway run ─► ndjson\n\n',
  )

  /** Starts a part of the way; one that ends with a mistake stops the demo. */
  const start = (name: string, args: readonly string[], input: 'ignore' | 'pipe'): Part => {
    const output = name === 'generate' ? 'pipe' : 'ignore'
    const child = spawn(process.execPath, args, { stdio: [input, output, 'inherit'] })
    children.push(child)
    const ended = once(child, 'exit').then(([code]) => {
      if (code !== 0) stop.abort(new Failure(ExitCode.Fault, `${name} ended with ${String(code)}`))
    })
    return { child, ended }
  }
  const run = start('run', [PROGRAM, 'run', '--config', at('spillway.yaml')], 'ignore')
  const shim = start('shim', [...SHIM_FLAGS, SHIM, '--spool', at('spool')], 'pipe')
  const generate = start(
    'generate',
    [PROGRAM, 'generate', ...streamFlags(at('truth.json'))],
    'ignore',
  )
  if (generate.child.stdout !== null && shim.child.stdin !== null)
    generate.child.stdout.pipe(shim.child.stdin)

  const view = new DemoView(at('out'))
  const follow = async (): Promise<void> => {
    stop.signal.throwIfAborted()
    await view.look()
  }
  const fed = Promise.all([generate.ended, shim.ended]).then(() => true)
  while (!(await Promise.race([fed, sleep(LOOK_MS, false)]))) await follow()
  const truth = JSON.parse(await readFile(at('truth.json'), 'utf8')) as Truth
  for (let waited = 0; view.events < truth.pieces && waited < PATIENCE_MS; waited += LOOK_MS) {
    await follow()
    await sleep(LOOK_MS)
  }
  run.child.kill('SIGTERM')
  await run.ended
  await follow()
  await view.sumUp(truth.pieces, truth.records)
  if (view.events !== truth.pieces || view.records !== truth.records)
    throw new Failure(ExitCode.Fault, 'what was delivered is not what was made')
}

function streamFlags(truth: string): string[] {
  const flags = Object.entries({ ...STREAM, truth })
  return [
    '--paced',
    '--live-stamps',
    ...flags.flatMap(([name, value]) => [`--${name}`, `${value}`]),
  ]
}

interface Part {
  readonly child: ChildProcess
  readonly ended: Promise<void>
}
