import { type Client, PLAYGROUND } from '../../core/client/client.ts'
import type { FrontPage } from '../../core/pages/recovery.ts'
import { originOf } from '../../core/settings/public-url.ts'

/** The front pages of apps that sign people in. */
export interface FrontPages {
  /** Of this app, else of all that say where theirs is. */
  reachable: (clientId: string | undefined) => readonly { client: string; href: string }[]
  /** Of all, the playground last. */
  all: readonly FrontPage[]
  /** Of one app; null where none is registered or known. */
  of(clientId: string): { client: string; href: string } | null
  /** Of the one web app that there is beside our own pages, as a list; empty where there are none or several. */
  only: readonly FrontPage[]
}

/** Finds the front pages of these clients. */
export function createFrontPages(clients: readonly Client[], issuer: string): FrontPages {
  const apps = clients.filter(({ redirectUris }) => redirectUris.length > 0)
  const isPlayground = ({ id }: Client) => id === PLAYGROUND
  const ordered = [...apps].sort((a, b) => Number(isPlayground(a)) - Number(isPlayground(b)))
  const own = originOf(issuer)
  const elsewhere = apps.filter((client) => {
    const root = rootOf(client)
    return root !== null && new URL(root).origin !== own
  })
  const of = (clientId: string | undefined) => {
    const client = apps.find(({ id }) => id === clientId)
    const href = client === undefined ? null : (client.url ?? rootOf(client))
    return client === undefined || href === null ? null : { client: client.name, href }
  }
  const known = ordered.flatMap(({ name, url }) =>
    url === null ? [] : [{ client: name, href: url }],
  )
  return {
    reachable(clientId) {
      const one = of(clientId)
      return one === null ? known : [one]
    },
    all: ordered.map(({ name, url }) => ({ client: name, href: url })),
    of,
    only:
      elsewhere.length !== 1
        ? []
        : elsewhere.map((client) => ({ client: client.name, href: client.url ?? rootOf(client) })),
  }
}

/** The root of its first redirect URI that is a page. */
function rootOf({ redirectUris }: Client): string | null {
  const uri = redirectUris.find((one) => /^https?:/.test(one))
  return uri === undefined ? null : new URL('/', uri).href
}
