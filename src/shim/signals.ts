/**
 * Taken before anything else: Node resets the ignored signals that auditd's plugins inherit, so that
 * a HUP or USR2 would end the process, and an unhandled USR1 opens the inspector.
 */

let stop: (() => void) | null = null
let asked = 0

for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => undefined)
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    asked++
    stop?.()
  })
}

/** Calls back at each TERM or INT, and at once for those that came before. */
export function onStop(callback: () => void): void {
  stop = callback
  for (let i = 0; i < asked; i++) callback()
}
