import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const PROGRAM = ['/sbin/audisp-remote', '/usr/sbin/audisp-remote'].find((path) => existsSync(path))

/** What is missing to run the real audisp-remote with a configuration of the test's own, or null. */
export const missingForRemote: string | null = missing()

function missing(): string | null {
  if (PROGRAM === undefined) return 'audisp-remote (package audispd-plugins)'
  if (process.getuid?.() !== 0) return 'root'
  if (!existsSync('/etc/audit')) return '/etc/audit'
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? null : 'mount namespaces'
}

/**
 * Starts the real audisp-remote, which sends what it reads on standard input. Its configuration has
 * one fixed place, so that it sees another /etc/audit than everybody else.
 *
 * @param folder made for it, and kept by the test
 * @param more lines of audisp-remote.conf
 */
export function startRemote(folder: string, port: number, more: readonly string[]): ChildProcess {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'audisp-remote.conf')
  const lines = ['remote_server = 127.0.0.1', `port = ${port}`, 'queue_depth = 200000', ...more]
  writeFileSync(file, `${lines.join('\n')}\n`)
  chmodSync(file, 0o640)
  const program = `mount --bind '${folder}' /etc/audit && exec ${PROGRAM}`
  return spawn('unshare', ['--mount', 'sh', '-c', program], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
}

/** A port of the loopback interface that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}
