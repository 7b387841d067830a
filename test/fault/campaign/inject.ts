import type { ChildProcess } from 'node:child_process'
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listSegments } from '../../../src/spool/directory.ts'
import { segmentName } from '../../../src/spool/format.ts'
import { exitCodeOf, type Host } from './host.ts'
import type { Fault, FaultKind } from './plan.ts'
import type { ShakyBroker } from './shaky-broker.ts'
import type { Source } from './source.ts'
import { type Injected, tamper } from './trace.ts'

/** Signals of a storm. */
const STORM = 20

/** Milliseconds in which a service notices that another has taken over: it looks when it saves. */
const GIVING_MS = 10_000

/** Milliseconds by which the time of day is wrong at most. */
const STEP_MS = 3_600_000

/** A broker's troubles last longer than those of a host, by this factor. */
const BROKER_TIMES = 4

/** Bytes at the end of a segment that may not have been synced. */
const UNSYNCED_BYTES = 1 << 20

/** What faults are done to. */
export interface Site {
  readonly host: Host
  readonly source: Source
  /** Where the sink is Kafka. */
  readonly broker: ShakyBroker | null
}

/** Does one fault and settles when it has passed; what a broker suffers goes on meanwhile. */
export async function inject(fault: Fault, site: Site): Promise<void> {
  await INJECT[fault.kind](fault, site)
}

const INJECT: Readonly<Record<FaultKind, (fault: Fault, site: Site) => Promise<void>>> = {
  'service.kill': async (_, { host }) => {
    host.service?.kill('SIGKILL')
  },
  'service.freeze': async ({ ms }, { host }) => standing(host.service, ms),
  'service.twice': async (_, { host }) => {
    const old = host.service as ChildProcess
    host.giving.push(old)
    host.startService()
    await Promise.race([exitCodeOf(old), sleep(GIVING_MS)])
  },
  'worker.end': async (_, { host }) => host.sabotage('end'),
  'worker.memory': async (_, { host }) => host.sabotage('memory'),
  'worker.wedge': async (_, { host }) => host.sabotage('wedge'),
  'shim.kill': async (_, { host, source }) => {
    const shim = host.shim
    source.hold()
    shim?.kill('SIGKILL')
    if (shim !== null) await exitCodeOf(shim)
    await host.startShim()
  },
  'shim.freeze': async ({ ms }, { host }) => standing(host.shim, ms),
  'shim.twice': async ({ ms }, { host }) => {
    const old = host.shim
    await host.startShim()
    await sleep(ms)
    old?.stdin?.end()
  },
  signals: async ({ ms, draw }, { host }) => {
    const signals = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
    for (let n = 0; n < STORM; n++) {
      host.shim?.kill(signals[(n + Math.floor(draw * 3)) % 3])
      host.service?.kill(signals[n % 3])
      await sleep(ms / STORM)
    }
  },
  'clock.step': async ({ draw }, { host }) =>
    host.sabotage('clock', String(Math.round((2 * draw - 1) * STEP_MS))),
  'disk.freeze': async ({ ms }, { host }) => {
    host.disk.freeze(true)
    try {
      await sleep(ms)
    } finally {
      host.disk.freeze(false)
    }
  },
  'disk.full': async ({ ms }, { host, source }) => {
    source.starve()
    host.disk.fill(true)
    try {
      await sleep(ms)
    } finally {
      host.disk.fill(false)
    }
  },
  'disk.slow': async ({ ms }, { host }) => tamper(host.shim, SLOW, ms),
  'disk.error': async ({ ms }, { host, source }) => {
    source.starve()
    await tamper(host.shim, FAILING, ms)
  },
  'disk.readonly': async ({ ms }, { host, source }) => {
    source.starve()
    await tamper(host.shim, READ_ONLY, ms)
  },
  'state.error': async ({ ms }, { host }) => tamper(host.service, UNSYNCABLE, ms),
  'segment.flip': ({ ms, draw }, { host }) => damage(host, ms, (path) => flip(path, draw)),
  'segment.torn': ({ ms, draw }, { host }) => damage(host, ms, (path) => tear(path, draw)),
  'checkpoint.flip': async ({ draw }, { host }) => {
    const slot = await slotOf(host, draw)
    if (slot !== null) flip(slot, draw)
  },
  'checkpoint.torn': async ({ draw }, { host }) => {
    const slot = await slotOf(host, draw)
    if (slot !== null) truncateSync(slot, Math.floor(draw * statSync(slot).size))
  },
  'broker.kill': async ({ ms }, { broker }) => broker?.trouble('kill', ms),
  'broker.restart': async ({ ms }, { broker }) => broker?.trouble('restart', ms),
  'broker.freeze': async ({ ms }, { broker }) => broker?.trouble('freeze', ms * BROKER_TIMES),
  'broker.slow': async ({ ms }, { broker }) => broker?.trouble('slow', ms * BROKER_TIMES),
  'broker.cut': async (_, { broker }) => broker?.trouble('cut', 0),
}

/** The calls with which shim and service write, and how they go wrong; delays in µs. */
const WRITES = 'pwritev,pwrite64'
const SYNCS = 'fdatasync,fsync'
const SLOW: Injected = [
  [WRITES, 'delay_exit=5000'],
  [SYNCS, 'delay_exit=100000'],
]
const FAILING: Injected = [[`${WRITES},${SYNCS}`, 'error=EIO']]
const READ_ONLY: Injected = [[`${WRITES},openat`, 'error=EROFS']]
const UNSYNCABLE: Injected = [[SYNCS, 'error=EIO']]

/** Kills the service; gives a slot of its checkpoint, if it has one. */
async function slotOf(host: Host, draw: number): Promise<string | null> {
  const service = host.service
  service?.kill('SIGKILL')
  if (service !== null) await exitCodeOf(service)
  const state = join(host.spool, 'state')
  const slots = readdirSync(state).filter((name) => name.startsWith('checkpoint.'))
  return slots.length === 0 ? null : join(state, slots[Math.floor(draw * slots.length)])
}

async function standing(child: Host['shim'], ms: number): Promise<void> {
  child?.kill('SIGSTOP')
  await sleep(ms)
  child?.kill('SIGCONT')
}

/** Damages the newest segment while the service stands still, so that it has not read it to its end. */
async function damage(host: Host, ms: number, how: (path: string) => void): Promise<void> {
  host.service?.kill('SIGSTOP')
  await sleep(ms)
  const id = listSegments(host.spool).at(-1)
  if (id !== undefined) how(join(host.spool, segmentName(id)))
  host.service?.kill('SIGCONT')
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

/** Makes zeros of this share of what may not have been synced. */
function tear(path: string, share: number): void {
  const file = openSync(path, 'r+')
  try {
    const { size } = fstatSync(file)
    const zeros = Buffer.alloc(Math.floor(share * Math.min(size, UNSYNCED_BYTES)))
    writeSync(file, zeros, 0, zeros.length, size - zeros.length)
  } finally {
    closeSync(file)
  }
}
