/** Sizes and times that more than one stage keeps to. Each says where it comes from. */

/** Input bytes at which a batch is closed. 128 KiB decoded as fast; more means fewer cuts to stitch. */
export const BATCH_BYTES: number = 1 << 20

/**
 * Longest line that is read as a record. The kernel ends a record at 8,970 bytes
 * (MAX_AUDIT_MESSAGE_LENGTH in include/uapi/linux/audit.h) and auditd's ENRICHED part at most doubles
 * it; 64 KiB leaves room for every log we have seen. A longer line becomes rejects of this size.
 */
export const MAX_LINE: number = 64 * 1024

/** Input room of one batch buffer: the closing size plus the partial line carried into it. */
export const BATCH_CAPACITY: number = BATCH_BYTES + 2 * MAX_LINE

/** Marks in one batch at most; a batch that is full of marks is closed. */
export const MAX_MARKS = 4096

/** A text stream without frames has a mark at every multiple of this many bytes. */
export const MARK_BYTES = 65_536

/**
 * Milliseconds of stream clock without a line after which an event is closed. auditd's own
 * `end_of_event_timeout` (EOE_TIMEOUT in audit-userspace src/auditd-config.h) is the same.
 */
export const QUIET_MS = 2000

/** Records one event may hold. A 2 MB `execve` made 532. */
export const MAX_EVENT_RECORDS = 8192

/** Raw bytes one event may hold. A 2 MB `execve` made 4 MB. */
export const MAX_EVENT_BYTES: number = 8 << 20

/** Raw bytes of open events the stitcher keeps before it closes the oldest. */
export const MAX_OPEN_BYTES: number = 64 << 20

/** Open events the stitcher keeps before it closes the oldest. */
export const MAX_OPEN_EVENTS = 50_000
