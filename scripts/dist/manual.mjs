// The manual pages: what the programs say of themselves, with a little around it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EPOCH, VERSION } from './release.mjs'
import { Page } from './roff.mjs'

const OF = { version: VERSION, date: new Date(EPOCH * 1000).toISOString().slice(0, 10) }

/**
 * Writes all pages, as `manN/name.N` under `folder`.
 *
 * @param compiled folder with the compiled sources
 */
export async function writeManual(compiled, folder) {
  const from = (path) => import(join(compiled, 'src', path))
  const { createProgram } = await from('cli/main.js')
  const { settingsEntries } = await from('config/schema.js')
  const { USAGE } = await from('shim/options.js')
  const pages = {
    'man1/spillway.1': commandPage(await createProgram([])),
    'man5/spillway.yaml.5': configurationPage(settingsEntries()),
    'man8/spillway-shim.8': shimPage(USAGE),
  }
  for (const [path, page] of Object.entries(pages)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), page.toString())
  }
}

function commandPage(program) {
  const title = 'drain the Linux audit stream without losing a record'
  const page = new Page({ name: 'spillway', section: 1, title, ...OF })
  page.section('Synopsis').lines('spillway [--debug] COMMAND [OPTION...]')
  page.section('Description').text(
    `${program.description()}

auditd(8) hands its records to spillway-shim(8), which moves them to a spool on disk. spillway run reads the spool, joins records to events in exact order, and delivers them at least once. The other commands show how the service stands, work on logs and on the configuration, say what is missing and fill it, and set a host up.`,
  )
  addOptions(page, program)
  page.section('Commands')
  for (const command of program.commands) addCommand(page, command, command.name())
  for (const [heading, text] of partsOf(afterHelp(program))) {
    page.section(heading === 'Exit codes' ? 'Exit status' : heading)
    if (heading === 'Exit codes') addTable(page, text)
    else page.lines(text)
  }
  page.section('Files')
  page.item('/etc/spillway/spillway.yaml', 'the configuration; see spillway.yaml(5)')
  page.item('/var/spool/spillway', 'the spool, which spillway-shim(8) writes')
  page.item('/var/spool/spillway/state', 'how far events are delivered, and status.json')
  page.item('/var/log/spillway', 'events, rates, alerts and rejects, unless the output is another')
  page.item('/run/spillway/watch.ndjson', 'what spillway watch reads off the kernel')
  page.item('/opt/spillway/docs', 'the documentation; docs/operating.md says what each alert means')
  page.section('See also')
  return page.text('spillway.yaml(5), spillway-shim(8), auditd(8), auditctl(8), ausearch(8)')
}

/** A command under its whole name, then the commands in it. */
function addCommand(page, command, name) {
  const synopsis = command.usage().replace(/ ?\[command\]/, '')
  page.subsection(`spillway ${name} ${synopsis}`.trimEnd())
  page.text(
    command
      .description()
      .replace(/^./, (letter) => letter.toUpperCase())
      .concat('.'),
  )
  for (const argument of command.registeredArguments)
    if (argument.description) page.item(argument.name(), argument.description)
  addOptions(page, command)
  for (const [heading, text] of partsOf(afterHelp(command)))
    if (heading === null) page.text(text)
    else page.text(`${heading}:`).lines(text)
  for (const inner of command.commands) addCommand(page, inner, `${name} ${inner.name()}`)
}

function addOptions(page, command) {
  const help = command.createHelp()
  for (const option of help.visibleOptions(command))
    if (command.parent === null || option.long !== '--help')
      page.item(option.flags, help.optionDescription(option))
}

/** What a command prints below its options, which commander keeps to itself. */
function afterHelp(command) {
  let text = ''
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
  })
  command.outputHelp()
  return text.slice(command.helpInformation().length)
}

/** The parts of such a text: `[heading, lines]`, or `[null, paragraph]`. */
function partsOf(text) {
  return text
    .trim()
    .split(/\n\n+/)
    .filter((part) => part !== '')
    .map((part) => {
      const [, heading, lines] = /^(\w[\w ]*):\n([^]*)$/.exec(part) ?? []
      return heading === undefined ? [null, part] : [heading, lines.replaceAll(/^ {2}/gm, '')]
    })
}

/** Lines of a term, two blanks and what it means; a line that begins with blanks goes on. */
function addTable(page, text) {
  for (const [, term, meaning] of text.matchAll(/^(\S.*?) {2,}(.*(?:\n {3,}.*)*)/gm))
    page.item(term, meaning.replaceAll(/\s+/g, ' '))
}

function shimPage(usage) {
  const title = 'auditd plugin that moves audit records to a spool'
  const page = new Page({ name: 'spillway-shim', section: 8, title, ...OF })
  page.section('Synopsis').lines('spillway-shim [OPTION...] < records')
  page.section('Description').text(
    `spillway-shim is the plugin of auditd(8) that feeds spillway(1). It moves the bytes that it reads on standard input to a spool on disk and does nothing else with them, so that nothing behind the spool ever slows auditd down. Where the spool cannot be written it goes on reading, keeps what fits in its memory, drops the newest with a count, and says so in the spool and in the log.

When standard input ends, and at SIGTERM, it writes what it holds and leaves.`,
  )
  page.section('Options')
  addTable(page, usage.replaceAll(/^ {2}/gm, '').replaceAll(/^(--\w+)$/gm, '$1  print this help'))
  page.text('SIZE is in bytes, or with K, M, G or T in powers of 1024.')
  page.section('Plugin file')
  page.text(
    'auditd(8) starts it by /etc/audit/plugins.d/spillway.conf. auditd 3 wants the program to be a regular file of root with mode 0750, which spillway-shim --check looks at too.',
  )
  page.section('Exit status')
  page.item('0', 'all that was read is in the spool')
  page.item('1', 'bytes were read that could not be written, and how many is said')
  page.item('2', 'wrong use')
  page.item('5', 'with --check: something is wrong with the setup')
  page.section('See also')
  return page.text('spillway(1), auditd(8), auditd-plugins(5)')
}

function configurationPage(entries) {
  const title = 'configuration of spillway run'
  const page = new Page({ name: 'spillway.yaml', section: 5, title, ...OF })
  page.section('Synopsis').lines('/etc/spillway/spillway.yaml')
  page.section('Description').text(
    `The configuration of spillway(1) is YAML. Every setting has a default; one that is not known is a mistake. A setting of a section is written here with a dot, and stands indented under the name of its section in the file.

spillway config example prints a file with every setting, and spillway config check names every mistake in one.`,
  )
  page.section('Settings')
  addSettings(page, entries, '')
  page.section('See also')
  return page.text('spillway(1)')
}

function addSettings(page, entries, prefix) {
  for (const entry of entries) {
    const name = `${prefix}${entry.name}`
    if ('entries' in entry) addSettings(page, entry.entries, `${name}.`)
    else page.item(name, `${entry.told.says}\n${valuesOf(entry)}`)
  }
}

function valuesOf({ told, value }) {
  const shown = typeof value === 'object' ? JSON.stringify(value) : `${value}`
  const standard = value === undefined ? '' : ` Default: ${shown || 'empty'}.`
  return `Allowed: ${told.allowed}.${standard}`
}
