/**
 * What is mended in the database driver, hunk by hunk, with the report upstream. The driver stays
 * `postgres`, at one exact version: `apply.mjs` changes these places of the installed package, and the
 * service refuses to start on a driver that is not exactly this one (`src/db/connection/driver.ts`).
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
    greeted = true
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
    // A sign-in that must be bound (channel_binding=require) is done in no other way.
    if (options.channel_binding && options.channel_binding.required) {
      if (type === 12) bound = gs2 !== null && gs2 !== 'n,,'
      else if (type !== 10 && type !== 11 && !(type === 0 && bound))
        throw Errors.connection('CHANNEL_BINDING_REFUSED', options, socket)
    }
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
    why: 'A connection that was lost while the driver asked whether the server takes writes was a rejection that nobody hears, which ends the process.',
    upstream: 'not reported',
    from: `    }
    query.execute()
  }`,
    to: `    }
    query.catch(e => (errored(e), socket && socket.destroy()))
  }`,
  },
  {
    file: 'src/connection.js',
    why: 'A server that refuses TLS was spoken to in TLS all the same: the error said nothing of the reason.',
    upstream: 'not reported',
    from: `      if (!canSSL && ssl === 'prefer')
        return connected()`,
    to: `      if (!canSSL && ssl === 'prefer')
        return connected()
      if (!canSSL)
        return (errored(Errors.connection('TLS_REFUSED', socket, socket)), socket.destroy())`,
  },
  {
    file: 'src/connection.js',
    why: 'channel_binding was not done and not refused: a sign-in is bound to the certificate of its connection (SCRAM-SHA-256-PLUS, RFC 5802 and 5929) where that is wanted.',
    upstream: 'porsager/postgres#1008 (open)',
    from: `  async function SASL() {
    nonce = (await crypto.randomBytes(18)).toString('base64')
    b().p().str('SCRAM-SHA-256' + b.N)
    const i = b.i
    write(b.inc(4).str('n,,n=*,r=' + nonce).i32(b.i - i - 4, i).end())
  }`,
    to: `  async function SASL(x) {
    if (gs2 !== null)
      throw Errors.generic('SASL_CHALLENGE_REFUSED', 'The server began another sign-in')
    const offered = x.toString('utf8', 9).split(b.N)
    const endPoint = options.channel_binding && offered.includes('SCRAM-SHA-256-PLUS')
      ? options.channel_binding.endPointOf(socket)
      : null
    if (!endPoint && options.channel_binding && options.channel_binding.required)
      throw Errors.connection('CHANNEL_BINDING_REFUSED', options, socket)
    gs2 = endPoint ? 'p=tls-server-end-point,,' : 'n,,'
    binding = Buffer.concat([Buffer.from(gs2), endPoint || Buffer.alloc(0)]).toString('base64')
    nonce = (await crypto.randomBytes(18)).toString('base64')
    b().p().str((endPoint ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256') + b.N)
    const i = b.i
    write(b.inc(4).str(gs2 + 'n=*,r=' + nonce).i32(b.i - i - 4, i).end())
  }`,
  },
  {
    file: 'src/connection.js',
    why: 'A server, or somebody in its place, chose how long the whole process stood still (SCRAM iterations without a limit, reckoned in the one thread: CVE-2026-42198 of pgjdbc), and a challenge with the nonce of another sign-in was answered (RFC 5802, section 5.1). It is reckoned beside, for two connections at once and once for each: a server that repeated its challenge kept all threads of the process for minutes. A sign-in that was given up meanwhile answers nothing. The password is prepared as RFC 5802 has it (SASLprep), where that is wanted.',
    upstream: 'not reported',
    from: `    const saltedPassword = await crypto.pbkdf2Sync(
      await Pass(),
      Buffer.from(res.s, 'base64'),
      parseInt(res.i), 32,
      'sha256'
    )

    const clientKey = await hmac(saltedPassword, 'Client Key')

    const auth = 'n=*,r=' + nonce + ','
`,
    to: `    const own = nonce
        , at = socket
        , count = Number(res.i)
    nonce = null
    if (!own || !String(res.r).startsWith(own) || res.r === own || !(count >= 1 && count <= 4e6))
      throw Errors.generic('SASL_CHALLENGE_REFUSED', 'The server did not answer as one that knows this sign-in')

    const password = (options.prepare_password || String)(await Pass())
    const saltedPassword = await reckon(() => socket === at, () => new Promise((resolve, reject) => crypto.pbkdf2(
      password, Buffer.from(String(res.s), 'base64'), count, 32, 'sha256',
      (error, key) => error ? reject(error) : resolve(key)
    )))
    if (socket !== at)
      return

    const clientKey = await hmac(saltedPassword, 'Client Key')

    const auth = 'n=*,r=' + own + ','
`,
  },
  {
    file: 'src/connection.js',
    why: 'The same: two threads at most, of the four that also look up names and read files, and none for a connection that is gone.',
    upstream: 'not reported',
    from: `function xor(a, b) {`,
    to: `let reckoning = 0
const waiting = []

async function reckon(isWanted, work) {
  if (reckoning < 2)
    reckoning++
  else
    await new Promise(resolve => waiting.push(resolve))
  try {
    return isWanted() ? await work() : null
  } finally {
    const next = waiting.shift()
    next ? next() : reckoning--
  }
}

function xor(a, b) {`,
  },
  {
    file: 'src/connection.js',
    why: 'Before anybody had proved who they are, a message might be of four gigabytes, all of which was kept: whoever answered in the place of the server filled the memory within the time that a connection may take.',
    upstream: 'not reported',
    from: `      length = incoming.readUInt32BE(1)
`,
    to: `      length = incoming.readUInt32BE(1)
      if (!greeted && length > 65536) {
        errored(Errors.generic('SASL_CHALLENGE_REFUSED', 'The server sent too much before it let anybody in'))
        incoming = Buffer.alloc(0)
        return socket && socket.destroy()
      }
`,
  },
  {
    file: 'src/connection.js',
    why: 'channel_binding: the first message of the proof names the binding.',
    upstream: 'porsager/postgres#1008 (open)',
    from: `               + ',c=biws,r=' + res.r

    server`,
    to: `               + ',c=' + binding + ',r=' + res.r

    server`,
  },
  {
    file: 'src/connection.js',
    why: 'channel_binding: so does the last one.',
    upstream: 'porsager/postgres#1008 (open)',
    from: "    const payload = 'c=biws,r=' + res.r + ',p=' + xor(",
    to: "    const payload = 'c=' + binding + ',r=' + res.r + ',p=' + xor(",
  },
  {
    file: 'src/connection.js',
    why: 'channel_binding: what a connection knows of it.',
    upstream: 'porsager/postgres#1008 (open)',
    from: `    , nonce = null
    , query = null`,
    to: `    , nonce = null
    , binding = null
    , bound = false
    , greeted = false
    , gs2 = null
    , query = null`,
  },
  {
    file: 'src/connection.js',
    why: 'channel_binding: of each connection anew.',
    upstream: 'porsager/postgres#1008 (open)',
    from: `      statements = {}
      needsTypes = options.fetch_types`,
    to: `      statements = {}
      bound = greeted = false
      gs2 = nonce = serverSignature = null
      needsTypes = options.fetch_types`,
  },
  {
    file: 'src/connection.js',
    why: "A statement whose message cannot be built (an undefined parameter, a date that is none) stood in the queue all the same, and failed its neighbour: from then on each statement of the connection got the answer of the one before, and the last one none. The message is built first; in place of one that cannot be, or of one that was cancelled while its transaction was at another, goes a Sync, whose answer is nobody's. A transaction whose first word met a full socket, or a connection that sends one statement at a time, was begun without a connection.",
    upstream: 'not reported',
    from: `    if (q.cancelled)
      return

    try {
      q.state = backend
      query
        ? sent.push(q)
        : (query = q, query.active = true)

      build(q)
      return write(toBuffer(q))
        && !q.describeFirst
        && !q.cursorFn
        && sent.length < max_pipeline
        && (!q.options.onexecute || q.options.onexecute(connection))
    } catch (error) {
      sent.length === 0 && write(Sync)
      errored(error)
      return true
    }
  }`,
    to: `    let message = Sync
    try {
      q.cancelled || (build(q), message = toBuffer(q))
    } catch (error) {
      q.describeFirst = false
      queryError(q, error)
    }

    q.state = backend
    q.cancelled = null
    query
      ? sent.push(q)
      : (query = q, query.active = message !== Sync)

    q.options.onexecute && q.options.onexecute(connection)
    return write(message)
      && !q.describeFirst
      && !q.cursorFn
      && !q.options.onexecute
      && sent.length < max_pipeline
  }`,
  },
  {
    file: 'src/connection.js',
    why: 'A prepared statement that the server no longer knows, or whose tables have changed, is sent again, and its parameters were written a second time: of true came false, of bytes the bytes of their text.',
    upstream: 'not reported',
    from: `    q.parameters = q.parameters || parameters
`,
    to: `    q.parameters = parameters
`,
  },
  {
    file: 'src/connection.js',
    why: 'A statement that was cancelled while its connection was made left the connection in between for ever: the pool lost a place each time.',
    upstream: 'not reported',
    from: `      initial && !initial.reserve && execute(initial)
      options.shared.retries = retries = 0
      initial = null
      return
    }`,
    to: `      const first = initial
      options.shared.retries = retries = 0
      initial = null
      if (first && !first.cancelled) {
        first.reserve || execute(first)
        return
      }
    }`,
  },
  {
    file: 'src/connection.js',
    why: 'Each execution of a prepared statement joined its types and its whole text into a new key and hashed it: more than ten microseconds for a long one.',
    upstream: 'not reported',
    from: '    q.signature = q.prepare && types + string\n',
    to: '    q.signature = q.prepare && signatureOf(types, string)\n',
  },
  {
    file: 'src/connection.js',
    why: 'Keys of prepared statements: each is joined once. Statements are as many as there are constant texts; should they ever be more, they are joined anew.',
    upstream: 'not reported',
    from: `  function write(x, fn) {
    chunk = chunk`,
    to: `  function signatureOf(types, string) {
    const key = types.join()
    const known = signatures.get(string) || new Map()
    const signature = known.get(key) || key + string
    signatures.size < 1000 && signatures.set(string, known)
    known.size < 10 && known.set(key, signature)
    return signature
  }

  function write(x, fn) {
    chunk = chunk`,
  },
  {
    file: 'src/connection.js',
    why: 'Keys of prepared statements: where they are kept.',
    upstream: 'not reported',
    from: `    , statementCount = 1
    , closedTime`,
    to: `    , statementCount = 1
    , signatures = new Map()
    , closedTime`,
  },
  {
    file: 'src/connection.js',
    why: 'What is to be written waited for the next turn of the event loop. It goes at the end of this tick, still as one.',
    upstream: 'not reported',
    from: `    nextWriteTimer === null && (nextWriteTimer = setImmediate(nextWrite))
    return true
  }
`,
    to: `    if (!ticking) {
      ticking = true
      process.nextTick(endOfTick)
    }
    return true
  }

  function endOfTick() {
    ticking = false
    chunk && nextWrite()
  }
`,
  },
  {
    file: 'src/connection.js',
    why: 'Whether a write waits for the end of this tick.',
    upstream: 'not reported',
    from: `    , nextWriteTimer = null
    , terminated`,
    to: `    , nextWriteTimer = null
    , ticking = false
    , terminated`,
  },
  {
    file: 'src/connection.js',
    why: 'What waits for the end of the tick does not go out behind the end of the connection.',
    upstream: 'not reported',
    from: `    clearImmediate(nextWriteTimer)
    if (socket) {`,
    to: `    chunk = null
    if (socket) {`,
  },
  {
    file: 'src/connection.js',
    why: 'A connection that was to end while it was being made was made all the same, and stayed with its server: a pool that is dropped under load left them behind, up to an hour.',
    upstream: 'not reported',
    from: `      socket.readyState === 'open' && socket.end(b().X().end())`,
    to: `      socket.readyState === 'open' ? socket.end(b().X().end()) : socket.destroy()`,
  },
  {
    file: 'src/connection.js',
    why: 'Ended while being made: it goes no further.',
    upstream: 'not reported',
    from: `    terminated = false
    backendParameters = {}
    socket || (socket = await createSocket())

    if (!socket)
      return
`,
    to: `    if (terminated)
      return
    backendParameters = {}
    socket || (socket = await createSocket())

    if (!socket)
      return
    if (terminated)
      return socket.destroy()
`,
  },
  {
    file: 'src/connection.js',
    why: 'Ended while being made: who asks for a connection begins anew, and not what was to be tried a moment later.',
    upstream: 'not reported',
    from: `  function reconnect() {
`,
    to: `  function reconnect() {
    terminated = false
`,
  },
  {
    file: 'src/queue.js',
    why: 'The queue of free connections grew by a place with each statement while one connection was free, for ever, and each statement looked through all of it.',
    upstream: 'not reported',
    from: `      const index = xs.indexOf(x)
      return index === -1
        ? null
        : (xs.splice(index, 1), x)`,
    to: `      const place = xs.indexOf(x, index)
      return place === -1
        ? null
        : (xs.splice(place, 1), x)`,
  },
  {
    file: 'src/queue.js',
    why: 'The same.',
    upstream: 'not reported',
    from: `        xs[index - 1] = undefined
      }
`,
    to: `        xs[index - 1] = undefined
        index > 100 && index * 2 > xs.length && (xs = xs.slice(index), index = 0)
      }
`,
  },
  {
    file: 'src/index.js',
    why: 'Each statement went by the connection that had rested longest: one request after another met ten cold sockets and ten cold servers. The one that rested shortest is taken.',
    upstream: 'not reported',
    from: `    if (open.length)
      return go(open.shift(), query)`,
    to: `    if (open.length)
      return go(open.pop(), query)`,
  },
  {
    file: 'src/queue.js',
    why: 'The connection that rested shortest: how it is taken.',
    upstream: 'not reported',
    from: `    push: (x) => (xs.push(x), x),
`,
    to: `    push: (x) => (xs.push(x), x),
    pop: () => {
      const out = xs.pop()
      index === xs.length && (index = 0, xs = [])
      return out
    },
`,
  },
  {
    file: 'src/result.js',
    why: 'What a result knows beside its rows was described property by property for each one: twenty times what the same in private fields costs.',
    upstream: 'not reported',
    from: `  constructor() {
    super()
    Object.defineProperties(this, {
      count: { value: null, writable: true },
      state: { value: null, writable: true },
      command: { value: null, writable: true },
      columns: { value: null, writable: true },
      statement: { value: null, writable: true }
    })
  }
`,
    to: `  #count = null
  #state = null
  #command = null
  #columns = null
  #statement = null

  get count() { return this.#count }
  set count(x) { this.#count = x }
  get state() { return this.#state }
  set state(x) { this.#state = x }
  get command() { return this.#command }
  set command(x) { this.#command = x }
  get columns() { return this.#columns }
  set columns(x) { this.#columns = x }
  get statement() { return this.#statement }
  set statement(x) { this.#statement = x }
`,
  },
  {
    file: 'src/connection.js',
    why: 'What the server says as it ends a connection was lost where a statement was under way: whoever was ended by a time limit, a shutdown or a pooler that takes no transactions was told that the connection was closed, and not why.',
    upstream: 'not reported',
    from: `    errored(err)
    while (sent.length)`,
    to: `    errored(errorResponse || err)
    while (sent.length)`,
  },
  {
    file: 'src/query.js',
    why: 'In Node 20 each answer outlived the collections of the young heap by way of these closures, until the old one was collected: a tenth of the CPU time under load.',
    upstream: 'not reported',
    from: `    this.resolve = x => (this.active = false, resolve(x))
    this.reject = x => (this.active = false, reject(x))
`,
    to: `    this.settle = { resolve, reject }
`,
  },
  {
    file: 'src/query.js',
    why: 'Answers that outlived the young heap: settled by methods, which keep nothing.',
    upstream: 'not reported',
    from: `  get origin() {`,
    to: `  resolve(x) {
    this.active = false
    this.settle.resolve(x)
  }

  reject(x) {
    this.active = false
    this.settle.reject(x)
  }

  get origin() {`,
  },
  {
    file: 'src/query.js',
    why: 'A cancel that cannot reach the server was a rejection that nobody hears, which ends the process.',
    upstream: 'not reported',
    from: 'return this.canceller && (this.canceller(this), this.canceller = null)',
    to: 'return this.canceller && (this.canceller(this).catch(() => { /* noop */ }), this.canceller = null)',
  },
  {
    file: 'src/index.js',
    why: 'Settings of other programs in the environment (PGSSL, PGTARGETSESSIONATTRS …) changed connections whose every setting is given.',
    upstream: 'not a fault upstream',
    from: `  const env = process.env // eslint-disable-line
      , o`,
    to: `  const env = {}
      , o`,
  },
  {
    file: 'src/connection.js',
    why: 'sslmode=prefer with a certificate of its own presents it, as libpq does.',
    upstream: 'not reported',
    from: `    if (ssl === 'require' || ssl === 'allow' || ssl === 'prefer')
      options.rejectUnauthorized = false`,
    to: `    if (ssl === 'require' || ssl === 'allow' || ssl === 'prefer')
      Object.assign(options, { rejectUnauthorized: false }, prefer_tls)`,
  },
  {
    file: 'src/connection.js',
    why: 'sslmode=prefer with a certificate: read from the options.',
    upstream: 'not reported',
    from: `    sslnegotiation,
    ssl,
    max,`,
    to: `    sslnegotiation,
    ssl,
    prefer_tls,
    max,`,
  },
  {
    file: 'src/index.js',
    why: 'sslmode=prefer with a certificate: kept among the options.',
    upstream: 'not reported',
    from: `    socket          : o.socket,`,
    to: `    prefer_tls      : o.prefer_tls,
    prepare_password: o.prepare_password,
    socket          : o.socket,`,
  },
  {
    file: 'src/index.js',
    why: 'channel_binding: kept among the options.',
    upstream: 'porsager/postgres#1008 (open)',
    from: `    socket          : o.socket,
    transform`,
    to: `    socket          : o.socket,
    channel_binding : o.channel_binding,
    transform`,
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
    why: 'What still waited when a pool was ended got a new connection where the others had ended in time, and that stayed.',
    upstream: 'not reported',
    from: `    options.onclose && options.onclose(c.id)
    queries.length && connect(c, queries.shift())`,
    to: `    options.onclose && options.onclose(c.id)
    while (ending && queries.length)
      queries.shift().reject(Errors.connection('CONNECTION_ENDED', options, options))
    queries.length && connect(c, queries.shift())`,
  },
  {
    file: 'src/index.js',
    why: 'Lost connections of transactions: what is known of it.',
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
    why: 'Lost connections of transactions: further statements are refused.',
    upstream: 'porsager/postgres#1155, #1133, #1186',
    from: `        q.catch(e => uncaughtError || (uncaughtError = e))
        c.queue === full`,
    to: `        q.catch(e => uncaughtError || (uncaughtError = e))
        if (lost)
          return q.reject(lost)
        c.queue === full`,
  },
  {
    file: 'src/query.js',
    why: 'The constructor and whatever calls it was compiled for speed again and again, in vain: V8 of Node 20 drops that of a class with a computed static name. Some milliseconds of CPU time each, for ever.',
    upstream: 'not reported',
    from: `  static get [Symbol.species]() {
    return Promise
  }
`,
    to: `  static {
    Object.defineProperty(this, Symbol.species, { get: () => Promise })
  }
`,
  },
  {
    file: 'src/result.js',
    why: 'Compiled again and again, in vain: the same.',
    upstream: 'not reported',
    from: `  static get [Symbol.species]() {
    return Array
  }
`,
    to: `  static {
    Object.defineProperty(this, Symbol.species, { get: () => Array })
  }
`,
  },
]
