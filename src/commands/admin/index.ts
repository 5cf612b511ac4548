import { parseArgs } from 'node:util'
import { validate as isUuid } from 'uuid'
import { ADMIN_CLI } from '../../core/events/audit.ts'
import { builtInProviders } from '../../providers/index.ts'
import { runAudit } from './audit.ts'
import { runKeys } from './keys.ts'
import { type AdminRun, openStores } from './open-stores.ts'
import { runOutbox } from './outbox.ts'
import { print, type Shown } from './print.ts'
import { runRegistration } from './registrations.ts'
import { refuseUnheard } from './takes.ts'
import { AdminError, USAGE, UsageError, usageOf } from './usage.ts'
import { runUsers } from './users.ts'

const COMMANDS: Readonly<Record<string, (run: AdminRun) => Promise<Shown>>> = {
  users: runUsers,
  keys: runKeys,
  outbox: runOutbox,
  audit: runAudit,
  ...Object.fromEntries(
    builtInProviders
      .flatMap(({ events }) => events?.registration?.command ?? [])
      .map((command) => [command, (run: AdminRun) => runRegistration(command, run)]),
  ),
}

/** Each command records an event of its own, beside those of what it did. */
async function recordCommand({ stores, words, flags }: AdminRun, name: string): Promise<void> {
  const [verb = 'read', what = ''] = words
  const userId = name === 'users' ? what : (flags.user ?? '')
  const command = `${name}_${verb}`.replaceAll('-', '_')
  await stores.audit.record(
    { type: `admin.${command}`, ...(isUuid(userId) ? { userId } : {}) },
    { ...ADMIN_CLI, ...(flags['dry-run'] ? { reason: 'dry_run' } : {}) },
  )
}

/** Runs `latchkey admin` with the words that were typed after it. */
export async function admin(args: string[]): Promise<void> {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        now: { type: 'boolean', default: false },
        user: { type: 'string' },
        type: { type: 'string' },
        since: { type: 'string' },
        follow: { type: 'boolean', default: false },
        from: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const [name = '', ...words] = positionals
    const { help, ...flags } = values
    if (help || (name === '' && args.length === 0)) {
      process.stdout.write(USAGE)
      return
    }
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (command === undefined) throw new UsageError(`There is no command ${JSON.stringify(name)}.`)
    refuseUnheard(name, words, flags)
    const opened = await openStores()
    try {
      const run = { ...opened, words, flags }
      const said = await command(run)
      await recordCommand(run, name)
      await print(said, flags.json)
    } finally {
      await opened.close()
    }
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    const isUsage =
      error instanceof UsageError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS'))
    if (isUsage) {
      // Node's own message continues with advice that does not apply here.
      const [what] = message.split(/(?<=\.) To specify /)
      process.stderr.write(`${what}\n\n${usageOf(args)}`)
      process.exitCode = 1
    } else if (error instanceof AdminError) {
      process.stderr.write(`${message}\n`)
      process.exitCode = 1
    } else {
      const { refuse } = await import('../refuse.ts')
      refuse(error, 'The command did not come to its end')
    }
  }
}
