/** The shim's command line. It has no configuration file: as a plugin it gets nothing but its arguments. */

import { parseArgs } from 'node:util'
import { ExitCode, Failure } from '../model/failure.ts'
import { SMALLEST_LIMIT } from './room.ts'
import type { WhenFull } from './store.ts'

/** What `--help` prints. */
export const USAGE = `Usage: spillway-shim [options] < records

Moves what it reads on standard input to a spool. Runs as a plugin of auditd.

  --spool DIR        spool directory (/var/spool/spillway)
  --state DIR        where the reader keeps "released" (DIR/state)
  --user NAME        user to change to
  --group NAME       group of the files (spillway, where it exists)
  --limit SIZE       bytes the spool may use (10 % of its file system, at most 8G)
  --keep-free SIZE   bytes that stay free in its file system (94M, at most 5 %)
  --when-full WHAT   drop-newest (default), drop-oldest, or block (stalls auditd)
  --compress WHEN    backlog (default): finished segments, once a quarter of the limit
                     is used; or never
  --sync MS          milliseconds between syncs (1000), 0 for every frame, or "none"
  --ring SIZE        memory between reading and writing (32M)
  --check            say what is wrong with this setup, one line each, and exit
  --help

SIZE is in bytes, or with K, M, G or T in powers of 1024.
`

/** The command line, parsed. */
export interface Flags {
  readonly help: boolean
  readonly check: boolean
  readonly spool: string
  readonly state: string
  readonly user: string | null
  readonly group: string | null
  readonly limit: number | null
  readonly keepFree: number | null
  readonly whenFull: WhenFull
  readonly compress: boolean
  readonly syncMs: number | null
  readonly ringBytes: number
}

const UNITS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** Parses arguments. Throws a `Failure` that names the wrong one. */
export function parseFlags(args: readonly string[]): Flags {
  const values = parse(args)
  const spool = absolute('spool', values['spool'] ?? '/var/spool/spillway')
  return {
    help: values['help'] ?? false,
    check: values['check'] ?? false,
    spool,
    state: absolute('state', values['state'] ?? `${spool}/state`),
    user: values['user'] ?? null,
    group: values['group'] ?? null,
    limit: size('limit', values['limit'], SMALLEST_LIMIT),
    keepFree: size('keep-free', values['keep-free'], 0),
    whenFull: whenFull(values['when-full'] ?? 'drop-newest'),
    compress: compress(values['compress'] ?? 'backlog'),
    syncMs: syncMs(values['sync'] ?? '1000'),
    ringBytes: size('ring', values['ring'] ?? '32M', 1 << 20) ?? 0,
  }
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const
  const boolean = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        spool: string,
        state: string,
        user: string,
        group: string,
        limit: string,
        'keep-free': string,
        'when-full': string,
        compress: string,
        sync: string,
        ring: string,
        check: boolean,
        help: boolean,
      },
    }).values
  } catch (error) {
    throw usage((error as Error).message.split(/\n|\. To /)[0])
  }
}

function absolute(flag: string, path: string): string {
  if (!path.startsWith('/')) throw usage(`--${flag} must be an absolute path: ${path}`)
  return path.replace(/(?<=.)\/+$/, '')
}

function size(flag: string, text: string | undefined, least: number): number | null {
  if (text === undefined) return null
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text)
  const bytes = match ? Math.floor(Number(match[1]) * UNITS[match[2].toUpperCase()]) : Number.NaN
  if (!(bytes >= least)) throw usage(`--${flag} must be a size of at least ${least}: ${text}`)
  return bytes
}

function whenFull(text: string): WhenFull {
  if (text === 'drop-newest' || text === 'drop-oldest' || text === 'block') return text
  throw usage(`--when-full must be drop-newest, drop-oldest or block: ${text}`)
}

function compress(text: string): boolean {
  if (text === 'backlog' || text === 'never') return text === 'backlog'
  throw usage(`--compress must be backlog or never: ${text}`)
}

function syncMs(text: string): number | null {
  if (text === 'none') return null
  if (!/^\d{1,6}$/.test(text)) throw usage(`--sync must be milliseconds or none: ${text}`)
  return Number(text)
}

function usage(message: string): Failure {
  return new Failure(ExitCode.Usage, message)
}
