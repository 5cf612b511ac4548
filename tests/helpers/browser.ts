/** An answer as a browser sees it before it follows anything. */
export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The body as JSON. */
  json: () => Record<string, unknown>
  location: URL | null
}

interface Cookie {
  value: string
  path: string
  attributes: string[]
}

/** A browser with a real cookie jar: cookies per host name, kept and cleared as servers say. */
export class Browser {
  readonly #jars = new Map<string, Map<string, Cookie>>()

  /** One request; redirects are not followed. */
  async send(url: string | URL, init: RequestInit = {}): Promise<Answer> {
    const target = new URL(url)
    const jar = this.jar(target.hostname)
    const headers = new Headers(init.headers)
    if (jar.size > 0 && !headers.has('cookie')) {
      headers.set('cookie', [...jar].map(([name, { value }]) => `${name}=${value}`).join('; '))
    }
    const response = await fetch(target, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(jar, line)
    const text = await response.text()
    const location = response.headers.get('location')
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: () => JSON.parse(text),
      location: location === null ? null : new URL(location, target),
    }
  }

  /** A navigation with every redirect followed. */
  async follow(url: string | URL, init: RequestInit = {}): Promise<Answer> {
    let answer = await this.send(url, init)
    for (let hops = 0; answer.location !== null && hops < 10; hops++) {
      answer = await this.send(answer.location, init)
    }
    return answer
  }

  /** The cookies of a host; a test may change them. */
  jar(hostname = 'localhost'): Map<string, Cookie> {
    const jar = this.#jars.get(hostname) ?? new Map()
    this.#jars.set(hostname, jar)
    return jar
  }

  #keep(jar: Map<string, Cookie>, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(pair.indexOf('=') + 1)
    if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) jar.delete(name)
    else jar.set(name, { value, path: '/', attributes })
  }
}
