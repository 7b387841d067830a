/** A login id that was never set. */
const UNSET = 0xffff_ffff

/** Who did something, as far as the records of its event say. */
export interface Author {
  /** Login id, 4294967295 for one that was never set; null where not said. */
  readonly auid: number | null
  readonly uid: number | null
  readonly pid: number | null
  readonly exe: string | null
}

/** An author in words. */
export function authorText({ auid, uid, pid, exe }: Author): string {
  const said = [
    exe === null ? '' : `program ${exe}`,
    auid === null ? '' : auid === UNSET ? 'no login id' : `login id ${auid}`,
    uid === null ? '' : `user id ${uid}`,
    pid === null ? '' : `process ${pid}`,
  ].filter((text) => text !== '')
  return said.length === 0 ? 'somebody' : said.join(', ')
}
