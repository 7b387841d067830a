import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const PACKAGES = join(ROOT, 'dist-packages')
const TOOLS = ['debootstrap', 'dpkg-deb', 'rpmbuild', 'unshare', 'ip', 'make', 'g++', 'python3']

/** Why packages cannot be made and installed here, or null. */
export const unavailable: string | null = ((): string | null => {
  if (process.getuid?.() !== 0) return 'not root'
  const missing = TOOLS.find((tool) => spawnSync('which', [tool]).status !== 0)
  return missing === undefined ? null : `${missing} is missing`
})()
if (unavailable !== null) process.stderr.write(`package tests are SKIPPED: ${unavailable}\n`)

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A Debian of its own, to which nothing leads from outside. */
export interface Machine {
  /** Its root, seen from outside. */
  readonly root: string
  /** Runs a shell script in it: no network but the loopback, no environment but a path. */
  run(script: string): Ended
  /** The same, of which no failure is expected; gives its standard output. */
  ok(script: string): string
  remove(): void
}

/** The folder that every new one is a copy of. */
export function baseRoot(): string {
  const script = join(import.meta.dirname, 'bare-root.mjs')
  return execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim()
}

/** Makes a new one, as bare as Debian gets. */
export function bareMachine(): Machine {
  const root = mkdtempSync(join(tmpdir(), 'spillway-machine-'))
  execFileSync('cp', ['-a', `${baseRoot()}/.`, root])
  const run = (script: string): Ended => {
    const inside = `mount -t proc proc /proc && cd / && { ${script}\n}`
    const args = ['--net', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c']
    const enter = 'ip link set lo up && exec chroot "$0" /bin/sh -c "$1"'
    const { status, stdout, stderr } = spawnSync('unshare', [...args, enter, root, inside], {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    })
    return { code: status, out: stdout, err: stderr }
  }
  return {
    root,
    run,
    ok: (script) => {
      const { code, out, err } = run(`set -e; ${script}`)
      if (code !== 0) throw new Error(`ended with ${code}: ${script}\n${out}${err}`)
      return out
    },
    remove: () => rmSync(root, { recursive: true }),
  }
}

/** The path of what was made whose name ends so. */
export function made(ending: string): string {
  const name = readdirSync(PACKAGES).find((file) => file.endsWith(ending))
  if (name === undefined) throw new Error(`no ${ending} was made`)
  return join(PACKAGES, name)
}

/** A script during which the service runs as its own user; ends as `script` does. */
export function withService(script: string): string {
  return `
    setpriv --reuid=spillway --regid=spillway --clear-groups /opt/spillway/bin/spillway run & service=$!
    until ls /var/spool/spillway/state/checkpoint.* >/dev/null 2>&1; do
      kill -0 $service || exit 1
      sleep 0.1
    done
    status=0; { ${script}; } || status=$?
    kill $service && wait $service && exit $status`
}
