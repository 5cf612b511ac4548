// Preloaded into a server (`node --import`): tells its CPU time to the process that started it, and
// ends with that process. Plain JavaScript, so that it needs no loader and costs nothing between.
process.on('message', (message) => {
  if (message === 'cpu') process.send?.(process.cpuUsage())
})
process.on('disconnect', () => process.exit())
process.channel?.unref()
