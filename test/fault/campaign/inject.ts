import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listSegments } from '../../../src/spool/directory.ts'
import { segmentName } from '../../../src/spool/format.ts'
import { exitCodeOf, type Host } from './host.ts'
import type { Fault, FaultKind } from './plan.ts'
import type { Source } from './source.ts'

/** Signals of a storm. */
const STORM = 20

/** Milliseconds in which a service notices that another has taken over: it looks when it saves. */
const GIVING_MS = 10_000

/** Does one fault to the host and settles when it has passed. */
export async function inject(fault: Fault, host: Host, source: Source): Promise<void> {
  await INJECT[fault.kind](fault, host, source)
}

const INJECT: Readonly<
  Record<FaultKind, (fault: Fault, host: Host, source: Source) => Promise<void>>
> = {
  'service.kill': async (_, host) => {
    host.service?.kill('SIGKILL')
  },
  'service.freeze': async ({ ms }, host) => standing(host.service, ms),
  'service.twice': async (_, host) => {
    const old = host.service as ChildProcess
    host.giving.push(old)
    host.startService()
    await Promise.race([exitCodeOf(old), sleep(GIVING_MS)])
  },
  'shim.kill': async (_, host, source) => {
    const shim = host.shim
    source.hold()
    shim?.kill('SIGKILL')
    if (shim !== null) await exitCodeOf(shim)
    await host.startShim()
  },
  'shim.freeze': async ({ ms }, host) => standing(host.shim, ms),
  'shim.twice': async ({ ms }, host) => {
    const old = host.shim
    await host.startShim()
    await sleep(ms)
    old?.stdin?.end()
  },
  signals: async ({ ms, draw }, host) => {
    const signals = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
    for (let n = 0; n < STORM; n++) {
      host.shim?.kill(signals[(n + Math.floor(draw * 3)) % 3])
      host.service?.kill(signals[n % 3])
      await sleep(ms / STORM)
    }
  },
  'disk.freeze': async ({ ms }, host) => {
    host.freeze(true)
    try {
      await sleep(ms)
    } finally {
      host.freeze(false)
    }
  },
  'disk.full': async ({ ms }, host, source) => {
    source.starve()
    host.fill(true)
    try {
      await sleep(ms)
    } finally {
      host.fill(false)
    }
  },
  'segment.flip': async ({ draw }, host) => {
    const id = listSegments(host.spool).at(-1)
    if (id !== undefined) flip(join(host.spool, segmentName(id)), draw)
  },
  'checkpoint.flip': async ({ draw }, host) => {
    const service = host.service
    service?.kill('SIGKILL')
    if (service !== null) await exitCodeOf(service)
    const state = join(host.spool, 'state')
    const slots = readdirSync(state).filter((name) => name.startsWith('checkpoint.'))
    if (slots.length > 0) flip(join(state, slots[Math.floor(draw * slots.length)]), draw)
  },
}

async function standing(child: Host['shim'], ms: number): Promise<void> {
  child?.kill('SIGSTOP')
  await sleep(ms)
  child?.kill('SIGCONT')
}

/** Turns one bit of the byte that lies at this share of a file. */
function flip(path: string, share: number): void {
  const { size } = statSync(path)
  if (size === 0) return
  const at = Math.floor(share * size)
  const file = openSync(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    readSync(file, byte, 0, 1, at)
    byte[0] ^= 1 << Math.floor(share * 8)
    writeSync(file, byte, 0, 1, at)
  } finally {
    closeSync(file)
  }
}
