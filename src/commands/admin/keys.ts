import { createSealer } from '../../core/secrets.ts'
import type { SigningKeys } from '../../core/tokens/key-store.ts'
import { readOrMakeSecret } from '../../settings/secret-file.ts'
import { currentKey, isRetired } from '../../tokens/keys/key-plan.ts'
import { rotateKeys } from '../../tokens/keys/rotate-keys.ts'
import type { AdminRun } from './open-stores.ts'
import type { Shown } from './print.ts'
import { AdminError, noSuchVerb, UsageError } from './usage.ts'

const moment = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

/** Retires a key at once, where another one can sign in its place. */
async function retire(store: SigningKeys, kid: string): Promise<void> {
  if (kid === '') throw new UsageError('keys retire needs the kid of a key: `keys list` says it.')
  await store.update(async (ring, now) => {
    const key = ring.find((one) => one.kid === kid)
    if (key === undefined) throw new AdminError(`There is no key ${kid}.`)
    const living = ring.filter((one) => one.alg === key.alg && !isRetired(one, now))
    if (key.publishedUntil === null && currentKey(living, now)?.kid === kid) {
      throw new AdminError(
        'It signs. `keys rotate --now` first: half a minute later another one does.',
      )
    }
    return { add: [], change: [{ ...key, publishedUntil: now - 1 }], remove: [] }
  })
}

/** `admin keys …` */
export async function runKeys({ stores, settings, words, flags }: AdminRun): Promise<Shown> {
  const [verb = '', kid = ''] = words
  if (verb === 'rotate') {
    const secrets = settings.secrets ?? [readOrMakeSecret(settings.dataDir)]
    await rotateKeys({
      store: stores.signingKeys,
      sealer: createSealer(secrets, 'signing keys'),
      rotationSeconds: settings.signingKeyRotationSeconds,
      accessTokenTtlSeconds: settings.accessTokenTtlSeconds,
      atOnce: flags.now,
    })
  } else if (verb === 'retire') {
    await retire(stores.signingKeys, kid)
  } else if (verb !== 'list') throw noSuchVerb('keys', verb)
  const { ring, now } = await stores.signingKeys.read()
  return {
    rows: ring.map(({ kid, alg, signsFrom, publishedUntil }) => ({
      kid,
      alg,
      signs_from: moment(signsFrom),
      published_until: moment(publishedUntil),
      state:
        publishedUntil !== null && publishedUntil < now
          ? 'retired'
          : signsFrom > now
            ? 'to come'
            : publishedUntil === null
              ? 'in force'
              : 'published',
    })),
  }
}
