import { callOf, callOfType, USER_ROOM } from '../../src/model/origins.ts'
import type { Random } from './random.ts'

/** Who makes an event, as the decoder says it. */
export interface Maker {
  readonly program: string
  readonly path: string
  readonly user: number
  readonly call: number
  readonly parent: number
}

/** Who makes what a source or a flood makes: of each `weights` more than of others. */
export interface Cast {
  readonly makers: readonly Maker[]
  readonly weights: readonly number[]
}

/** Of a flood what an alert has to name first; what none has most of is left out. */
export interface Culprit {
  readonly program?: string
  readonly path?: string
  readonly user: number
  readonly call: number
  readonly parent?: number
}

/** Kinds of floods by who makes them, and how many directories, parents or programs those have that have many. */
const KINDS = ['one', 'tree', 'forks', 'script'] as const
const LEAST_MANY = 4
const MOST_MANY = 1000

/** Makers of a key that is always there. */
const USUAL_MAKERS = 24

/** Share of a flood that its culprit makes at least; the rest is made by others. */
const LEAST_OF_FLOOD = 0.7

/** Calls that rules watch (x86_64): openat, execve, connect, unlinkat, fchmodat, renameat2; and a record type, USER_LOGIN. */
const CALLS = [...[257, 59, 42, 263, 268, 316].map((n) => callOf(0xc000003e, n)), callOfType(1112)]

/** Programs that make a key's usual events: few make most of them. */
export function usualCast(random: Random, key: string): Cast {
  const makers = Array.from({ length: USUAL_MAKERS }, (_, i) => ({
    program: `/usr/bin/${key}-${i % 7}`,
    path: random.pick([
      '/etc/ssl',
      '/usr/lib/x86_64',
      '/var/lib/dpkg',
      '/home/alice',
      '/proc/self',
    ]),
    user: random.pick([0, 1000, 1001, USER_ROOM + 33]),
    call: random.pick(CALLS),
    parent: random.whole(1, 30_000),
  }))
  return { makers, weights: makers.map((_, i) => 1 / (i + 1)) }
}

/**
 * Who makes a flood: a program in one directory; one that walks many directories; one that is started again and again
 * by others; or many programs that one process starts.
 */
export function floodCast(random: Random, n: number): { cast: Cast; culprit: Culprit } {
  const kind = random.pick(KINDS)
  const many = Math.round(random.scaled(LEAST_MANY, MOST_MANY))
  const main = {
    program: `/opt/flood-${n}/bin/run`,
    path: `/srv/flood-${n}`,
    user: random.pick([0, 1000, 1005]),
    call: random.pick(CALLS),
    parent: 40_000 + n,
  }
  const makers = Array.from({ length: kind === 'one' ? 1 : many }, (_, i) => ({
    ...main,
    ...(kind === 'tree' ? { path: `${main.path}/dir-${i}` } : {}),
    ...(kind === 'forks' ? { parent: 50_000 + i } : {}),
    ...(kind === 'script' ? { program: `/usr/bin/tool-${i}` } : {}),
  }))
  const share = random.between(LEAST_OF_FLOOD, 1)
  const others = usualCast(random, `beside-${n}`)
  const sum = others.weights.reduce((all, weight) => all + weight, 0)
  const { program, parent, ...rest } = main
  return {
    cast: {
      makers: [...makers, ...others.makers],
      weights: [
        ...makers.map(() => share / makers.length),
        ...others.weights.map((weight) => ((1 - share) * weight) / sum),
      ],
    },
    culprit: {
      ...rest,
      ...(kind === 'script' ? {} : { program }),
      ...(kind === 'forks' ? {} : { parent }),
    },
  }
}
