import type { Message, Run } from '../../model/delivery.ts'
import { plain } from '../../model/plain.ts'
import type { Reading } from '../../model/reading.ts'
import { OTHER } from '../counts/keys.ts'
import { lostReset, type Reset } from '../losses/reset-alert.ts'
import type { Window } from '../rates/window.ts'
import { authorOfRow, CONFIG_CHANGE, changesOf } from './change.ts'
import { Daemon, type DaemonState } from './daemon.ts'
import { Enabled, type EnabledState } from './enabled.ts'
import { type Ours, Own, type OwnEntries, type OwnState } from './ours.ts'
import { Rules, type RulesState } from './rules.ts'
import { Silence, type SilenceState } from './silence.ts'

/** DAEMON_START, DAEMON_END and DAEMON_ABORT. */
const START = 1200
const END = 1201
const ABORT = 1202

/** Records that the kernel makes by itself: from 1300 up to those of user space from 2000 on. */
const KERNEL_FIRST = 1300
const KERNEL_LAST = 1999

/** `add_rule`, `remove_rule`: not `updated_rules`, which the kernel does when a watched file is replaced. */
const OF_RULES = /_rule$/

/** Rules of a key that an alert lists. */
const MOST_RULES = 10

const NOBODY: Ours = { uids: [], programs: [] }

/** One node in the checkpoint. */
interface NodeState {
  readonly node: string
  readonly enabled: EnabledState
  readonly daemon: DaemonState
  readonly rules: RulesState
  readonly all: SilenceState | null
  readonly kernel: SilenceState | null
}

/** The vigil in the checkpoint. */
export interface VigilState {
  /** Boot and clock of the last reading. */
  readonly boot: string
  readonly clock: number
  readonly nodes: readonly NodeState[]
  readonly own: OwnState
}

/** What a vigil needs. */
export interface VigilOptions {
  /** The host whose kernel a watcher reads. */
  readonly host: string
  emitAlert(alert: Message): void
  /** How our own processes on it are known; none are without it. */
  readonly ours?: Ours
  /** Asks the watcher for the rules. */
  askRules?(): void
  /** A record says that the counter of losses of the host's own kernel was set back; without it that is told. */
  onReset?(reset: Reset): void
}

interface Node {
  readonly enabled: Enabled
  readonly daemon: Daemon
  readonly rules: Rules
  readonly all: Silence
  readonly kernel: Silence
}

/**
 * Watches over auditing itself at every node: that it is on, that its rules stay as they are, that auditd runs, that
 * whoever used to speak still does, and that we do not speak of ourselves. It learns of it from records, and for the
 * host also from what a watcher reads.
 */
export class Vigil {
  readonly #options: VigilOptions
  readonly #nodes = new Map<string, Node>()
  #boot: string
  #clock: number
  readonly #own: Own
  #run: Run | null = null
  /** Nodes that are off or silent: their next event tells that they are not. */
  #waiting = new Set<string>()

  constructor(options: VigilOptions, state?: VigilState) {
    this.#options = options
    this.#own = new Own(
      {
        node: options.host,
        ours: options.ours ?? NOBODY,
        emitAlert: (alert) => options.emitAlert(alert),
      },
      state?.own,
    )
    this.#boot = state?.boot ?? ''
    this.#clock = state?.clock ?? -1
    for (const { node, ...parts } of state?.nodes ?? [])
      this.#nodes.set(node, this.#make(node, parts))
    for (const name of this.#nodes.keys()) this.#wait(name)
  }

  /** Entries of our own processes, and of all, between the last two ticks. */
  get own(): OwnEntries {
    return this.#own.last
  }

  /** What follows are rows of a run. */
  begin(run: Run): void {
    this.#run = run
    this.#own.begin(run)
  }

  /** The rows of the run are over. */
  end(): void {
    this.#own.end()
  }

