import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A web site of its own origin that serves a few files. */
export interface Site {
  origin: string
  close(): Promise<void>
}

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/**
 * Serves files by their path, read at each request; a path without a file type gets `/index.html`, as
 * the server of a single-page app does.
 */
export async function startSite(
  files: Record<string, () => string>,
  host: 'localhost' | '127.0.0.1' = '127.0.0.1',
  port = 0,
): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    const path = pathname.includes('.') ? pathname : '/index.html'
    const file = Object.hasOwn(files, path) ? files[path] : undefined
    if (file === undefined) return response.writeHead(404).end()
    const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    return response.writeHead(200, { 'content-type': type }).end(file())
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return {
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
