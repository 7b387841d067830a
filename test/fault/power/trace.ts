/** What a process did to its files and said on its sockets, in order, as strace saw it. */

import { readFileSync } from 'node:fs'
import { MessageType } from '../../../src/receive/wire.ts'
import { repliesIn } from '../../receive/wire.ts'

/** Arguments of strace before the program; its output goes to `file`. */
export function straceArgs(file: string): string[] {
  const calls =
    'openat,write,pwrite64,writev,pwritev,fsync,fdatasync,rename,unlink,ftruncate,sendto,sendmsg'
  return [
    '-f',
    '-y',
    '-xx',
    '-s',
    '4000000',
    '-e',
    `trace=${calls}`,
    '-e',
    'signal=none',
    '-o',
    file,
  ]
}

/** One call that succeeded. */
export type Step =
  | { readonly kind: 'open'; readonly path: string; readonly flags: string }
  | {
      readonly kind: 'write'
      readonly path: string
      readonly bytes: Buffer
      readonly at: number | null
    }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  /** Makes durable what was written before the step `begun`. */
  | { readonly kind: 'sync'; readonly path: string; readonly begun: number }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  /** Records up to this sequence were acknowledged. */
  | { readonly kind: 'acknowledge'; readonly sequence: number }

const LINE =
  /^(\d+) +(?:(\w+)\((.*?)|<\.\.\. (\w+) resumed>(.*?))( <unfinished \.\.\.>|\) += (-?\d+).*)$/
const TEXT = /"((?:\\x[0-9a-f]{2})*)"/g

/** All steps of a trace under a directory, and acknowledgements. */
export function stepsOf(file: string, root: string): Step[] {
  const steps: Step[] = []
  const begun = new Map<string, { call: string; args: string; at: number }>()
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const match = LINE.exec(line)
    if (!match) continue
    const [, pid, started, startArgs = '', , restArgs = '', end, result] = match
    if (end === ' <unfinished ...>') {
      begun.set(pid, { call: started, args: startArgs, at: steps.length })
      continue
    }
    const before = started ? null : begun.get(pid)
    const call = before?.call ?? started
    if (call === undefined || Number(result) < 0) continue
    const args = (before?.args ?? '') + (started ? startArgs : restArgs)
    const step = stepOf(call, args, Number(result), before?.at ?? steps.length)
    if (step && (step.kind === 'acknowledge' || step.path.startsWith(root))) steps.push(step)
  }
  return steps
}

function stepOf(call: string, args: string, result: number, begun: number): Step | null {
  const texts = [...args.matchAll(TEXT)].map(([, hex]) => bytesOf(hex))
  const path = pathIn(args)
  switch (call) {
    case 'openat':
      return {
        kind: 'open',
        path: texts[0].toString(),
        flags: args,
      }
    case 'rename':
      return { kind: 'rename', path: texts[0].toString(), to: texts[1].toString() }
    case 'unlink':
      return { kind: 'unlink', path: texts[0].toString() }
    case 'ftruncate':
      return { kind: 'truncate', path, size: Number(/, (\d+)$/.exec(args)?.[1]) }
    case 'fsync':
    case 'fdatasync':
      return { kind: 'sync', path, begun }
    default: {
      const bytes = Buffer.concat(texts).subarray(0, result)
      if (path.startsWith('socket:')) return acknowledgementIn(bytes)
      const at = call.startsWith('p') ? Number(/, (\d+)$/.exec(args)?.[1]) : null
      return { kind: 'write', path, bytes, at }
    }
  }
}

function acknowledgementIn(bytes: Buffer): Step | null {
  const replies = repliesIn(bytes).filter(({ type }) => type === MessageType.Ack)
  const last = replies.at(-1)
  return last ? { kind: 'acknowledge', sequence: last.sequence } : null
}

/** The path that strace puts behind the first descriptor. */
function pathIn(args: string): string {
  return bytesOf(/^\d+<((?:\\x[0-9a-f]{2})*)>/.exec(args)?.[1] ?? '').toString()
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex')
}
