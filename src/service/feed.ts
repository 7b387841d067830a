import { readFileSync, statSync } from 'node:fs'
import type { ReceiveSettings, Settings } from '../config/settings.ts'
import type { Log } from '../log.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { isLoopback, type ListenAddress } from '../model/listen.ts'
import { Listener, type ListenOptions } from '../receive/listener.ts'
import type { InputHandlers } from '../shim/input.ts'
import { type Notes, Severity } from '../shim/notes.ts'
import { type Shim, type ShimOptions, startShim } from '../shim/shim.ts'

/**
 * Starts what writes the spool in this process, standard input or a receiver; gives null where a plugin
 * writes it. The spool is there. Rejects with a `Failure` when the address cannot be had.
 */
export async function startFeed(settings: Settings, log: Log): Promise<Shim | null> {
  const { input } = settings
  const { directory: spool, state } = settings.spool
  if (input === 'spool') return null
  // A pipe and a client can wait, so that nothing has to be dropped.
  const options: ShimOptions = { spool, state, whenFull: 'block', notes: notesOf(log) }
  if (input === '-') return startShim(options)
  return startReceiver(input, settings.receive, options, log)
}

async function startReceiver(
  at: ListenAddress,
  { sync, tls, ...limits }: ReceiveSettings,
  options: ShimOptions,
  log: Log,
): Promise<Shim> {
  let handlers: InputHandlers | null = null
  const listener = new Listener({
    ...limits,
    at,
    tls: tls === null ? null : readTls(tls),
    take: (lines) => handlers?.data(lines, lines.length, true),
    warn: (text) => log.warn({}, text),
  })
  await listener.open()
  log.info({ host: at.host, port: at.port, tls: tls !== null }, 'receiving')
  if (tls === null && !isLoopback(at))
    log.warn(
      {},
      'records are received from other hosts as plain text: whoever can connect can forge them',
    )
  const shim = startShim({
    ...options,
    syncMs: sync ? 0 : 1000,
    input: (to) => {
      handlers = to
      return {
        patient: true,
        pause: () => listener.hold(true),
        resume: () => listener.hold(false),
        close: () => listener.close(),
      }
    },
    onStep: (done, kept) => listener.done(done, kept),
  })
  return {
    totals: shim.totals,
    done: shim.done.finally(() => listener.farewell()),
    stop: () => {
      handlers?.end(null)
      shim.stop()
    },
  }
}

/** Reads the files of the settings. Throws a `Failure` for one that others can read or nobody can. */
function readTls(tls: NonNullable<ReceiveSettings['tls']>): ListenOptions['tls'] {
  if ((statSync(tls.key, { throwIfNoEntry: false })?.mode ?? 0) & 0o007)
    throw new Failure(ExitCode.Config, `receive.tls.key: others may use ${tls.key}: chmod o= it`)
  return {
    cert: readText(tls.certificate),
    key: readText(tls.key),
    ...(tls.clientCa === null ? {} : { ca: readText(tls.clientCa) }),
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = `cannot read ${path}: ${reasonOf(error)}`
    throw new Failure(ExitCode.Config, reason, { cause: error })
  }
}

/** What the shim has to say, in the log. */
function notesOf(log: Log): Notes {
  return {
    say: (severity, text) => (severity === Severity.Info ? log.info({}, text) : log.warn({}, text)),
  }
}
