import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, accountOf } from './account.ts'
import { holesOf } from './holes.ts'
import { Host } from './host.ts'
import { inject } from './inject.ts'
import { NdjsonOutlet } from './ndjson.ts'
import { costOf, type Fault, type FaultKind, kindsFor, needs, planOf } from './plan.ts'
import type { ShakyBroker } from './shaky-broker.ts'
import { Source } from './source.ts'

/** Milliseconds between two looks at what is delivered. */
const LOOK_MS = 100

/** Milliseconds of writing after the last fault, at least. */
const TAIL_MS = 500

/** Milliseconds without progress after which nothing more is waited for: a worker that hangs has 20 s. */
const STILL_MS = 60_000

/** One run of a campaign. */
export interface Run {
  readonly seed: number
  /** Events a second. */
  readonly rate: number
  readonly seconds: number
  /** Kinds to draw from, all that are possible without. */
  readonly only?: readonly FaultKind[]
}

/** What a run has shown. */
export interface Outcome {
  readonly plan: readonly Fault[]
  /** What was written, which is less than asked for where nobody read for long. */
  readonly eventsPerSecond: number
  readonly account: Account
  /** How many of the events of which nothing came alerts name. */
  readonly named: number
  /** What must not be. Empty where the promises were kept. */
  readonly broken: readonly string[]
  /** What all processes said on standard error. */
  readonly said: string
}

/**
 * Runs a plan against a host of its own, with topics of `broker` or files as its sink, and holds what was
 * delivered against what was written.
 */
export async function runOnce(
  { seed, rate, seconds, only }: Run,
  broker: ShakyBroker | null,
): Promise<Outcome> {
  const plan = planOf(seed, seconds, only ?? kindsFor(broker !== null))
  const source = new Source(rate)
  const outlet = broker === null ? new NdjsonOutlet() : await broker.outlet()
  const sabotage = needs(plan, 'workers') || needs(plan, 'clock')
  const host = new Host(source, outlet, { sabotage })
  const site = { host, source, broker }
  const delivered = (): Promise<number> => outlet.last()
  try {
    const writing = source.run()
    const started = performance.now()
    await host.startShim()
    host.startService()
    while ((await delivered()) === 0) await sleep(LOOK_MS)
    const began = performance.now()
    for (const fault of plan) {
      await sleep(Math.max(0, fault.at - (performance.now() - began)))
      await inject(fault, site)
    }
    await sleep(Math.max(TAIL_MS, seconds * 1000 - (performance.now() - began)))
    source.stop()
    await writing
    const eventsPerSecond = source.serial / ((performance.now() - started) / 1000)
    await broker?.settle()
    await settled(delivered, source.serial)
    const ordered = !plan.some(({ kind }) => kind === 'service.twice')
    const account = await accountOf(source.given, outlet, ordered)
    const holes = await holesOf(account, outlet)
    const broken: string[] = [...account.broken, ...holes.broken]
    const codes = await host.end()
    const { memory, announced } = costOf(plan)
    if (!memory && !announced && account.torn > 0)
      broken.push(`${account.torn} events are not whole, and no fault may cost any`)
    if (!memory && !announced && codes.shim !== 0) broken.push(`the shim ended with ${codes.shim}`)
    if (codes.service !== 0) broken.push(`the service ended with ${codes.service}`)
    for (const { exitCode, signalCode } of host.giving)
      if (exitCode === null && signalCode === null) broken.push('two services run side by side')
    return { plan, eventsPerSecond, account, named: holes.named, broken, said: host.said }
  } finally {
    host.remove()
    await broker?.settle()
    await outlet.remove()
  }
}

/** Settles when `delivered` gives the last serial, or has not moved for long. */
export async function settled(delivered: () => Promise<number>, last: number): Promise<void> {
  let moved = performance.now()
  for (let seen = 0; seen !== last && performance.now() - moved < STILL_MS; await sleep(LOOK_MS)) {
    const now = await delivered()
    if (now !== seen) moved = performance.now()
    seen = now
  }
}
