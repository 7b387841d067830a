import type { Option } from './option.ts'
import type { Check } from './values.ts'

/** What most of them may be. */
export const FAILURES: readonly string[] = [
  'ignore',
  'syslog',
  'exec',
  'warn_once_continue',
  'warn_once',
  'suspend',
  'single',
  'halt',
  'stop',
]

/** With these audisp-remote throws the record away that could not be sent. */
const THROWS_AWAY = new Set(['ignore', 'syslog', 'exec', 'warn_once_continue'])

/** What becomes of a failure action, after what is said about the failure itself. */
function actionOf(failure: string, losesRecords: boolean): NonNullable<Option['about']> {
  return ({ value, rest }) => {
    const word = value.toLowerCase().startsWith('exec') ? 'exec' : value.toLowerCase()
    const kept =
      losesRecords && THROWS_AWAY.has(word)
        ? ' audisp-remote threw the record away; it is kept now.'
        : ''
    const here = `${failure}${kept}${actionText(word, rest[0] ?? '')}`
    return { fate: ['exec', 'single', 'halt'].includes(word) ? 'by hand' : 'always', here }
  }
}

function actionText(word: string, program: string): string {
  if (word === 'exec')
    return ` No program is started for it alone: name ${program} in alerts.exec, which is run for each alert.`
  if (word === 'single' || word === 'halt')
    return ' The system is never halted: where a policy asks for it, have it done by what reads the alerts.'
  if (word === 'stop') return ' The service does not stop for it.'
  if (word === 'suspend')
    return ' Nothing is suspended: it goes on by itself, and at once after USR2.'
  return ''
}

/** What is so in place of a failure that audisp-remote has an action for. */
export const NETWORK: string =
  'Without Kafka records stay in the spool and are sent when it is back (alert kafka.unreachable).'
export const SERVER: string =
  'What a broker refuses is tried again or becomes a reject, and is told (alerts kafka.refused, kafka.limit, kafka.rejected).'
export const OVERFLOW: string =
  'At the limit of the spool its newest records are dropped, counted and told with their place (alert spool.dropped; --when-full of spillway-shim).'
export const QUEUE: string =
  'A spool that cannot be written is tried again; meanwhile 32 MiB of records are kept in memory, then the newest are dropped and told (kernel log, alert spool.dropped).'
export const START: string = 'The service starts without Kafka and connects when it is there.'

/** An option that says what to do at a failure, with the sentence about its failure. */
export function failed(
  name: string,
  here: string,
  losesRecords: boolean,
  takes: Check,
  since?: string,
): Option {
  return {
    name,
    ...(since === undefined ? {} : { since }),
    takes,
    fate: 'always',
    here,
    about: actionOf(here, losesRecords),
  }
}
