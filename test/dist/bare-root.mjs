// Prints a folder with a Debian of nothing but what every one has, and the parts of systemd that make users
// and directories. Made once, from where apt gets its packages.

import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { madeOnce } from '../../scripts/cache.mjs'

const RELEASE = 'bookworm'
const INCLUDED = 'systemd-standalone-sysusers,systemd-standalone-tmpfiles'

const folder = madeOnce(`debian-${RELEASE}`, (making) => {
  const targets = ['indextargets', '--format', '$(RELEASE) $(REPO_URI)', 'Identifier: Packages']
  const found = execFileSync('apt-get', targets, { encoding: 'utf8' })
  const mirror = new RegExp(`^${RELEASE} (.*)$`, 'm').exec(found)?.[1]
  const args = ['--variant=minbase', `--include=${INCLUDED}`, RELEASE, making]
  execFileSync('debootstrap', mirror === undefined ? args : [...args, mirror], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // It is somebody's root, not the temporary folder it began as.
  chmodSync(making, 0o755)
})
console.log(folder)
