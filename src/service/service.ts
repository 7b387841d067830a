import { availableParallelism } from 'node:os'
import { Analyser } from '../analyse/analyser.ts'
import { type AnalyserState, isKnown } from '../analyse/state.ts'
import { OriginFinder } from '../decode/origins.ts'
import type { Log } from '../log.ts'
import type { Sink } from '../model/delivery.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import type { Status } from '../model/status.ts'
import { createPool, createStitcher } from '../pipeline/decoders.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { within } from '../pipeline/within.ts'
import type { DecodePool, Trouble } from '../pool/pool.ts'
import { Staff } from '../pool/staff.ts'
import type { Shim } from '../shim/shim.ts'
import { listSegments } from '../spool/directory.ts'
import { poisonAlert, spoolAlert, withdrawAnalysis } from './alerts.ts'
import { Breaker } from './breaker.ts'
import { Epochs } from './epochs.ts'
import { Guard } from './guard.ts'
import { identityOf } from './identity.ts'
import { Ledger } from './ledger.ts'
import type { ServiceParts } from './parts.ts'
import { Readers } from './readers.ts'
import { Report } from './report.ts'
import { decodeOptions, shapeHash } from './shape.ts'
import { isHolding } from './spool-room.ts'
import { Watched } from './watched.ts'
import { RulesWish } from './wish.ts'

/**
 * The life of `spillway run`: start from the checkpoint, save it as delivery goes on, stop in order.
 *
 * ```
 *  start   checkpoint ─► positions, windows, closed epochs
 *  run     spool ─► pipeline ─► sink;  every second, or ten: sink.sync ─► checkpoint ─► released, status file
 *  stop    read no more ─► deliver what was read (≤ 5 s) ─► sync ─► checkpoint
 * ```
 */

const TICK_MS = 1000
/** Milliseconds that what is on its way has to be delivered after a stop. */
const STOP_MS = 5000
/** Milliseconds the last sync and checkpoint may take after that. */
const SAVE_MS = 3000
/** Milliseconds after the start in which batches are small and each is saved: a crash comes back to it. */
const CAREFUL_MS = 2000
/** Milliseconds that standard input is still read after a stop. */
const INPUT_REST_MS = 500

/** A service from its start to its end. */
export class Service {
  readonly #sink: Sink
  readonly #log: Log
  readonly #ledger: Ledger
  readonly #pool: DecodePool
  readonly #staff: Staff
  readonly #guard: Guard
  readonly #pipeline: Pipeline
  readonly #analyser: Analyser
  readonly #readers: Readers
  readonly #epochs: Epochs
  readonly #report: Report
  readonly #node: string
  readonly #watched: Watched
  readonly #wish: RulesWish
  readonly #breaker: Breaker
  readonly #startedAt = performance.now()
  readonly #shim: Shim | null
  readonly #spool: string
  #stopping = false
  #leaving = false
  #finishing = false
  #failure: { readonly error: unknown } | null = null
  /** What the end left undelivered, which is no failure: it is read from the spool again. */
  #left: string | null = null
  #giveUp: () => void = () => {}

