import './signals.ts'
import { setFlagsFromString } from 'node:v8'
import { ExitCode, Failure } from '../model/failure.ts'
import { checkSetup } from './check.ts'
import { reasonOf } from './disk.ts'
import type { Notes } from './notes.ts'
import { openNotes, Severity } from './notes.ts'
import { parseFlags, USAGE } from './options.ts'
import { dropPrivileges } from './privileges.ts'
import { startShim } from './shim.ts'
import { onStop } from './signals.ts'

// The heap is a few megabytes: waking other threads to clean it costs more than it saves.
setFlagsFromString('--no-parallel-scavenge')

/** Time that a last message has on its way to the journal. */
const SAY_MS = 100

async function main(notes: Notes): Promise<number> {
  const flags = parseFlags(process.argv.slice(2))
  if (flags.help) {
    process.stdout.write(USAGE)
    return ExitCode.Ok
  }
  if (flags.check) {
    const faults = checkSetup(flags, process.argv[1])
    for (const fault of faults) console.log(fault)
    return faults.length === 0 ? ExitCode.Ok : ExitCode.Spool
  }
  process.on('uncaughtException', (error) => notes.say(Severity.Error, reasonOf(error)))
  dropPrivileges(flags.user, flags.group, notes)
  const shim = startShim({ ...flags, rest: 'thread', notes })
  onStop(() => shim.stop())
  const { read, written } = await shim.done
  if (written === read) return ExitCode.Ok
  notes.say(Severity.Error, `${read - written} of ${read} bytes were not written to the spool`)
  return ExitCode.Fault
}

const notes = openNotes()
main(notes)
  .catch((error: unknown) => {
    notes.say(Severity.Error, reasonOf(error))
    return error instanceof Failure ? error.code : ExitCode.Fault
  })
  .then((code) => {
    // At once, since a sync that hangs must not keep a dead plugin; the journal needs a moment.
    if (code === ExitCode.Ok) process.exit(code)
    setTimeout(() => process.exit(code), SAY_MS)
  })
  .catch(() => process.exit(ExitCode.Fault))
