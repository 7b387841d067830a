import { FAILURES, failed, NETWORK, OVERFLOW, QUEUE, SERVER, START } from './actions.ts'
import type { Fate, Option, Setting } from './option.ts'
import { action, localPort, number, path, text, words } from './values.ts'

const rdkafka = (name: string, value: string): Setting => [['kafka', 'librdkafka', name], value]
const quoted = (value: string): string => JSON.stringify(value)

/** Records are bounded by 8,970 bytes; the default limit of the spool is at most 8 GiB. */
const SPOOLED_RECORDS = Math.floor((8 * 2 ** 30) / 8970)

/** Every option of audit 2.8 to 4.2, in the order of its manual page. */
export const OPTIONS: readonly Option[] = [
  {
    name: 'remote_server',
    takes: text,
    fate: 'by hand',
    here: 'Spillway delivers to Kafka or to files, not to an auditd: name the brokers in kafka.brokers.',
    sets: () => [
      [['output'], 'kafka'],
      [['kafka', 'brokers'], '[localhost:9092]'],
    ],
  },
  {
    name: 'port',
    takes: number(0, 65_535),
    fate: 'nothing',
    here: 'The port of a broker stands with it in kafka.brokers.',
  },
  {
    name: 'local_port',
    takes: localPort,
    fate: 'nothing',
    here: 'Kafka knows a client by SASL or its certificate (kafka.librdkafka), not by a privileged port.',
  },
  {
    name: 'transport',
    takes: words('tcp', 'krb5', 'tls'),
    fate: 'always',
    here: 'Kafka is spoken over TCP; TLS and SASL are set in kafka.librdkafka.',
    about: ({ value }) => transportOf(value.toLowerCase()),
    sets: ({ value }) => transportSettings(value.toLowerCase()),
  },
  {
    name: 'mode',
    takes: words('immediate', 'forward'),
    fate: 'always',
    here: 'Everything goes through the spool on disk, as with forward.',
  },
  {
    name: 'queue_file',
    takes: path,
    fate: 'by hand',
    here: 'The spool is a directory (spool.directory, --spool of spillway-shim). The file is not read: let audisp-remote send what it holds first.',
  },
  {
    name: 'queue_depth',
    takes: number(1),
    fate: 'always',
    here: 'The spool is bounded by bytes, not records: by default 10 % of its file system, 8 GiB at most (--limit of spillway-shim).',
    about: ({ value }) =>
      Number(value) <= SPOOLED_RECORDS
        ? null
        : {
            fate: 'by hand',
            here: `So many records may need more than the default of 8 GiB: args = --limit=${Math.ceil((Number(value) * 8970) / 2 ** 30)}G in plugins.d/spillway.conf.`,
          },
  },
  {
    name: 'format',
    takes: words('ascii', 'managed'),
    fate: 'always',
    here: 'Kafka acknowledges everything, as with managed.',
  },
  {
    name: 'network_retry_time',
    takes: number(1),
    fate: 'set',
    here: 'Longest pause between two tries to connect: reconnect.backoff.max.ms.',
    sets: ({ value }) => [
      rdkafka('reconnect.backoff.max.ms', `${Math.min(Number(value) * 1000, 3_600_000)}`),
    ],
  },
  {
    name: 'max_tries_per_record',
    takes: number(1),
    fate: 'nothing',
    here: 'A record is tried until it is delivered.',
  },
  {
    name: 'max_time_per_record',
    takes: number(1),
    fate: 'nothing',
    here: 'A record is tried until it is delivered.',
  },
  {
    name: 'heartbeat_timeout',
    takes: number(0),
    fate: 'set',
    here: 'A rates row each interval says that the host is alive, in silence too: rates.interval.',
    about: ({ value }) =>
      Number(value) > 0
        ? null
        : {
            fate: 'always',
            here: 'A rates row every 10 s says that the host is alive, in silence too (rates.interval).',
          },
    sets: ({ value }) =>
      Number(value) > 0 ? [[['rates', 'interval'], `${Math.min(Number(value), 3600)}`]] : [],
  },
  failed('network_failure_action', NETWORK, true, action(...FAILURES)),
  failed('disk_low_action', SERVER, false, action(...FAILURES)),
  failed('disk_full_action', SERVER, true, action(...FAILURES)),
  failed('disk_error_action', SERVER, true, action(...FAILURES)),
  failed('remote_ending_action', NETWORK, true, action(...FAILURES, 'reconnect')),
  failed('generic_error_action', SERVER, true, action(...FAILURES)),
  failed('generic_warning_action', SERVER, false, action(...FAILURES)),
  failed('queue_error_action', QUEUE, false, action(...FAILURES)),
  failed(
    'overflow_action',
    OVERFLOW,
    false,
    words('ignore', 'syslog', 'suspend', 'single', 'halt'),
  ),
  failed(
    'startup_failure_action',
    START,
    false,
    action('ignore', 'syslog', 'exec', 'warn_once_continue', 'warn_once'),
    '3.0',
  ),
  {
    name: 'enable_krb5',
    takes: words('yes', 'no'),
    fate: 'nothing',
    here: 'Kerberos is set in kafka.librdkafka (security.protocol, sasl.mechanisms).',
    about: ({ value }) => (value.toLowerCase() === 'yes' ? transportOf('krb5') : null),
    sets: ({ value }) => (value.toLowerCase() === 'yes' ? transportSettings('krb5') : []),
  },
  {
    name: 'krb5_principal',
    takes: text,
    fate: 'by hand',
    here: 'The service of the brokers has a principal of its own, most often kafka: sasl.kerberos.service.name in kafka.librdkafka.',
  },
  {
    name: 'krb5_client_name',
    takes: text,
    fate: 'by hand',
    here: 'sasl.kerberos.principal in kafka.librdkafka, with host and realm.',
  },
  {
    name: 'krb5_key_file',
    takes: text,
    fate: 'set',
    here: 'sasl.kerberos.keytab. The service is not root: give its user a copy that it alone can read.',
    sets: ({ value }) => [rdkafka('sasl.kerberos.keytab', quoted(value))],
  },
  {
    name: 'tls_auth',
    since: '4.2',
    takes: words('psk'),
    fate: 'nothing',
    here: 'Kafka knows certificates, not pre-shared keys: ssl.ca.location, ssl.certificate.location and ssl.key.location in kafka.librdkafka.',
  },
  {
    name: 'tls_crypto_profile',
    since: '4.2',
    takes: words('compatible', 'system', 'pqc'),
    fate: 'nothing',
    here: 'OpenSSL and the broker agree on what both know; ssl.curves.list in kafka.librdkafka narrows it.',
  },
  {
    name: 'tls_psk_file',
    since: '4.2',
    takes: path,
    fate: 'nothing',
    here: 'Kafka knows no pre-shared keys; delete the file when nothing else uses it.',
  },
  {
    name: 'tls_psk_identity',
    since: '4.2',
    takes: text,
    fate: 'nothing',
    here: 'Kafka knows no pre-shared keys.',
  },
  {
    name: 'tls_cipher_suites',
    since: '4.2',
    takes: text,
    fate: 'nothing',
    here: 'The suites of TLS 1.3 are those of OpenSSL and the broker.',
  },
  {
    name: 'tls_key_exchange',
    since: '4.2',
    takes: text,
    fate: 'set',
    here: 'ssl.curves.list, where the OpenSSL of librdkafka knows these groups.',
    sets: ({ value }) => [rdkafka('ssl.curves.list', quoted(value))],
  },
  {
    name: 'tls_require_pqc',
    since: '4.2',
    takes: words('yes', 'no'),
    fate: 'nothing',
    here: 'ssl.curves.list in kafka.librdkafka with hybrid groups alone asks for it.',
  },
]

function transportOf(transport: string): { fate: Fate; here: string } | null {
  if (transport === 'krb5')
    return {
      fate: 'set',
      here: 'Kerberos is SASL/GSSAPI with Kafka: security.protocol and sasl.mechanisms.',
    }
  if (transport === 'tls')
    return {
      fate: 'set',
      here: 'security.protocol: ssl; what the brokers show is checked against ssl.ca.location, by default the authorities of this host.',
    }
  return null
}

function transportSettings(transport: string): readonly Setting[] {
  if (transport === 'tls') return [rdkafka('security.protocol', 'ssl')]
  if (transport !== 'krb5') return []
  return [rdkafka('security.protocol', 'sasl_plaintext'), rdkafka('sasl.mechanisms', 'GSSAPI')]
}
