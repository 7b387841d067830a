import { resolve } from 'node:path'
import { Command } from 'commander'
import { createLog } from '../log.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { ReadingsFile } from '../watch/readings-file.ts'
import { machineViews } from '../watch/views.ts'
import { Watcher } from '../watch/watcher.ts'

interface Flags {
  readonly output: string
  readonly interval: string
  readonly kernelLog: string
}

const AFTER_HELP = `
Needs CAP_AUDIT_CONTROL to ask the kernel and CAP_SYSLOG to read its log; without one of them it says
so and reads the rest. Runs until TERM or INT.

Examples:
  spillway watch
  spillway watch --output /tmp/watch.ndjson --interval 1 & tail -f /tmp/watch.ndjson`

/** `spillway watch`: what the kernel says about its audit queue, into a file that the service reads. */
export function watchCommand(): Command {
  return new Command('watch')
    .description(
      "read the kernel's audit status, netlink gauge and log into a file for the service",
    )
    .option('--output <file>', 'where the readings go', '/run/spillway/watch.ndjson')
    .option('--interval <seconds>', 'how often the kernel is asked for its status', '10')
    .option('--kernel-log <file>', 'the kernel log, or a file in which it is kept', '/dev/kmsg')
    .addHelpText('after', AFTER_HELP)
    .action(watch)
}

async function watch({ output, interval, kernelLog }: Flags): Promise<void> {
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
    views: machineViews(resolve(kernelLog)),
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