  /**
   * Takes an event of the run, which is of this machine's own kernel or not; `clock` is the stream's, and `stands` as
   * `Window.take` gives it.
   */
  pass(row: number, window: Window, isLocal: boolean, clock: number, stands: number): void {
    const { events, lines } = (this.#run as Run).result
    const type = lines.type[events.first[row]]
    if (type >= KERNEL_FIRST && type <= KERNEL_LAST) window.kernelHeard = clock
    if (isLocal) this.#own.pass(row, stands)
    if (type === CONFIG_CHANGE || events.daemon[row] === 1 || this.#waiting.size > 0)
      this.#take(this.#run as Run, row, window, type, clock)
  }

  /** Takes what a watcher read off the host; what it read before is passed over. */
  read(reading: Reading): void {
    const { boot, monotonic_us: clock } = reading
    if (boot === this.#boot && clock <= this.#clock) return
    const { host } = this.#options
    const { enabled, daemon, rules } = this.#node(host)
    if (boot !== this.#boot) {
      enabled.reboot()
      daemon.reboot()
    }
    this.#boot = boot
    this.#clock = clock
    const time = Date.parse(reading.time)
    if (reading.kind === 'status') {
      enabled.take(reading.enabled, time)
      daemon.takePid(reading.pid, time)
    } else if (reading.kind === 'rules') rules.takeListing(reading)
    else if (reading.kind === 'auditd' && reading.says === 'absent') daemon.miss(time)
    else if (reading.kind === 'kmsg' && reading.says === 'gone') daemon.miss(time)
    rules.reach(reading)
    this.#wait(host)
  }

  /** An alert about a rule key, with the rules that have it, as far as they are listed. */
  withRules(alert: Message): Message {
    const { type, node, evidence, text } = alert as { readonly evidence: Message } & Message
    if (!String(type).startsWith('flood.')) return alert
    const rules = this.#nodes.get(String(node))?.rules.rulesOf(String(evidence['key'])) ?? null
    const shown = rules?.slice(0, MOST_RULES) ?? null
    const [first, ...others] = rules ?? []
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    const named = first === undefined ? text : `${String(text)} Its rule: ${plain(first)}${more}.`
    return { ...alert, text: named, evidence: { ...evidence, rules: shown } }
  }

  /** Time has come to `clock`, the stream's clock while its writer was there. */
  tick(clock: number, windows: Iterable<Window>): void {
    this.#own.look(clock)
    for (const { rules } of this.#nodes.values()) rules.tick(clock)
    for (const { node: name, heard, kernelHeard, newest } of windows) {
      if (name === OTHER) continue
      const { all, kernel } = this.#node(name)
      all.look(clock, heard, newest)
      // Whoever says nothing at all need not be said to have no record of the kernel either; but what was said ends.
      if ((!all.isAway || kernel.isSilent) && kernelHeard >= 0)
        kernel.look(clock, kernelHeard, newest)
      this.#wait(name)
    }
  }

  /** For the checkpoint. */
  state(): VigilState {
    const nodes = [...this.#nodes].map(([node, { enabled, daemon, rules, all, kernel }]) => ({
      node,
      enabled: enabled.state(),
      daemon: daemon.state(),
      rules: rules.state(),
      all: all.state(),
      kernel: kernel.state(),
    }))
    return { boot: this.#boot, clock: this.#clock, nodes, own: this.#own.state() }
  }

  #take(run: Run, row: number, window: Window, type: number, clock: number): void {
    const { node: name, gaps } = window
    if (name === OTHER) return
    const node = this.#node(name)
    const { sec, ms } = run.result.events
    const stamp = sec[row] * 1000 + ms[row]
    if (type === START || type === END || type === ABORT) gaps.restart(stamp)
    if (type === CONFIG_CHANGE) this.#takeChange(name, run, row, stamp, clock)
    else if (type === START) node.daemon.start(stamp)
    else if (type === END || type === ABORT)
      node.daemon.end(stamp, type === END ? 'ended' : 'aborted', authorOfRow(run, row))
    else if (type >= KERNEL_FIRST && type <= KERNEL_LAST) {
      // The watcher knows better whether its own kernel is on.
      if (name !== this.#options.host || this.#boot === '') node.enabled.hear(stamp)
      node.kernel.speak(clock, stamp)
    }
    node.all.speak(clock, stamp)
    this.#wait(name)
  }

  #takeChange(name: string, run: Run, row: number, stamp: number, clock: number): void {
    const { enabled, rules } = this.#node(name)
    for (const change of changesOf(run, row)) {
      const { value, old } = change
      if (change.name === 'audit_enabled' && value !== null) enabled.set(value, stamp, change.by)
      else if (change.name === 'lost' && value !== null && old !== null && old > value)
        this.#reset(name, { at: stamp, before: old, lost: value, by: change.by })
      else if (OF_RULES.test(change.op)) rules.takeChange(change, stamp, clock)
    }
  }

  #reset(name: string, reset: Reset): void {
    const options = this.#options
    if (name === options.host && options.onReset !== undefined) options.onReset(reset)
    else options.emitAlert(lostReset(name, reset))
  }

  #wait(name: string): void {
    const node = this.#nodes.get(name)
    const waits =
      node !== undefined && (node.enabled.isOff || node.all.isSilent || node.kernel.isSilent)
    if (waits) this.#waiting.add(name)
    else if (this.#waiting.size > 0) this.#waiting.delete(name)
  }

  #node(name: string): Node {
    const known = this.#nodes.get(name)
    if (known !== undefined) return known
    const node = this.#make(name)
    this.#nodes.set(name, node)
    return node
  }

  #make(name: string, state?: Omit<NodeState, 'node'>): Node {
    const options = this.#options
    const emitAlert = (alert: Message): void => options.emitAlert(alert)
    const askRules = (): void => {
      if (name === options.host) options.askRules?.()
    }
    return {
      enabled: new Enabled(name, emitAlert, state?.enabled),
      daemon: new Daemon(name, emitAlert, state?.daemon),
      rules: new Rules({ node: name, emitAlert, askRules }, state?.rules),
      all: new Silence(name, 'all', emitAlert, state?.all),
      kernel: new Silence(name, 'kernel', emitAlert, state?.kernel),
    }
  }
}
