/** A message in a log, by whom. */
export interface LogLine {
  /** `kernel`, or the name under which a program logs. */
  readonly from: string
  readonly text: string
}

/**
 * A record of /dev/kmsg: `PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT`. Only facility 0 is the kernel's:
 * what others write there has theirs (Documentation/ABI/testing/dev-kmsg).
 */
const DEVICE = /^(\d+),\d+,\d+,[^;]*;(.*)$/s
const FACILITIES = 8
/** A line of syslog or the journal: time, host, who says it. The kernel may say its own time. */
const SYSLOG =
  /^(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+) \S+ ([\w-]+)(?:\[\d+\])?: (?:\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? ?)?(.*)$/s
/** A line of dmesg; kernels with CONFIG_PRINTK_CALLER also say which thread or processor said it. */
const DMESG = /^\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? ?(.*)$/s

/** A line of /dev/kmsg, dmesg, syslog or the journal; null for anything else. */
export function logLineOf(line: string): LogLine | null {
  const device = DEVICE.exec(line)
  if (device !== null)
    return Number(device[1]) < FACILITIES ? { from: 'kernel', text: device[2] } : null
  const syslog = SYSLOG.exec(line)
  if (syslog !== null) return { from: syslog[1], text: syslog[2] }
  const dmesg = DMESG.exec(line)
  return dmesg === null ? null : { from: 'kernel', text: dmesg[1] }
}
