import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../spool/fixture.ts'
import { type Account, accountOf } from './account.ts'
import { Host } from './host.ts'
import { inject } from './inject.ts'
import { costOf, type Fault, type FaultKind, planOf } from './plan.ts'
import { Source } from './source.ts'
import { lastDelivered } from './tail.ts'

/** One run of a campaign. */
export interface Run {
  readonly seed: number
  /** Events a second. */
  readonly rate: number
  readonly seconds: number
  readonly only?: readonly FaultKind[]
}

/** What a run has shown. */
export interface Outcome {
  readonly plan: readonly Fault[]
  readonly account: Account
  /** What must not be, besides what the account says. */
  readonly broken: readonly string[]
  /** What all processes said on standard error. */
  readonly said: string
}

/** Runs a plan against a host of its own, and holds what was delivered against what was written. */
export async function runOnce({ seed, rate, seconds, only }: Run): Promise<Outcome> {
  const plan = planOf(seed, seconds, only)
  const source = new Source(rate)
  const host = new Host(source)
  try {
    const writing = source.run()
    await host.startShim()
    host.startService()
    await until(() => lastDelivered(host.out) > 0, 'an event is delivered')
    const began = performance.now()
    for (const fault of plan) {
      await sleep(Math.max(0, fault.at - (performance.now() - began)))
      await inject(fault, host, source)
    }
    await sleep(Math.max(0, seconds * 1000 - (performance.now() - began)))
    source.stop()
    await writing
    const codes = await host.end(() => lastDelivered(host.out), source.serial)
    const account = accountOf(
      source.given,
      host.out,
      !plan.some(({ kind }) => kind === 'service.twice'),
    )
    const broken: string[] = []
    const { memory, announced } = costOf(plan)
    if (!memory && !announced && account.torn > 0)
      broken.push(`${account.torn} events are not whole, and no fault may cost any`)
    if (!memory && !announced && codes.shim !== 0) broken.push(`the shim ended with ${codes.shim}`)
    if (codes.service !== 0) broken.push(`the service ended with ${codes.service}`)
    for (const { exitCode, signalCode } of host.giving)
      if (exitCode === null && signalCode === null) broken.push('two services run side by side')
    return { plan, account, broken: [...account.broken, ...broken], said: host.said }
  } finally {
    host.remove()
  }
}
