import type { Socket } from 'node:net'
import type { ErrorCode } from '../../core/errors.ts'
import { problemOf } from './problems.ts'

/** The page for a browser whose request could not be parsed: headers and text. */
export type BarePage = (
  code: ErrorCode,
  acceptLanguage: string | undefined,
) => { headers: Record<string, string>; html: string }

const REFUSED: Record<string, readonly [status: string, ErrorCode, detail: string]> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'payload_too_large',
    'The headers are too large.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    'request_timeout',
    'The request did not arrive in time.',
  ],
}
const UNREADABLE = ['400 Bad Request', 'invalid_request', 'The request cannot be read.'] as const

/** Answers requests that Node refuses while parsing them, and ends the connection. */
export function answerClientErrors(
  publicUrl: string,
  security: Record<string, string>,
  barePage: BarePage,
) {
  return (error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy(error)
      return
    }
    const [status, code, detail] = REFUSED[error.code ?? ''] ?? UNREADABLE
    // Only the bytes that came last are known of such a request.
    const bytes = Buffer.isBuffer(error.rawPacket) ? error.rawPacket : Buffer.alloc(0)
    const sent = bytes.toString('latin1', 0, 65_536)
    const header = (name: string) =>
      new RegExp(`\r\n${name}: *([^\r\n]{0,500})`, 'i').exec(sent)?.[1]
    const page = header('accept')?.includes('text/html')
      ? barePage(code, header('accept-language'))
      : null
    const problem = {
      ...problemOf(code, detail, { requestId: crypto.randomUUID(), publicUrl }),
      status: Number.parseInt(status, 10),
    }
    const body = page?.html ?? JSON.stringify(problem)
    const headers = {
      ...security,
      'content-type': 'application/problem+json; charset=utf-8',
      ...page?.headers,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`)
    // What still comes is read and dropped for a second: an answer on a connection that is cut at
    // once would be lost.
    socket.resume()
    setTimeout(() => socket.destroy(), 1_000).unref()
  }
}
