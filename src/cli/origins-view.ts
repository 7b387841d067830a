import { plain } from '../model/plain.ts'
import type { OriginStatus, WrittenStatus } from '../model/status.ts'
import { countText, keyText } from './figures.ts'
import type { Row } from './rates-view.ts'

/** Lines that it takes at most. */
export const ORIGIN_LINES = 6

/** Characters of a name: what is longer has its end, which tells more of a path. */
const MOST_CHARACTERS = 40

const NOT_KNOWN = '  who makes them is told of the ten busiest keys, from 50 entries/s of one on'

/** Who makes a key: lines without control characters, none where nothing comes. */
export function originLines({ origins }: WrittenStatus, row: Row | undefined): string[] {
  if (row === undefined) return []
  const { node, key, windows } = row
  const rate = countText(windows['10s'].entries_per_s)
  const who = `${keyText(key)} on ${plain(node)}, ${rate} entries/s over 10 s`
  const found = origins.find((of) => of.node === node && of.key === key)
  if (found === undefined) return [who, NOT_KNOWN]
  const { program, user, call, path, parent } = found
  return [
    `${who}, by`,
    ...Object.entries({ program, user, call, path, parent })
      .filter(([, of]) => of.length > 0)
      .map(([kind, of]) => `  ${kind.padEnd(9)}${of.map(originText).join(', ')}`),
  ]
}

/** A name and its share, as a range where that is uncertain. */
function originText({ name, share, error }: OriginStatus): string {
  const cut = name.length > MOST_CHARACTERS
  const shown = plain(cut ? `…${name.slice(1 - MOST_CHARACTERS)}` : name)
  const [least, most] = [share, share + error].map((of) => Math.round(of * 100))
  return `${shown} ${least === most ? least : `${least}–${most}`} %`
}
