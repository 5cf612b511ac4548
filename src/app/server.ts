import cookie from '@fastify/cookie'
import { createTokenSealer } from '../core/provider/provider-tokens.ts'
import { createSealer } from '../core/secrets.ts'
import { isHttps } from '../core/settings/public-url.ts'
import { noTracer } from '../core/tracer.ts'
import { watchMethods } from '../http/routes/methods.ts'
import { createServer } from '../http/server.ts'
import { createRecoveryLinks } from '../login/ways-on/recovery-links.ts'
import { createResumableStates, type ResumableStates } from '../login/ways-on/resumable-state.ts'
import { noMeter, openMetrics } from '../operations/metrics.ts'
import { describeRoutes } from '../operations/openapi.ts'
import { openTracer } from '../operations/traces.ts'
import { version } from '../operations/version.ts'
import { createLook } from '../pages/look.ts'
import { createBareProblemPage, createProblemPage } from '../pages/problem/problem.ts'
import type { ReasonFacts } from '../pages/problem/reason.ts'
import type { Settings } from '../settings/index.ts'
import type { AppContext, AppDependencies } from './context.ts'
import { enabledRows } from './emulation.ts'

/** What pages tell of the settings. */
export const factsOf = ({ publicUrl, people }: Settings): ReasonFacts => ({
  host: new URL(publicUrl).host,
  domains: typeof people.signUp === 'string' ? [] : people.signUp,
})

/** A server without rooms, and what its pages of errors remember of logins. */
export async function openServer(
  settings: Settings,
  dependencies: AppDependencies,
): Promise<AppContext & { refuseOtherMethods: () => void; recovery: ResumableStates }> {
  const { stores, secrets, logStream } = dependencies
  const { publicUrl, clients, logLevel, trustProxy } = settings
  const names = new Map(enabledRows(settings).map(({ id, name }) => [id, name]))
  const recovery = createResumableStates(createSealer(secrets, 'resumable states'))
  const recoveryLinks = createRecoveryLinks({
    clients,
    issuer: publicUrl,
    directAnswer: settings.directAnswer,
    resumable: recovery,
    nameOf: (id) => names.get(id),
  })
  const look = createLook(settings.brand, publicUrl)
  const app = createServer({
    publicUrl,
    logLevel,
    logStream,
    trustProxy,
    sendProblemPage: createProblemPage(recoveryLinks.of, {
      publicUrl,
      facts: factsOf(settings),
      look,
    }),
    bareProblemPage: createBareProblemPage(recoveryLinks.ofNoRequest, look),
  })
  const tracer =
    settings.traces === null
      ? noTracer
      : await openTracer(app, {
          ...settings.traces,
          version,
          scheme: isHttps(publicUrl) ? 'https' : 'http',
        })
  const refuseOtherMethods = watchMethods(app)
  await app.register(cookie)
  describeRoutes(app, publicUrl)
  const meter = settings.metrics
    ? await openMetrics(app, {
        pendingOperations: stores.pendingOperations,
        outboxDepth: stores.outbox.depth,
        endedSessions: stores.audit.endedSessions,
      })
    : noMeter
  if (settings.metrics || settings.traces !== null) {
    stores.observe({ tracer, waited: meter.databaseWaited })
  }
  return {
    ...dependencies,
    app,
    settings,
    meter,
    tracer,
    look,
    tokenSealer: createTokenSealer(createSealer(secrets, 'provider grants')),
    refuseOtherMethods,
    recovery,
  }
}
