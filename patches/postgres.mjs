/**
 * What is mended in the database driver, hunk by hunk, with the report upstream. The driver stays
 * `postgres`, at one exact version: `apply.mjs` changes these places of the installed package, and the
 * service refuses to start on a driver that is not exactly this one (`src/db/driver.ts`).
 *
 * @typedef {{ file: string, why: string, upstream: string, from: string, to: string }} Hunk
 */

/** The only version that these hunks were made and tested for. */
export const VERSION = '3.4.9'

/** @type {readonly Hunk[]} */
export const HUNKS = [
  {
    file: 'src/connection.js',
    why: 'A statement that fails after its first row leaves the row counter, and the next result of this connection begins with a hole: whoever reads by place gets the answer of another.',
    upstream: 'porsager/postgres#1181, #1119',
    from: `    query = results = errorResponse = null
    result = new Result()
    connectTimer.cancel()`,
    to: `    query = results = errorResponse = null
    result = new Result()
    rows = 0
    connectTimer.cancel()`,
  },
  {
    file: 'src/connection.js',
    why: 'A write that was put off until after the connection was gone threw where nobody can catch it, and the process ended.',
    upstream: 'porsager/postgres#1066, #1154, #1168, #1208, #1209',
    from: `  function nextWrite(fn) {
    const x = socket.write(chunk, fn)
    nextWriteTimer !== null && clearImmediate(nextWriteTimer)`,
    to: `  function nextWrite(fn) {
    const x = socket === null || socket.write(chunk, fn)
    nextWriteTimer !== null && clearImmediate(nextWriteTimer)`,
  },
  {
    file: 'src/connection.js',
    why: 'A lost connection kept what it was at: unsent bytes that stood before the next start-up message, a cleared timer that let nothing be written again, half a result that the next query got, and a query that swallowed the next refusal. A server that closes during the start-up was tried again for ever, without a pause, and the query never failed.',
    upstream: 'porsager/postgres#1066, #1181 (neighbours, not reported)',
    from: `    socket.removeAllListeners()
    socket = null

    if (initial)
      return reconnect()

    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))
    closedTime`,
    to: `    socket.removeAllListeners()
    socket = null

    nextWriteTimer = chunk = null
    if (initial && options.host.length > 1)
      return reconnect()

    !hadError && (initial || query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))
    query = results = errorResponse = final = null
    result = new Result()
    rows = 0
    closedTime`,
  },
  {
    file: 'src/connection.js',
    why: "A statement that was cancelled while it waited behind others on the wire was passed over although its answer still comes: the next statement got that answer, and each one after it its neighbour's.",
    upstream: 'not reported',
    from: `    while (sent.length && (query = sent.shift()) && (query.active = true, query.cancelled))
      Connection(options).cancel(query.state, query.cancelled.resolve, query.cancelled.reject)`,
    to: `    sent.length && (query = sent.shift(), query.active = true, query.cancelled) &&
      Connection(options).cancel(query.state, query.cancelled.resolve, query.cancelled.reject)`,
  },
  {
    file: 'src/connection.js',
    why: 'An error of a query whose stack trace is no text (a tool prepares them otherwise) threw a second error that nobody can catch.',
    upstream: 'porsager/postgres#896',
    from: 'err.stack + query.origin.replace(',
    to: "err.stack + String(query.origin || '').replace(",
  },
  {
    file: 'src/connection.js',
    why: 'An error while signing in to the server was a rejection that nobody hears, which ends the process.',
    upstream: 'not reported',
    from: `  async function Authentication(x, type = x.readUInt32BE(5)) {
    (
      type === 3`,
    to: `  function Authentication(x, type = x.readUInt32BE(5)) {
    Promise.resolve(authenticate(x, type)).catch(e => (errored(e), socket && socket.destroy()))
  }

  async function authenticate(x, type) {
    await (
      type === 3`,
  },
  {
    file: 'src/connection.js',
    why: 'A connection that was lost while the driver asked for the types of arrays was a rejection that nobody hears, which ends the process.',
    upstream: 'not reported',
    from: `        initial.reserve && (initial = null)
        return fetchArrayTypes()`,
    to: `        initial.reserve && (initial = null)
        return fetchArrayTypes().catch(e => (errored(e), socket && socket.destroy()))`,
  },
  {
    file: 'src/connection.js',
    why: 'The same, while it asked whether the server takes writes.',
    upstream: 'not reported',
    from: `    }
    query.execute()
  }`,
    to: `    }
    query.catch(e => (errored(e), socket && socket.destroy()))
  }`,
  },
  {
    file: 'src/index.js',
    why: 'After the connection of a transaction was lost, its further statements waited for ever or ran outside of any transaction, on the connection that took its place.',
    upstream: 'porsager/postgres#1155, #1133, #1186',
    from: `        scope(connection, fn),
        new Promise((_, reject) => connection.onclose = reject)
      ])`,
    to: `        scope(connection, fn),
        new Promise((_, reject) => connection.onclose = e => {
          lost = e
          while (queries.length)
            queries.shift().reject(e)
          reject(e)
        })
      ])`,
  },
  {
    file: 'src/index.js',
    why: 'The same.',
    upstream: 'porsager/postgres#1155, #1133, #1186',
    from: `    const queries = Queue()
    let savepoints = 0
      , connection
      , prepare = null`,
    to: `    const queries = Queue()
    let savepoints = 0
      , connection
      , lost = null
      , prepare = null`,
  },
  {
    file: 'src/index.js',
    why: 'The same.',
    upstream: 'porsager/postgres#1155, #1133, #1186',
    from: `        q.catch(e => uncaughtError || (uncaughtError = e))
        c.queue === full`,
    to: `        q.catch(e => uncaughtError || (uncaughtError = e))
        if (lost)
          return q.reject(lost)
        c.queue === full`,
  },
]
