import { APP, ask, beginForApp, finishForApp, forEach, type Person, token } from '../load.ts'
import { type Measured, meter } from '../meter.ts'
import type { Side } from '../rounds.ts'
import { addCosts, type Cost } from '../statistics.ts'

const SCOPE = 'profile email account offline_access'

/**
 * The whole path of a single-page app, step by step for as many people as are in a round: start and
 * callback, `/token`, `/me`; then a refresh. Half of the people are new, and half were here before.
 */
export function appSide(
  name: string,
  measured: Measured,
  { users, amount }: { users: number; amount: number },
): Side {
  let round = 0
  const { url } = measured.server
  const step = <Item, Result>(
    items: readonly Item[],
    work: Parameters<typeof forEach<Item, Result>>[2],
  ): Promise<{ cost: Cost; results: Result[] }> => {
    let results: Result[] = []
    return meter(measured, amount, async () => {
      results = await forEach(url, items, work)
    }).then((cost) => ({ cost, results }))
  }
  const walk = async (scope: string) => {
    const people = Array.from({ length: amount }, (_, place): Person => {
      const number = ((round * amount + place) % users) + 1
      const isNew = place % 2 === 0
      return {
        sub: isNew ? `person-of-app-${round}-${place}` : `person-${number}`,
        provider: 'bench',
      }
    })
    round++
    const begun = await step(people, (pool, person) => beginForApp(pool, person, scope))
    const finished = await step(begun.results, finishForApp)
    const redeemed = await step(finished.results, (pool, code) => {
      const place = finished.results.indexOf(code)
      return token(pool, {
        grant_type: 'authorization_code',
        code,
        redirect_uri: APP.redirectUri,
        code_verifier: begun.results[place]?.verifier ?? '',
      })
    })
    const read = await step(redeemed.results, (pool, { access_token }) =>
      ask(pool, 200, {
        method: 'GET',
        path: '/me',
        headers: { authorization: `Bearer ${access_token}`, origin: APP.origin },
      }),
    )
    const refreshed = await step(redeemed.results, (pool, { refresh_token }) =>
      token(pool, { grant_type: 'refresh_token', refresh_token }),
    )
    const [path] = addCosts([[begun.cost], [finished.cost], [redeemed.cost], [read.cost]])
    return { path: path as Cost, redeem: redeemed.cost, refresh: refreshed.cost }
  }
  const units = async (scope: string, suffix: string) => {
    const { path, redeem, refresh } = await walk(scope)
    return {
      [`app path${suffix}`]: path,
      [`redeem${suffix}`]: redeem,
      [`refresh${suffix}`]: refresh,
    }
  }
  return {
    name,
    steps: {
      plain: () => units(SCOPE, ''),
      openid: () => units(`openid ${SCOPE}`, ', openid'),
    },
  }
}
