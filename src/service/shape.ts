import { createHash } from 'node:crypto'
import type { Settings } from '../config/settings.ts'
import type { DecodeOptions } from '../decode/decoder.ts'

/** How the settings want events to be written. */
export function decodeOptions(settings: Settings): DecodeOptions {
  const { node, format, raw, interpretedPrefix } = settings
  return { format, host: node, raw, interpretedPrefix, origins: true }
}

/** Hash of what shapes the output; positions stay good when it changes. */
export function shapeHash({ node, format, raw, interpretedPrefix }: Settings): string {
  const shape = JSON.stringify([node, format, raw, interpretedPrefix])
  return createHash('sha256').update(shape).digest('hex')
}
