// Only undici's connections are loaded: its main module also loads fetch, WebSocket, caches and
// mocks, and its `request` makes a stream of each answer, which costs as much as the call.
import connect from 'undici/lib/api/api-connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'
import type { Deadline } from './deadline.ts'

export type { Dispatcher } from 'undici'
export { Agent, ProxyAgent }

// As undici's main module does it: proxies are reached by a dispatcher's `connect`.
Object.assign(Dispatcher.prototype, { connect })

/** One outgoing request. */
export interface OutgoingCall {
  dispatcher: Dispatcher
  method: 'GET' | 'POST' | 'DELETE'
  deadline: Deadline
  headers: Readonly<Record<string, string>>
  body: string | null
  /**
   * How many bytes of the body are enough, where only status and headers matter: from then on the
   * answer counts, however its body continues.
   */
  enough?: number
}

/** The headers of an answer by lower-case name; a repeated one is a list. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** A complete answer. */
export interface IncomingAnswer {
  status: number
  headers: AnswerHeaders
  body: Buffer
}

/** How long an unneeded body may take to end, so that its connection can be reused. */
const IDLE_BODY_MS = 1_000

/** Sends one request and gives its answer. Rejects where none comes in time, or at all. */
export function send(
  { origin, pathname, search }: URL,
  { dispatcher, method, deadline, headers, body, enough = Number.POSITIVE_INFINITY }: OutgoingCall,
): Promise<IncomingAnswer> {
  return new Promise((resolve, reject) => {
    if (deadline.isOver) return reject(new CallEnded())
    const collector = new Collector(resolve, reject, enough)
    collector.forget = deadline.whenOver(() => collector.stop())
    const path = `${pathname}${search}`
    dispatcher.dispatch({ origin, path, method, headers, body }, collector)
  })
}

/** We ended the call ourselves, as a rule because its time was over. */
class CallEnded extends Error {
  override readonly name = 'CallEnded'
  readonly code = 'TIMEOUT'
  constructor() {
    super('no whole answer in time')
  }
}

/** Collects one answer from undici's events. */
class Collector implements Dispatcher.DispatchHandler {
  /** Stops listening to the deadline. */
  forget: () => void = () => {}
  private readonly resolve: (answer: IncomingAnswer) => void
  private readonly reject: (error: unknown) => void
  private readonly enough: number
  private controller: Dispatcher.DispatchController | null = null
  private isStopped = false
  /** Status and headers are there, and nothing else is needed. */
  private hasEnough = false
  private patience: NodeJS.Timeout | undefined
  private status = 0
  private headers: AnswerHeaders = {}
  private chunks: Buffer[] = []
  private length = 0

  constructor(
    resolve: (answer: IncomingAnswer) => void,
    reject: (error: unknown) => void,
    enough: number,
  ) {
    this.resolve = resolve
    this.reject = reject
    this.enough = enough
  }

  /** Gives the call up, whether it is running or waiting for a connection. */
  stop(): void {
    this.isStopped = true
    const reason = new CallEnded()
    this.controller?.abort(reason)
    this.fail(reason)
  }

  // After a connection was lost before anything was sent, undici uses another one and calls this
  // again.
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.isStopped) controller.abort(new CallEnded())
  }

  // Also called for each informational answer (1xx); the last call is the answer itself.
  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: AnswerHeaders,
  ): void {
    this.status = status
    this.headers = headers
    this.chunks = []
    this.length = 0
    if (this.enough === Number.POSITIVE_INFINITY || status < 200) return
    this.hasEnough = true
    this.patience = setTimeout(() => this.stop(), IDLE_BODY_MS)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk)
    this.length += chunk.length
    if (this.length <= this.enough) return
    this.finish()
    controller.abort(new CallEnded())
  }

  onResponseEnd(): void {
    this.finish()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  private fail(error: Error): void {
    if (this.hasEnough) this.finish()
    else {
      this.forget()
      this.reject(error)
    }
  }

  private finish(): void {
    this.forget()
    clearTimeout(this.patience)
    const { status, headers, chunks } = this
    const [first = Buffer.alloc(0)] = chunks
    this.resolve({ status, headers, body: chunks.length > 1 ? Buffer.concat(chunks) : first })
  }
}
