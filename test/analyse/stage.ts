import { Analyser } from '../../src/analyse/analyser.ts'
import type { AnalyserOptions } from '../../src/analyse/options.ts'
import type { AnalyserState } from '../../src/analyse/state.ts'
import { Decoder } from '../../src/decode/decoder.ts'
import { OriginFinder } from '../../src/decode/origins.ts'
import { Framer } from '../../src/frame/framer.ts'
import { createBatch } from '../../src/model/batch.ts'
import type { Message } from '../../src/model/delivery.ts'
import type { Said, Status } from '../../src/model/reading.ts'
import { createResult, roomFor } from '../../src/model/result.ts'
import { Stitcher } from '../../src/stitch/stitcher.ts'

const OPTIONS = {
  format: 'native',
  host: null,
  raw: false,
  interpretedPrefix: '',
  origins: true,
} as const

/** Bytes of a batch: what comes in a second of a test. */
const ROOM = 256 * 1024

/** Noon of the day on which its clocks begin, ms since the epoch. */
export const NOON: number = Date.parse('2026-11-22T12:00:00Z')

/** The status of a kernel at peace. */
export const AT_PEACE: Status = {
  enabled: 1,
  failure: 1,
  pid: 947,
  rate_limit: 0,
  backlog_limit: 8192,
  lost: 0,
  backlog: 0,
  backlog_wait_time: 15_000,
  backlog_wait_time_actual: 0,
  loginuid_immutable: 0,
}

/** A whole way from lines to alerts, on which the stream's clock is seconds since noon. */
export class Stage {
  readonly alerts: Message[] = []
  /** How often the rules were asked for. */
  asked = 0
  /** The last serial that a test has used. */
  serial = 0
  readonly analyser: Analyser
  readonly #framer: Framer
  #place = 0
  #readings = 0

  constructor(state?: AnalyserState, options: Partial<AnalyserOptions> = {}) {
    this.analyser = new Analyser(
      {
        host: 'web-01',
        interval: 10_000,
        emitRate: () => {},
        emitAlert: (alert) => this.alerts.push(alert),
        askRules: () => this.asked++,
        origins: new OriginFinder(),
        ...options,
      },
      state,
    )
    const decoder = new Decoder(OPTIONS)
    const stitcher = new Stitcher({ decoder: new Decoder(OPTIONS), done: null })
    this.#framer = new Framer({
      acquire: () => createBatch(new Uint8Array(ROOM)),
      batchBytes: ROOM / 2,
      emit: (batch) => {
        const result = createResult(roomFor(batch.length))
        decoder.decode(batch, result)
        this.analyser.accept(stitcher.push(batch, result))
        // From here on the memory is used again.
        batch.bytes.fill(0)
      },
    })
  }

  /** The alerts of a type. */
  of(type: string): Message[] {
    return this.alerts.filter((alert) => alert['type'] === type)
  }

  /** Lines come at a second; `@` stands for the stamp of that second, with a serial behind it. */
  come(second: number, ...lines: readonly string[]): this {
    const text = lines.map((line) => `${line.replaceAll('@', stampOf(second))}\n`).join('')
    const bytes = Buffer.from(text)
    const piece = { bytes, epoch: 1, boot: 'b1', place: this.#place, clock: second * 1000 }
    this.#framer.push({ kind: 'data', ...piece, wall: NOON })
    this.#place += bytes.length
    this.#framer.flush()
    return this
  }

  /** Nothing comes between two seconds, in which the writer ticks every `step`. */
  wait(from: number, to: number, step = 10): this {
    for (let second = from; second <= to; second += step) {
      this.#framer.push({ kind: 'tick', epoch: 1, place: this.#place, clock: second * 1000 })
      this.#framer.flush()
    }
    return this
  }

  /** A watcher reads something at a second, of a kernel that was booted an hour before noon. */
  read(second: number, said: Said, boot = 'b1', up = 3600): this {
    this.analyser.read({
      v: 1,
      time: new Date(NOON + second * 1000).toISOString(),
      boot,
      // No two readings of a watcher are of the same time.
      monotonic_us: (up + second) * 1_000_000 + ++this.#readings,
      ...said,
    })
    return this
  }

  /** The watcher reads a status. */
  status(second: number, differs: Partial<Status> = {}, boot = 'b1', up = 3600): this {
    return this.read(
      second,
      { kind: 'status', took_ms: 3, hz: 250, ...AT_PEACE, ...differs },
      boot,
      up,
    )
  }

  /** The watcher lists the rules. */
  rules(second: number, rules: readonly string[], boot = 'b1', up = 3600): this {
    const digest = rules.join('\n')
    return this.read(second, { kind: 'rules', took_ms: 3, rules, more: 0, digest }, boot, up)
  }
}

function stampOf(second: number): string {
  return (NOON / 1000 + second).toFixed(3)
}

/** An event of a system call, by a serial. */
export function syscall(serial: number, node = ''): string[] {
  const head = node === '' ? '' : `node=${node} `
  return [
    `${head}type=SYSCALL msg=audit(@:${serial}): arch=c000003e syscall=110 success=yes exit=1 a0=0 items=0 ppid=1 pid=2 auid=1000 uid=1000 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="load" exe="/usr/bin/load" key="k"`,
    `${head}type=PROCTITLE msg=audit(@:${serial}): proctitle="load"`,
    `${head}type=EOE msg=audit(@:${serial}): `,
  ]
}

/** A change of settings or rules by auditctl of a user who had logged in. */
export function change(serial: number, what: string, node = ''): string[] {
  const head = node === '' ? '' : `node=${node} `
  return [
    `${head}type=CONFIG_CHANGE msg=audit(@:${serial}): auid=1000 ses=3 subj=unconfined ${what} res=1`,
    `${head}type=SYSCALL msg=audit(@:${serial}): arch=c000003e syscall=44 success=yes exit=60 a0=3 a1=7fff a2=3c a3=0 items=0 ppid=1295 pid=1893 auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm="auditctl" exe="/usr/sbin/auditctl" key=(null)`,
    `${head}type=PROCTITLE msg=audit(@:${serial}): proctitle=2F7573722F7362696E2F617564697463746C`,
    `${head}type=EOE msg=audit(@:${serial}): `,
  ]
}
