// Preloaded into a server (`node --import`): tells its CPU time and memory to the process that started
// it, and ends with that process. Plain JavaScript, so that it needs no loader and costs nothing between.
process.on('message', (message) => {
  if (message !== 'usage') return
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: user + system, memory: process.memoryUsage.rss() })
})
process.on('disconnect', () => process.exit())
process.channel?.unref()
