#!/usr/bin/env node
// Said before anything is loaded: an older Node.js ends in the middle of it, with an error of the syntax.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Latchkey needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`)
  process.exitCode = 1
} else {
  // Names are looked up by half of these threads, and one that hangs holds one of them. Node.js 20 has begun the four
  // of its own by now; the later ones read this when they first need one.
  process.env.UV_THREADPOOL_SIZE ??= '16'
  await import('./commands/main.ts')
}

export {}
