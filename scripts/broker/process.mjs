// The broker's process: one a directory, found again by what it was started with.

import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { java } from './jars.mjs'

const STOP_MS = 20_000
const POLL_MS = 100
const HEAP = '-Xmx512m'
const LOGGING = ['defaultLogLevel=warn', 'showDateTime=true', 'dateTimeFormat=HH:mm:ss.SSS'].map(
  (setting) => `-Dorg.slf4j.simpleLogger.${setting}`,
)

/** Waits until no other run is at work in this directory; gives the release, which its death is too. */
export async function lock(dir) {
  const holder = spawn('flock', [join(dir, 'lock'), 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  await new Promise((held, failed) => {
    holder.stdout.once('data', held)
    holder.once('error', () => failed(new Error('no flock here')))
  })
  return () => holder.stdin.end()
}

/** Formats the data directory where that is new, with these options, and starts the broker; gives its process id. */
export function launch(dir, folder, options) {
  const properties = join(dir, 'server.properties')
  const id = Buffer.from('spillway-broker-').toString('base64url')
  const format = ['format', '-g', '-t', id, '-c', properties, ...options]
  run(folder, 'kafka.tools.StorageTool', format)
  const log = openSync(join(dir, 'kafka.log'), 'a')
  const child = spawn(java(), [HEAP, ...LOGGING, ...classPath(folder), 'kafka.Kafka', properties], {
    cwd: dir,
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  child.unref()
  writeFileSync(join(dir, 'pid'), String(child.pid))
  return child.pid
}

/** The id of the broker's process where that lives, or null. */
export function pidOf(dir) {
  try {
    const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'))
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return command.includes(join(dir, 'server.properties')) ? pid : null
  } catch {
    return null
  }
}

/** Ends the broker where it lives, in good order or, when that takes too long, at once. */
export async function terminate(dir) {
  const pid = pidOf(dir)
  if (pid === null) return
  process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + STOP_MS
  while (pidOf(dir) !== null) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
    await sleep(POLL_MS)
  }
}

/** Runs one of Kafka's own tools to its end. */
export function run(folder, tool, args) {
  try {
    execFileSync(java(), [...LOGGING, ...classPath(folder), tool, ...args], { stdio: 'pipe' })
  } catch (error) {
    throw new Error(`${tool}: ${String(error.stderr || error.message).trim()}`, { cause: error })
  }
}

const classPath = (folder) => ['-cp', join(folder, '*')]
