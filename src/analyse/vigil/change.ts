import type { Author } from '../../model/author.ts'
import type { Run } from '../../model/delivery.ts'

/** CONFIG_CHANGE and SYSCALL (include/uapi/linux/audit.h). */
export const CONFIG_CHANGE = 1305
const SYSCALL = 1300

/** A change of the kernel's audit settings or rules. */
export interface Change {
  /** What was done, as `add_rule` or `set`. */
  readonly op: string
  /** The key of the rule, null without one. */
  readonly key: string | null
  /** The setting, for `set`, and its value. */
  readonly name: string | null
  readonly value: number | null
  /** What it was before. */
  readonly old: number | null
  readonly by: Author
}

const OP = /(?:^| )op="?([\w ]+?)"?(?= \w+=|$)/
/** A setting that is set; kernels before 4.16 have no `op=` with it. */
const SET = /(?:^| )(audit_\w+|lost)=(\d+) old=(\d+)/
const FAILED = / res=0(?:\D|$)/

const NUMBERS = { auid: numberField('auid'), uid: numberField('uid'), pid: numberField('pid') }
const TEXTS = { key: textField('key'), exe: textField('exe') }

/** The changes that succeeded, of an event that begins with CONFIG_CHANGE. */
export function changesOf(run: Run, row: number): Change[] {
  const { lines, events } = run.result
  const config: string[] = []
  let syscall = ''
  for (let line = events.first[row]; line >= 0; line = lines.next[line]) {
    if (lines.type[line] === CONFIG_CHANGE) config.push(bodyOf(run, line))
    if (lines.type[line] === SYSCALL) syscall = bodyOf(run, line)
  }
  return config.flatMap((text) => {
    const [, name = null, value = null, old = null] = SET.exec(text) ?? []
    const op = OP.exec(text)?.[1]?.replaceAll(' ', '_') ?? (name === null ? null : 'set')
    if (op === null || FAILED.test(text)) return []
    const by = { ...authorOf(syscall), auid: numberOf(text, 'auid') ?? numberOf(syscall, 'auid') }
    return { op, key: textOf(text, 'key'), name, value: countOf(value), old: countOf(old), by }
  })
}

/** The author that the only record of a row names. */
export function authorOfRow(run: Run, row: number): Author {
  return authorOf(bodyOf(run, run.result.events.first[row]))
}

function authorOf(text: string): Author {
  return {
    auid: numberOf(text, 'auid'),
    uid: numberOf(text, 'uid'),
    pid: numberOf(text, 'pid'),
    exe: textOf(text, 'exe'),
  }
}

function bodyOf({ batch, result }: Run, line: number): string {
  const { body, end } = result.lines
  return Buffer.from(batch.bytes.subarray(body[line], end[line])).toString('utf8')
}

function countOf(digits: string | null): number | null {
  return digits === null ? null : Number(digits)
}

function numberOf(text: string, name: keyof typeof NUMBERS): number | null {
  const value = NUMBERS[name].exec(text)?.[1]
  return value === undefined ? null : Number(value)
}

function numberField(name: string): RegExp {
  return new RegExp(`(?:^| )${name}=(\\d{1,10})(?!\\d)`)
}

function textField(name: string): RegExp {
  return new RegExp(`(?:^| )${name}=(?:"([^"]*)"|((?:[0-9A-F]{2})+)(?![^ \\x1d]))`)
}

/** A value that the kernel writes in quotes, or in hex where it holds a quote, a space or worse. */
function textOf(text: string, name: keyof typeof TEXTS): string | null {
  const [, quoted, hex] = TEXTS[name].exec(text) ?? []
  return quoted ?? (hex === undefined ? null : Buffer.from(hex, 'hex').toString('utf8'))
}
