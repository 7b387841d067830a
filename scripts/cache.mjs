// What is costly to make and can be made again, kept between runs.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where Spillway keeps what can be made again. */
export function cache() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'spillway')
}

/**
 * The folder `name` of the cache. Where it is missing, `make` fills a new one and throws where it cannot:
 * only a whole folder gets the name, which is to say everything that what is made depends on.
 */
export function madeOnce(name, make) {
  const folder = join(cache(), name)
  if (existsSync(folder)) return folder
  mkdirSync(cache(), { recursive: true })
  const making = mkdtempSync(`${folder}.`)
  try {
    make(making)
    // The same folder by another run at the same time is as good.
    if (!existsSync(folder)) renameSync(making, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return folder
}
