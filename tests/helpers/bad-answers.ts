import type { ServerResponse } from 'node:http'
import { createGzip, gzipSync } from 'node:zlib'
import type { Call, Reply } from './fake-provider.ts'

type Handler = (call: Call, response: ServerResponse) => void

const JSON_HEADERS = { 'content-type': 'application/json' }

/** The connection is taken and nothing is ever said. */
export const hang: Handler = () => {}

/** Headers, and then nothing. */
export const stall: Handler = (_call, response) => {
  response.writeHead(200, JSON_HEADERS)
  response.flushHeaders()
}

/** The connection is cut without an answer. */
export const reset: Handler = (_call, response) => {
  response.destroy()
}

/** The connection is cut within the answer. */
export const cut: Handler = (_call, response) => {
  response.writeHead(200, { ...JSON_HEADERS, 'content-length': '1000' })
  response.write('{"access_token":', () => response.destroy())
}

/** One byte each second: never silent for long, and never done. */
export const drip: Handler = (_call, response) => {
  response.writeHead(200, JSON_HEADERS)
  response.write('{')
  const timer = setInterval(() => response.write(' '), 1_000)
  response.on('close', () => clearInterval(timer))
}

/** Bytes that the last `flood` managed to write before it was cut off. */
export const flooded = { bytes: 0 }

/** A body of so many bytes with its length told, or without an end. */
export function flood(bytes = Number.POSITIVE_INFINITY): Handler {
  return (_call, response) => {
    const length = Number.isFinite(bytes) ? { 'content-length': String(bytes) } : {}
    response.writeHead(200, { ...JSON_HEADERS, ...length })
    flooded.bytes = 0
    const chunk = Buffer.alloc(64 * 1024, ' ')
    const write = () => {
      while (!response.destroyed && flooded.bytes < bytes) {
        flooded.bytes += chunk.length
        if (!response.write(chunk)) {
          response.once('drain', write)
          return
        }
      }
      response.end()
    }
    write()
  }
}

/** A document, compressed, under any Content-Encoding. */
export function gzipped(document: unknown, encoding = 'gzip'): Handler {
  return (_call, response) => sendBytes(response, gzipSync(JSON.stringify(document)), encoding)
}

/** Compressed bytes as an answer. */
export function sendBytes(response: ServerResponse, body: Buffer, encoding: string): void {
  response.writeHead(200, { ...JSON_HEADERS, 'content-encoding': encoding })
  response.end(body)
}

/** So many megabytes of space, compressed a thousand times, without ever being held whole. */
export async function makeBomb(megabytes: number): Promise<Buffer> {
  const gzip = createGzip({ level: 9 })
  const parts: Buffer[] = []
  gzip.on('data', (part) => parts.push(part))
  const done = new Promise((resolve) => gzip.once('end', resolve))
  const chunk = Buffer.alloc(1024 * 1024, ' ')
  for (let count = 0; count < megabytes; count++) {
    if (!gzip.write(chunk)) await new Promise((resolve) => gzip.once('drain', resolve))
  }
  gzip.end()
  await done
  return Buffer.concat(parts)
}

/** A redirect with the method kept or not. */
export const redirect = (status: number, location: string): Reply => ({
  status,
  headers: { location },
  body: '',
})
