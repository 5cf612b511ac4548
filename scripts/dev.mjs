// `npm run dev`: the sources are served as they are, and anew whenever one of them, a migration or .env changes.
import { spawn } from 'node:child_process'
import { watchFile } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const tsx = createRequire(import.meta.url).resolve('tsx/cli')
const migrations = join(root, 'drizzle/meta/_journal.json')
const args = ['watch', '--clear-screen=false', `--include=${migrations}`, join(root, 'src/main.ts')]
// In a group of its own: Ctrl-C reaches this process alone, as a signal that is sent to it does.
const detached = process.platform !== 'win32'
const stdio = ['pipe', 'inherit', 'inherit']
const server = spawn(process.execPath, [tsx, ...args], { stdio, detached })

// tsx watches no file whose name begins with a dot, but starts anew where somebody presses Enter.
watchFile('.env', { interval: 500 }, () => server.stdin.write('\n'))
process.stdin.on('data', (typed) => server.stdin.write(typed)).unref?.()
server.stdin.on('error', () => {})

// The server ends first. A second signal would have tsx kill it: npm sends what the terminal has sent already.
let isEnding = false
const end = (signal) => {
  if (!isEnding) server.kill(signal === 'SIGINT' ? signal : 'SIGTERM')
  isEnding = true
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end)
// A signal to npm ends the shell that npm runs this by, and comes no further.
const parent = process.ppid
if (process.env.npm_lifecycle_event !== undefined) {
  setInterval(() => process.ppid !== parent && end('SIGTERM'), 1_000).unref()
}
server.on('exit', (code) => process.exit(code ?? 1))
