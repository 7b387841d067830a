import { z } from 'zod'
import { parseListenAddress } from '../model/listen.ts'
import { ABSOLUTE, setting } from './setting.ts'
import type { InputSettings, ReceiveSettings } from './settings.ts'

const file = z.string().regex(ABSOLUTE).optional()

/** The section `receive`. */
export const receiveSection: z.ZodType<FilledReceive> = z
  .strictObject({
    sync: setting(z.boolean().default(false), {
      says: 'A record is acknowledged when the disk has it (true), or when it is written to the spool (false).',
      allowed: 'true, false',
    }),
    node_from_address: setting(z.boolean().default(true), {
      says: 'A record without node= gets the address it came from as its node; else it counts as one of this host.',
      allowed: 'true, false',
    }),
    max_connections: setting(z.int().min(1).max(10_000).default(256), {
      says: 'Connections at a time.',
      allowed: 'a whole number from 1 to 10000',
    }),
    max_connections_per_address: setting(z.int().min(1).max(10_000).default(16), {
      says: 'Connections at a time from one address. Behind a tunnel all have the same.',
      allowed: 'a whole number from 1 to 10000',
    }),
    idle_timeout: setting(z.int().min(0).max(604_800).default(3600), {
      says: 'Seconds of silence after which a connection is closed, 0 for never.',
      allowed: 'a whole number of seconds from 0 to 604800',
    }),
    tls: z
      .strictObject({
        certificate: setting(file, {
          says: 'Certificate of the receiver and its chain, PEM. With it and the key, TLS alone is taken.',
          allowed: 'an absolute path, together with key',
          example: '/etc/spillway/receiver.crt',
        }),
        key: setting(file, {
          says: 'Key of the certificate, PEM; others must not be able to use it.',
          allowed: 'an absolute path, together with certificate',
          example: '/etc/spillway/receiver.key',
        }),
        client_ca: setting(file, {
          says: 'Who signs the certificates of clients, PEM. With it clients without one are refused.',
          allowed: 'an absolute path, together with certificate and key',
          example: '/etc/spillway/clients.crt',
        }),
      })
      .superRefine(bothOrNone)
      .prefault({}),
  })
  .prefault({})

interface FilledTls {
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  readonly client_ca?: string | undefined
}

/** The section as written, with its defaults. */
export interface FilledReceive {
  readonly sync: boolean
  readonly node_from_address: boolean
  readonly max_connections: number
  readonly max_connections_per_address: number
  readonly idle_timeout: number
  readonly tls: FilledTls
}

/** A certificate is nothing without its key, a key without its certificate, the rest without both. */
function bothOrNone({ certificate, key, client_ca }: FilledTls, context: z.RefinementCtx): void {
  if (certificate === undefined && (key !== undefined || client_ca !== undefined))
    context.addIssue({ code: 'custom', path: ['certificate'] })
  if (key === undefined && (certificate !== undefined || client_ca !== undefined))
    context.addIssue({ code: 'custom', path: ['key'] })
}

/** What the section says. */
export function receiveOf(filled: FilledReceive): ReceiveSettings {
  const { certificate, key, client_ca } = filled.tls
  return {
    sync: filled.sync,
    nodeFromAddress: filled.node_from_address,
    maxConnections: filled.max_connections,
    maxConnectionsPerAddress: filled.max_connections_per_address,
    idleMs: filled.idle_timeout * 1000,
    tls:
      certificate === undefined || key === undefined
        ? null
        : { certificate, key, clientCa: client_ca ?? null },
  }
}

/** What `input` says; null where it says nothing that holds. */
export function inputOf(text: string): InputSettings | null {
  return text === 'spool' || text === '-' ? text : parseListenAddress(text)
}
