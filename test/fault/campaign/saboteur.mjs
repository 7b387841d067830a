// Loaded into the service, its workers and the shim before anything of theirs (`node --import`), to do from
// within what nobody can do to them from outside. In the directory SPILLWAY_SABOTAGE:
//
// end, memory, wedge   the next worker that has decoded a batch exits, takes all memory or hangs; each taken once
// clock                milliseconds by which the time of day is wrong

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread, MessagePort } from 'node:worker_threads'

/** Milliseconds between looks at the clock. */
const LOOK_MS = 50

const directory = process.env.SPILLWAY_SABOTAGE ?? ''

const ENDS = {
  end: () => process.exit(1),
  memory: () => {
    for (const all = []; ; ) all.push(Array.from({ length: 10_000 }, () => ({})))
  },
  wedge: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
}

if (isMainThread) misleadClock()
else sabotageReplies()

function sabotageReplies() {
  const own = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'postMessage')
  MessagePort.prototype.postMessage = function post(...args) {
    for (const [name, end] of Object.entries(ENDS)) if (isMine(join(directory, name))) end()
    own.value.apply(this, args)
  }
}

/** Takes a file; false for all but the first. */
function isMine(path) {
  try {
    rmSync(path)
    return true
  } catch {
    return false
  }
}

function misleadClock() {
  const { now } = Date
  let wrong = 0
  Date.now = () => now() + wrong
  globalThis.Date = class extends Date {
    constructor(...args) {
      if (args.length === 0) super(now() + wrong)
      else super(...args)
    }
  }
  const look = () => {
    try {
      wrong = Number(readFileSync(join(directory, 'clock'), 'latin1'))
    } catch {
      // Nobody has set it yet.
    }
  }
  look()
  setInterval(look, LOOK_MS).unref()
}
