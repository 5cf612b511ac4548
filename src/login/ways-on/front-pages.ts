import { type Client, PLAYGROUND } from '../../core/client/client.ts'
import type { FrontPage } from '../../core/pages/recovery.ts'
import { originOf } from '../../core/settings/public-url.ts'

/** The front pages of the apps that people can sign in to. */
export interface FrontPages {
  /**
   * The front page of this app; for an unknown one, those of all apps whose front page is known.
   */
  reachable: (clientId: string | undefined) => readonly { client: string; href: string }[]
  /** The front pages of all apps, the playground last. */
  all: readonly FrontPage[]
  /** The front page of one app; null where the app or its front page is unknown. */
  of(clientId: string): { client: string; href: string } | null
  /**
   * The app's front page as a list, where there is exactly one web app beside our own pages; else
   * empty.
   */
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

/** The root of the client's first redirect URI that is a web page. */
function rootOf({ redirectUris }: Client): string | null {
  const uri = redirectUris.find((one) => /^https?:/.test(one))
  return uri === undefined ? null : new URL('/', uri).href
}
