import type { Batch } from '../../model/batch.ts'
import { OTHER } from '../counts/keys.ts'
import { NodeTable } from '../counts/nodes.ts'
import type { Window } from './window.ts'
import type { WindowState } from './window-state.ts'

/** Nodes with a window of their own; the others are counted together as one. */
export const MAX_NODES = 1000

/** Nodes besides the host of which it is looked who makes their events: what is kept for that takes a megabyte at worst. */
const MAX_ATTRIBUTED = 64

type MakeWindow = (node: string, attributes: boolean, state?: WindowState) => Window

/** The windows of all nodes, in the order in which these came. */
export class Windows {
  readonly #host: string
  readonly #make: MakeWindow
  readonly #windows = new Map<string, Window>()
  /** The same, by node names as they stand in records. */
  readonly #nodes = new NodeTable<Window>()

  /** `host` is the node of events that name none. */
  constructor(host: string, make: MakeWindow) {
    this.#host = host
    this.#make = make
  }

  [Symbol.iterator](): Iterator<Window> {
    return this.#windows.values()
  }

  /** The window of a node, where it has one. */
  get(node: string | null): Window | null {
    return this.#windows.get(node ?? '') ?? null
  }

  /** The node that speaks for the stream: the host, or where it says nothing the first that does. */
  get speaker(): string | null {
    if (this.#windows.get(this.#host)?.started) return this.#host
    for (const window of this) if (window.started) return window.node
    return null
  }

  /** The window of the host, or where the host says nothing of the first node that does. */
  get local(): Window | null {
    return this.#windows.get(this.#host) ?? this.#windows.values().next().value ?? null
  }

  /** The window of the node whose name is `batch.bytes[start … end)`. */
  of(batch: Batch, start: number, end: number): Window {
    return this.#nodes.find(batch.bytes, start, end) ?? this.#meet(batch, start, end)
  }

  /** Makes a window. */
  add(node: string, state?: WindowState): Window {
    const attributes = node === this.#host || this.#windows.size < MAX_ATTRIBUTED
    const window = this.#make(node, attributes, state)
    this.#windows.set(node, window)
    return window
  }

  #meet(batch: Batch, start: number, end: number): Window {
    const name =
      start === end ? this.#host : new TextDecoder().decode(batch.bytes.slice(start, end))
    const window = this.#windows.get(name) ?? this.#new(name)
    this.#nodes.add(batch.bytes, start, end, window)
    return window
  }

  #new(name: string): Window {
    if (this.#windows.size < MAX_NODES) return this.add(name)
    return this.#windows.get(OTHER) ?? this.add(OTHER)
  }
}
