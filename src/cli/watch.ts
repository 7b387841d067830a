import { resolve } from 'node:path'
import { Command } from 'commander'
import { createLog } from '../log.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { ReadingsFile } from '../watch/readings-file.ts'
import { JOURNAL, machineViews } from '../watch/views.ts'
import { Watcher } from '../watch/watcher.ts'

interface Flags {
  readonly output: string
  readonly interval: string
  readonly kernelLog: string
  readonly auditdLog: string
  readonly wanted: string
}

const AFTER_HELP = `
Needs CAP_AUDIT_CONTROL to ask the kernel, CAP_SYSLOG to read its log and the group systemd-journal for
the journal; without one of them it says so and reads the rest. Runs until TERM or INT.

Examples:
  spillway watch
  spillway watch --output /tmp/watch.ndjson --interval 1 & tail -f /tmp/watch.ndjson`

/** `spillway watch`: what the kernel says about its audit queue, into a file that the service reads. */
export function watchCommand(): Command {
  return new Command('watch')
    .description(
      "read the kernel's audit status, rules, netlink gauge and log, and auditd's, into a file for the service",
    )
    .option('--output <file>', 'where the readings go', '/run/spillway/watch.ndjson')
    .option('--interval <seconds>', 'how often the kernel is asked for its status', '10')
    .option(
      '--kernel-log <file>',
      'the kernel log, a file in which it is kept, or journal',
      '/dev/kmsg',
    )
    .option(
      '--auditd-log <file>',
      "a file in which auditd's messages are kept, or journal",
      JOURNAL,
    )
    .option(
      '--wanted <file>',
      'the rules are listed at once when this file is touched',
      '/var/spool/spillway/state/wanted',
    )
    .addHelpText('after', AFTER_HELP)
    .action(watch)
}

async function watch({ output, interval, kernelLog, auditdLog, wanted }: Flags): Promise<void> {
  if (!/^\d{1,4}$/.test(interval) || Number(interval) === 0) {
    const allowed = 'a whole number of seconds from 1 to 9999'
    throw new Failure(
      ExitCode.Usage,
      `--interval: found ${JSON.stringify(interval)}, allowed: ${allowed}`,
    )
  }
  const log = createLog('info')
  const file = new ReadingsFile(resolve(output))
  const watcher = new Watcher({
    views: machineViews({
      kernelLog: placeOf(kernelLog),
      auditdLog: placeOf(auditdLog),
      wanted: resolve(wanted),
    }),
    interval: Number(interval) * 1000,
    tell: (said) => file.write(said),
    onTrouble: (trouble) => log.warn({}, trouble),
  })
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  log.info({ output, interval: Number(interval) }, 'watching')
  await watcher.run(stop.signal)
  file.close()
}

function placeOf(log: string): string {
  return log === JOURNAL ? JOURNAL : resolve(log)
}
