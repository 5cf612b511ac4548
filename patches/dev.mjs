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
const server = spawn(process.execPath, [tsx, ...args], { stdio: ['pipe', 'inherit', 'inherit'] })

// tsx watches no file whose name begins with a dot, but starts anew where somebody presses Enter.
watchFile('.env', { interval: 500 }, () => server.stdin.write('\n'))
process.stdin.on('data', (typed) => server.stdin.write(typed)).unref?.()
server.stdin.on('error', () => {})

// Ctrl-C reaches both, and the server ends first.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.on('exit', (code) => process.exit(code ?? 1))
