/** An unpacked tarball as far as `install` needs it, and a bare root to install it into. */

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '../..')

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Makes the tree of a tarball, its program in one file, and gives its folder. */
export async function unpackTarball(): Promise<string> {
  const top = join(mkdtempSync(join(tmpdir(), 'spillway-tarball-')), 'spillway')
  for (const folder of ['bin', 'lib']) mkdirSync(join(top, folder), { recursive: true })
  for (const name of ['package.json', 'deploy', 'dist/spillway-shim'])
    cpSync(join(ROOT, name), join(top, name), { recursive: true })
  await build({
    entryPoints: [join(ROOT, 'src/cli/main.ts')],
    outfile: join(top, 'dist/src/cli/main.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['node-rdkafka'],
    banner: {
      js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)",
    },
  })
  cpSync(join(ROOT, 'bin/spillway'), join(top, 'lib/spillway.js'))
  cpSync(process.execPath, join(top, 'bin/node'))
  const launcher = '#!/bin/sh\nhere=$(readlink -f "$0")\ntop=${here%/*/*}\n'
  writeFileSync(
    join(top, 'bin/spillway'),
    `${launcher}exec "$top/bin/node" "$top/lib/spillway.js" "$@"\n`,
    { mode: 0o755 },
  )
  return top
}

/** A system with users, an auditd that was configured, and systemd, none of which runs. */
export function bareRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'spillway-root-'))
  chmodSync(root, 0o755)
  for (const folder of [
    'etc/audit/plugins.d',
    'etc/systemd/system',
    'usr/lib/systemd',
    'var/spool',
    'var/log',
  ])
    mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  writeFileSync(join(root, 'usr/lib/systemd/systemd'), '')
  writeFileSync(join(root, 'etc/audit/auditd.conf'), 'q_depth = 400\nname_format = HOSTNAME\n', {
    mode: 0o640,
  })
  return root
}

/** Runs a command of the unpacked, or of an installed, program. */
export function spillway(top: string, ...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(join(top, 'bin/spillway'), args, {
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

/** Everything below a folder: type, mode, owner, size, content. */
export function snapshot(root: string): string {
  const list = `find . -printf '%P %y %m %U:%G %l\\n' | sort; find . -type f -exec sha256sum {} + | sort`
  return execFileSync('sh', ['-c', list], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
}
