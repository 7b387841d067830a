/**
 * Which record types end an event, and which are arrays in its JSON.
 *
 * The ends are those of `audit_is_last_record` in audit-userspace (common/common.c). EOE and
 * PROCTITLE end an event there too; the stitching rule treats these two on their own, so that
 * they have constants here and `endsEvent` leaves them out.
 */

/** Messages of user space from before there were types for them; single records. */
const USER = 1005
/** The kernel's login record: comes before the SYSCALL record of the same event. */
export const LOGIN = 1006
/** First type after the single records of user space and of auditd itself. */
const FIRST_EVENT = 1300
export const SYSCALL = 1300
export const CWD = 1307
export const EXECVE = 1309
/** The kernel's end of event: in a plugin's stream, never in auditd's log. */
export const EOE = 1320
export const PROCTITLE = 1327
/** NetLabel and IPsec configuration: single records (MAC_UNLBL_ALLOW to MAC_CALIPSO_DEL). */
const FIRST_NETLABEL = 1406
const LAST_NETLABEL = 1419
/** Unclassified kernel messages; single records. */
const KERNEL = 2000
/** From here on user space only; single records. */
const FIRST_USER_MSG2 = 2100
const LAST_USER_MSG2 = 2999

const FIRST_DAEMON = 1200
const LAST_DAEMON = 1299

/**
 * True for a record that always is the last of its event, EOE and PROCTITLE apart. A number above
 * the user-space range (a record whose name has no number yet) ends nothing: kernel records are
 * what is added most, and an event must not be torn by one.
 */
export function endsEvent(type: number): boolean {
  return (
    (type > LOGIN && type < FIRST_EVENT) ||
    (type >= FIRST_USER_MSG2 && type <= LAST_USER_MSG2) ||
    type === USER ||
    type === KERNEL ||
    (type >= FIRST_NETLABEL && type <= LAST_NETLABEL)
  )
}

/** True for records of auditd itself, whose serials are a space of their own. */
export function isDaemon(type: number): boolean {
  return type >= FIRST_DAEMON && type <= LAST_DAEMON
}

/**
 * True where the event's JSON has an array under the record's name, however often it occurs;
 * else it has an object. The rule is LAUREL's: kernel records can repeat within an event.
 * A number above the user-space range (a name without a number) is taken for a kernel record.
 */
export function isArray(type: number): boolean {
  if (type === SYSCALL || type === EXECVE || type === CWD || type === PROCTITLE) return false
  return type === LOGIN || (type >= FIRST_EVENT && type < FIRST_USER_MSG2) || type > LAST_USER_MSG2
}
