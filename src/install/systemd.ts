/** The host's systemd, where it has one. */

import type { Host } from './host.ts'

/** Directory of units that an administrator adds. */
const UNITS = '/etc/systemd/system'

/** Units of an installation, by their paths in deploy/systemd and below `/etc/systemd/system`. */
export const UNIT_FILES: readonly string[] = [
  'spillway.service',
  'spillway-watch.service',
  'auditd.service.d/spillway.conf',
]

/** Services of an installation, the one that needs the other first. */
export const SERVICES: readonly string[] = ['spillway.service', 'spillway-watch.service']

/** Where a unit is written to. */
export function unitPath(name: string): string {
  return `${UNITS}/${name}`
}

/** Whether the host has systemd, running or not. */
export function hasSystemd(host: Host): boolean {
  return ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].some((path) => host.stat(path))
}

/** Whether systemd runs this machine, so that it can be told something. */
export function runsSystemd(host: Host): boolean {
  return host.isLive && host.stat('/run/systemd/system') !== null
}
