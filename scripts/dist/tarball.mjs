// spillway-VERSION-linux-ARCH.tar.gz

import { join } from 'node:path'
import { EPOCH, OUT, TITLE } from './release.mjs'
import { run } from './run.mjs'

/** Packs the folder TITLE in `parent`, the same bytes for the same files. Gives the tarball's path. */
export function makeTarball(parent) {
  const path = join(OUT, `${TITLE}.tar.gz`)
  const same = ['--sort=name', `--mtime=@${EPOCH}`, '--owner=0', '--group=0', '--numeric-owner']
  run('tar', [...same, '--format=gnu', '-I', 'gzip -n', '-cf', path, '-C', parent, TITLE])
  return path
}
