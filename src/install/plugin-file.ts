/** plugins.d/*.conf, auditd's list of plugins, as auditd 3 and 4 read it. */

/** Where auditd looks unless its configuration has `plugin_dir`. */
export const PLUGIN_DIR = '/etc/audit/plugins.d'

/** Bytes of a line that auditd reads; it skips longer ones (a buffer of 160, with line feed and NUL). */
const LONGEST_LINE = 158
/** Bytes of a shebang that Linux reads: 256 with the NUL since 5.1, 128 before. */
const LONGEST_SHEBANG = 127

/** What a plugin file says. */
export interface PluginFile {
  readonly active: boolean
  /** Program of the plugin; '' where none is named. */
  readonly path: string
  readonly args: readonly string[]
  readonly format: string
}

/** Reads a plugin file: `key = value …`, blanks round the sign. What auditd does not take is left out. */
export function parsePluginFile(text: string): PluginFile {
  const values = new Map<string, readonly string[]>()
  for (const line of text.split('\n')) {
    const [key, sign, ...rest] = line.split(' ').filter((word) => word !== '')
    const isRead = Buffer.byteLength(line) <= LONGEST_LINE && !key?.startsWith('#')
    if (isRead && sign === '=' && rest.length > 0) values.set(key.toLowerCase(), rest)
  }
  return {
    active: values.get('active')?.[0].toLowerCase() === 'yes',
    path: values.get('path')?.[0] ?? '',
    args: values.get('args') ?? [],
    format: values.get('format')?.[0].toLowerCase() ?? 'string',
  }
}

/** Value of `--NAME=VALUE` among a plugin's arguments, or null. */
export function argument(plugin: Pick<PluginFile, 'args'>, name: string): string | null {
  const start = `--${name}=`
  return plugin.args.find((arg) => arg.startsWith(start))?.slice(start.length) ?? null
}

/** The same file, switched off. */
export function inactive(text: string): string {
  return text.replaceAll(/^([ ]*active[ ]+=[ ]+)yes\b/gim, '$1no')
}

/** Why this shim cannot be a plugin or be started, for its place alone; null when it can. */
export function faultOfPlaces(shim: string, node: string): string | null {
  if (!/^\/[\w.+@/-]+$/.test(shim))
    return `${shim} has characters that auditd or systemd do not take`
  if (`path = ${shim}`.length > LONGEST_LINE) return `${shim} is too long for auditd`
  if (shebang(node).length > LONGEST_SHEBANG)
    return `${node} is too long for the first line of a program`
  return null
}

/** First line of the shim: auditd gives its plugins no environment, and forbids what a JIT does. */
export function shebang(node: string): string {
  return `#!${node} --jitless`
}
