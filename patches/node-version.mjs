// Said before anything else is done: what an older Node.js would end with is an error of the syntax. No `.npmrc`
// is strict about it: for the tools of the tests, too, which want more than Latchkey does.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Latchkey needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`)
  process.exit(1)
}
