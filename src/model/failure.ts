/** Exit codes of every command. Documented in docs/operating.md. */
export const ExitCode = {
  Ok: 0,
  /** A fault of our own or of the machine, after start. */
  Fault: 1,
  /** Wrong use: unknown option, missing argument. */
  Usage: 2,
  /** Input that cannot be read: missing, a directory, not permitted. */
  Input: 3,
  /** Configuration that does not hold. */
  Config: 4,
  /** A spool that cannot be used: foreign, unreadable, of an unknown version. */
  Spool: 5,
  /** A sink that cannot be written: disk full, not permitted. */
  Sink: 6,
  /** Records are missing: what was looked at is not whole. */
  Missing: 7,
  /** From here on: the hop at which the record of `selftest` was lost. */
  HopKernel: 10,
  HopAuditd: 11,
  HopPlugin: 12,
  HopShim: 13,
  HopSpool: 14,
  HopService: 15,
  HopSink: 16,
  /** What `status` found: the service does not run or does not move; a critical alert is open. */
  Down: 20,
  Critical: 21,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/**
 * A mistake the user can mend: one line that says what is wrong, where, and what to do.
 * Commands print `message` alone (nothing where it is empty: all is said) and exit with `code`; everything else is a fault of ours.
 */
export class Failure extends Error {
  readonly code: ExitCode

  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Failure'
    this.code = code
  }
}

/** The system's code of an error (`ENOENT`), where it has one. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** What the system says about an error, without code and call: `no space left on device`. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^E[A-Z0-9]+: /, '').replace(/, [a-z]+(?: '.*')?$/s, '')
}
