/** What a running service is told by signals. */
export interface SignalHandlers {
  /** TERM and INT. */
  readonly stop: () => void
  /** HUP. */
  readonly reload: () => void
  /** USR1. */
  readonly report: () => void
  /** USR2. */
  readonly resume: () => void
}

/**
 * Listens to signals until the function that it gives is called. Node would end at HUP and USR2, and
 * open its inspector at USR1.
 */
export function onSignals({ stop, reload, report, resume }: SignalHandlers): () => void {
  const listeners = [
    ['SIGTERM', stop],
    ['SIGINT', stop],
    ['SIGHUP', reload],
    ['SIGUSR1', report],
    ['SIGUSR2', resume],
  ] as const
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}
