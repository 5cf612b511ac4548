import { createSealer } from '../../core/secrets.ts'
import { readOrMakeSecret } from '../../settings/secret-file.ts'
import { rotateKeys } from '../../tokens/keys/rotate-keys.ts'
import type { AdminRun } from './open-stores.ts'
import type { Shown } from './print.ts'
import { UsageError } from './usage.ts'

const moment = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

/** `admin keys …` */
export async function runKeys({ stores, settings, words, flags }: AdminRun): Promise<Shown> {
  const [verb = ''] = words
  if (verb === 'rotate') {
    const secrets = settings.secrets ?? [readOrMakeSecret(settings.dataDir)]
    await rotateKeys({
      store: stores.signingKeys,
      sealer: createSealer(secrets, 'signing keys'),
      rotationSeconds: settings.signingKeyRotationSeconds,
      accessTokenTtlSeconds: settings.accessTokenTtlSeconds,
      atOnce: flags.now,
    })
  } else if (verb !== 'list')
    throw new UsageError(`There is no command keys ${JSON.stringify(verb)}.`)
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
