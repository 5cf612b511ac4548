// Loaded into a server that soaks: on SIGUSR2 it says how many MiB its objects take that are still in use.
import v8 from 'node:v8'
import vm from 'node:vm'

v8.setFlagsFromString('--expose_gc')
const collect = vm.runInNewContext('gc')
process.on('SIGUSR2', () => {
  collect()
  process.stderr.write(`in use: ${Math.round(process.memoryUsage().heapUsed / 2 ** 20)} MiB\n`)
})
