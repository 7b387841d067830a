import { constants } from 'node:fs'
import { access, type FileHandle, open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { codeOf, ExitCode, Failure, reasonOf } from '../model/failure.ts'
import type { Piece } from '../model/piece.ts'
import { PLAIN_EPOCH } from '../model/place.ts'
import { unpacked } from './gzip.ts'

/**
 * Files and standard input as one stream of pieces, in the order given. What begins as gzip is
 * unpacked, whatever its name. A place is the offset in the whole stream as unpacked, where a file
 * that ends within a line has a line feed put after it.
 */

/** The path that means standard input. */
export const STANDARD_INPUT = '-'

const CHUNK_BYTES = 1 << 20
const LF = Uint8Array.of(0x0a)
/** ID1 and ID2 of RFC 1952; no record begins with them. */
const GZIP = [0x1f, 0x8b]
/** First byte of audisp's binary framing: its version, 0, where text has a letter. */
const BINARY = 0

/** Finds the first path that cannot be read and rejects with a `Failure` that says why. */
export async function checkFiles(paths: readonly string[]): Promise<void> {
  if (paths.filter((path) => path === STANDARD_INPUT).length > 1)
    throw new Failure(ExitCode.Usage, 'standard input can be read only once')
  for (const path of paths) {
    if (path === STANDARD_INPUT) continue
    try {
      if ((await stat(path)).isDirectory()) throw new Error('it is a directory')
      await access(path, constants.R_OK)
    } catch (error) {
      throw readFailure(path, error)
    }
  }
}

/** Files that stay what they are while they are renamed and written to. */
export interface HeldFiles {
  readonly paths: readonly string[]
  /** Bytes in all of them when they were opened. */
  readonly size: number
  /** Their pieces up to that size, as `readFiles` gives them; may be called again. */
  read(): AsyncGenerator<Piece>
  close(): Promise<void>
}

interface HeldFile {
  readonly path: string
  readonly handle: FileHandle
  readonly size: number
}

/**
 * Opens regular files, given the oldest first. A rotation meanwhile changes nothing: the last is opened
 * first, and what is met again under another name is left out. What cannot be opened is a `Failure`.
 */
export async function holdFiles(paths: readonly string[]): Promise<HeldFiles> {
  const held: HeldFile[] = []
  const seen = new Set<string>()
  const close = async (): Promise<void> => {
    for (const { handle } of held) await handle.close()
  }
  for (const path of paths.toReversed())
    try {
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
      const found = await handle.stat()
      const file = `${found.dev} ${found.ino}`
      if (seen.has(file)) await handle.close()
      else held.unshift({ path, handle, size: found.size })
      seen.add(file)
      if (!found.isFile()) throw new Error('it is no regular file')
    } catch (error) {
      await close()
      throw readFailure(path, error)
    }
  return {
    paths: held.map(({ path }) => path),
    size: held.reduce((sum, { size }) => sum + size, 0),
    read: () => piecesOf(held.map(({ path, handle, size }) => [path, heldChunks(handle, size)])),
    close,
  }
}

/**
 * The pieces of `paths`, ended by one that closes what is open. The bytes of a piece are good until the
 * next one is asked for. What cannot be read rejects with a `Failure`, after all that could be.
 */
export function readFiles(
  paths: readonly string[],
  stdin: Readable = process.stdin,
): AsyncGenerator<Piece> {
  return piecesOf(paths.map((path) => [path, path === STANDARD_INPUT ? stdin : fileChunks(path)]))
}

/** The pieces of files, each given by its name and its bytes. */
async function* piecesOf(
  files: readonly (readonly [string, AsyncIterable<Uint8Array>])[],
): AsyncGenerator<Piece> {
  let place = 0
  const piece = (bytes: Uint8Array): Piece => {
    const at = place
    place += bytes.length
    return { kind: 'data', bytes, epoch: PLAIN_EPOCH, boot: null, place: at, clock: null }
  }
  let unfinished = false
  for (const [path, raw] of files) {
    let first = true
    for await (const chunk of contentOf(path, raw)) {
      if (first && unfinished && chunk[0] !== BINARY) yield piece(LF)
      first = false
      unfinished = chunk.at(-1) !== LF[0]
      yield piece(chunk)
    }
  }
  yield { kind: 'end', epoch: PLAIN_EPOCH, place, close: true }
}

/** The bytes of one path, unpacked, in chunks that are never empty. */
async function* contentOf(
  path: string,
  raw: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const chunks = raw[Symbol.asyncIterator]()
  try {
    const first = await beginning(chunks)
    if (first.length === 0) return
    const all = startingWith(first, chunks)
    yield* first[0] === GZIP[0] && first[1] === GZIP[1] ? unpacked(all) : all
  } catch (error) {
    throw readFailure(path, error)
  } finally {
    await chunks.return?.()
  }
}

/** The first chunk, and what a slow pipe gives after it while that is too short to know gzip by. */
async function beginning(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const { done, value: first } = await chunks.next()
  if (done === true) return new Uint8Array()
  if (first.length >= GZIP.length || first[0] !== GZIP[0]) return first
  const { done: alone, value: second } = await chunks.next()
  return alone === true ? first : Buffer.concat([first, second])
}

async function* startingWith(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first
  yield* { [Symbol.asyncIterator]: () => rest }
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY)
  const memory = new Uint8Array(CHUNK_BYTES)
  try {
    for (;;) {
      const { bytesRead } = await file.read(memory, 0, CHUNK_BYTES)
      if (bytesRead === 0) return
      yield memory.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** The first `size` bytes of an open file. */
async function* heldChunks(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(CHUNK_BYTES)
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(memory, 0, Math.min(CHUNK_BYTES, size - at), at)
    if (bytesRead === 0) return
    at += bytesRead
    yield memory.subarray(0, bytesRead)
  }
}

function readFailure(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  const name = path === STANDARD_INPUT ? 'standard input' : path
  const packed = codeOf(error)?.startsWith('Z_') === true
  const reason = packed ? `not a whole gzip file (${reasonOf(error)})` : reasonOf(error)
  return new Failure(ExitCode.Input, `cannot read ${name}: ${reason}`, { cause: error })
}