  constructor({ settings, sink, log, board, checkpoint, shim }: ServiceParts) {
    this.#shim = shim
    this.#sink = sink
    this.#log = log
    const { last } = checkpoint
    const { directory, state } = settings.spool
    this.#spool = directory
    this.#node = settings.node
    this.#report = new Report({
      settings,
      sink,
      log,
      board,
      standing: () => {
        const { delivery, analysis, parted, lag, deliveryLag } = this.#pipeline
        const { clock, boot, counts, queue } = this.#analyser
        return { delivery, analysis, parted, lag, deliveryLag, clock, boot, counts, queue }
      },
      kernel: (from, to) => this.#analyser.kernel(from, to),
      busiest: () => this.#analyser.busiest,
    })
    this.#readers = new Readers({
      spool: directory,
      state,
      last,
      onNotice: (notice) => this.#report.alert(spoolAlert(notice, settings.node, Date.now())),
      onHole: (hole) => this.#analyser.miss(hole),
    })
    this.#ledger = new Ledger({
      checkpoint,
      sink,
      standing: () => ({
        delivery: this.#readers.saved(this.#pipeline.delivery),
        analysis: this.#readers.saved(this.#pipeline.analysis, this.#analyser.needed),
        windows: JSON.stringify(this.#analyser.state()),
        alerts: board.open,
        config: shapeHash(settings),
      }),
      marks: () => ({ closed: this.#readers.closed, attempt: this.#guard.attempt }),
      onFailure: (error) => this.#fail(error),
    })
    this.#epochs = new Epochs(this.#readers, () => this.#ledger.mark())
    const decode = decodeOptions(settings)
    this.#pool = createPool(decode, (trouble) => this.#onTrouble(trouble))
    this.#staff = new Staff(this.#pool, settings.workers, availableParallelism())
    this.#guard = new Guard(this.#pool, last?.attempt ?? null, () => this.#ledger.mark())
    const [delivery, analysis] = this.#readers.startOf(last)
    const known = analysis.done === null ? undefined : (last?.windows as AnalyserState | undefined)
    this.#wish = new RulesWish(state, log)
    this.#breaker = new Breaker(log)
    this.#analyser = new Analyser(
      {
        host: settings.node,
        interval: settings.ratesInterval,
        local: typeof settings.input === 'string',
        origins: new OriginFinder(),
        emitRate: (heartbeat) => this.#report.heartbeat(heartbeat),
        emitAlert: (alert) => this.#report.alert(alert),
        askRules: () => this.#wish.utter(),
        ours: identityOf({ spool: directory, watchFile: settings.watchFile }),
      },
      known,
    )
    if (!isKnown(known, settings.ratesInterval))
      for (const alert of withdrawAnalysis(board)) this.#report.alert(alert)
    this.#watched = new Watched({
      file: settings.watchFile,
      log,
      take: (reading) => this.#analyser.read(reading),
    })
    this.#pipeline = new Pipeline({
      open: (at) => this.#breaker.guard(this.#readers.open(at)),
      stitcher: (done) => createStitcher(decode, done),
      pool: this.#guard,
      slots: this.#staff.slots,
      replayable: true,
      live: false,
      isCareful: () => this.#isCareful,
      isLast: (piece) => piece.kind === 'end' && piece.epoch === this.#epochs.last,
      delivery,
      analysis,
      analyse: (block) => this.#analyser.accept(block),
      sink,
      onProgress: (bytes) => this.#onProgress(bytes),
    })
  }

  async run(): Promise<void> {
    const { delivery, analysis } = this.#pipeline
    this.#log.info({ delivery, analysis }, 'started')
    if (this.#shim === null) this.#readers.sayIfEmpty(this.#log)
    const givenUp = new Promise<false>((resolve) => {
      this.#giveUp = () => resolve(false)
    })
    const ticker = setInterval(() => this.#tick(), TICK_MS)
    try {
      this.#look()
      this.#watched.look()
      if (this.#shim !== null)
        this.#endWith(this.#shim, this.#spool).catch((error: unknown) => this.#fail(error))
      if (await Promise.race([this.#pipeline.run(), givenUp])) {
        this.#analyser.end()
        // The end of standard input is no haste: only a stop leaves something for the next start.
        await Promise.race([this.#sink.sync(), givenUp])
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      clearInterval(ticker)
    }
    await this.#finish()
    if (this.#failure !== null) throw this.#failure.error
    if (this.#left !== null) this.#log.warn({ reason: this.#left }, 'not all was delivered')
    this.#log.info({ delivery: this.#pipeline.delivery }, 'stopped')
  }

  /**
   * Reads no more, and gives what was read some time to be delivered. From standard input that is also
   * what is on its way to the spool.
   */
  stop(): void {
    if (this.#stopping) return
    this.#stopping = true
    if (this.#shim === null) this.#pipeline.stop()
    else {
      this.#shim.stop()
      setTimeout(() => this.#shim?.stop(), INPUT_REST_MS).unref()
    }
    this.#patience()
  }

  /** Reads no more, and leaves what comes to the service after it. */
  leave(): void {
    this.#leaving = true
    this.#pipeline.stop()
    this.#patience()
  }

  /** Says how it stands, in the log and the status file. */
  tell(): void {
    this.#log.info({ status: this.#report.now() }, 'status')
  }

  /** How it stands at this moment. */
  status(): Status {
    return this.#report.status()
  }

  /** Tries at once what waits to be tried again. */
  resume(): void {
    this.#log.info({}, 'resumed')
    this.#sink.resume?.()
  }

  #patience(): void {
    setTimeout(() => {
      this.#pipeline.stop()
      this.#giveUp()
    }, STOP_MS).unref()
  }

  async #finish(): Promise<void> {
    this.#finishing = true
    this.#onProgress(0)
    await within(this.#ledger.settle(), SAVE_MS)
    if (this.#shim !== null && (!this.#leaving || this.#stopping))
      await within(this.#shim.done, STOP_MS)
    const closed = this.#sink.close().catch((error: unknown) => this.#fail(error))
    await within(closed, SAVE_MS)
    this.#watched.close()
    await within(this.#report.close(), SAVE_MS)
    await this.#pool.close()
  }

  #fail(error: unknown): void {
    if (this.#finishing && error instanceof Failure && error.code === ExitCode.Ok) {
      this.#left ??= error.message
      return
    }
    this.#failure ??= { error }
    this.#pipeline.stop()
    this.#giveUp()
  }

  /** Ends the service when all that came in through this process is delivered. */
  async #endWith(shim: Shim, spool: string): Promise<void> {
    await shim.done
    if (this.#leaving) return
    const last = listSegments(spool).at(-1)?.epoch ?? 0
    if (await this.#epochs.end(last, () => this.#pipeline.lag)) return
    this.#log.warn({}, 'the end of the input could not be written to the spool')
    this.#pipeline.stop()
  }

  #tick(): void {
    const now = performance.now()
    this.#look()
    this.#watched.look()
    this.#wish.pass()
    this.#breaker.look(this.#analyser.own, now)
    this.#epochs.look(now).catch((error: unknown) => this.#fail(error))
    if (this.#ledger.look(now)) this.#report.move()
    this.#report.save()
    if (this.#report.isSpoolFilling) this.#makeRoom()
  }

  #look(): void {
    this.#staff
      .look(this.#pipeline.lag, performance.now())
      .catch((error: unknown) => this.#fail(error))
  }

  /**
   * Has the spool keep nothing for a digest alone, which in a full one would never end: nothing is written there, so
   * that the stream's time stands still. What was delivered is saved at once.
   */
  #makeRoom(): void {
    const { delivery, analysis } = this.#pipeline
    if (isHolding(this.#analyser.needed, [delivery.resume, analysis.resume])) {
      this.#analyser.letGo()
      this.#ledger.move(0)
    }
    void this.#ledger.save()
  }

  get #isCareful(): boolean {
    return performance.now() - this.#startedAt < CAREFUL_MS
  }

  #onProgress(bytes: number): void {
    this.#ledger.move(bytes)
    this.#guard.passed()
    if (this.#isCareful) void this.#ledger.save()
  }

  #onTrouble(trouble: Trouble): void {
    const { kind, bytes, reason } = trouble
    if (kind === 'poison') this.#report.alert(poisonAlert(trouble, this.#node, Date.now()))
    else this.#log.warn({ bytes, reason }, 'decoding a batch failed')
  }
}
