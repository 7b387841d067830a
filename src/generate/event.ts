import type { EventTemplate } from './template.ts'

/** An event whose records are being written. Reused: a stream makes millions. */
export interface OpenEvent {
  template: EventTemplate
  /** Next record to write. */
  next: number
  /** Record that is held back, or -1. */
  late: number
  /** `seconds.milliseconds:serial`; the first `stampLength` bytes count. */
  readonly stamp: Uint8Array
  stampLength: number
  node: number
  /** Indices of names; keys -1 for none. */
  key: number
  secondKey: number
  program: number
  path: number
  user: number
  cwd: number
  pid: number
  /** 32 bits that addresses and numbers are made of. */
  salt: number
  /** Milliseconds of stream time of its stamp. */
  at: number
  /** Count of entries at which it was done, and at which what was held back comes. */
  ended: number
  due: number
}

/** An event to be filled in. */
export function createEvent(template: EventTemplate): OpenEvent {
  return {
    template,
    next: 0,
    late: -1,
    stamp: new Uint8Array(32),
    stampLength: 0,
    node: 0,
    key: -1,
    secondKey: -1,
    program: 0,
    path: 0,
    user: 0,
    cwd: 0,
    pid: 0,
    salt: 0,
    at: 0,
    ended: 0,
    due: 0,
  }
}
