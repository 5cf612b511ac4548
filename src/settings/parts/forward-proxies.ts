import type { ForwardProxies } from '../../core/settings/forward-proxy.ts'
import type { Reader } from '../reader.ts'

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not. */
export function readForwardProxies(reader: Reader): ForwardProxies {
  const proxy = (name: string) => {
    const given = reader.text(name) ?? reader.text(name.toLowerCase())
    if (given === undefined) return null
    const text = given.includes('://') ? given : `http://${given}`
    const url = URL.canParse(text) ? new URL(text) : null
    if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '') return url.href
    reader.refuse('forwardProxy', name)
    return null
  }
  const except = [...reader.list('NO_PROXY', /[\s,]+/), ...reader.list('no_proxy', /[\s,]+/)]
  return { https: proxy('HTTPS_PROXY'), http: proxy('HTTP_PROXY'), except }
}
