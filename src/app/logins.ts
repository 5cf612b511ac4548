import type { Asking } from '../core/events/audit.ts'
import type { SessionRef } from '../core/identity/session-ref.ts'
import { createSealer } from '../core/secrets.ts'
import { placeOf } from '../http/log/known.ts'
import { askerOf } from '../http/requests/asker.ts'
import { createFormUsers } from '../login/finish/form-post.ts'
import { createFlowCookies } from '../login/flow.ts'
import type { Login } from '../login/login.ts'
import { entryRoutes, loginRoutes } from '../login/routes.ts'
import type { ResumableStates } from '../login/ways-on/resumable-state.ts'
import { createFormPage } from '../pages/form-page.ts'
import { createPopupPage } from '../pages/popup.ts'
import { createRefusalPage } from '../pages/problem/refusal.ts'
import { isInAppBrowser } from '../pages/sign-in/in-app.ts'
import { createSignInPage } from '../pages/sign-in/sign-in.ts'
import { createTokenPage } from '../pages/token-page.ts'
import type { AppContext, Shared } from './context.ts'
import { factsOf } from './server.ts'

/** One login per enabled provider, by its id. */
export type Logins = ReadonlyMap<string, Login>

/** Signing in at each of the providers. */
export async function addLogins(
  { app, settings, stores, secrets, meter, look, tokenSealer }: AppContext,
  { tokens, cookies, providers, limits }: Shared,
  resumable: ResumableStates,
): Promise<Logins> {
  const common = {
    issuer: settings.publicUrl,
    clients: settings.clients,
    resumable,
    flowCookies: createFlowCookies(createSealer(secrets, 'flow cookies'), settings.publicUrl),
    formUsers: createFormUsers(createSealer(secrets, 'form users')),
    tokenSealer,
    usedFlows: stores.usedFlows,
    signIns: stores.signIns,
    readIdTokenHint: tokens.readIdTokenHint,
    linkCodes: stores.linkCodes,
    endSession: (session: SessionRef & Asking) => stores.sessions.end(session, 'replaced'),
    prepareSession: tokens.prepareSession,
    sessionCookies: cookies,
    directAnswer: settings.directAnswer,
    findAccount: stores.accounts.findBySession,
    sendPopupPage: createPopupPage(look),
    sendFormPage: createFormPage(look),
    sendRefusalPage: createRefusalPage(look, factsOf(settings)),
    sendTokenPage: createTokenPage(look),
    isInAppBrowser,
  }
  const logins = new Map<string, Login>(
    providers.list.map((provider) => {
      const { id } = provider.row
      return [
        id,
        {
          ...common,
          provider,
          ended: (way, outcome) => meter.loginEnded(id, way, outcome),
          failed: (request, clientId, reason) =>
            stores.audit
              .record({ type: 'sign_in.failed', provider: id, clientId, reason }, askerOf(request))
              // The person is answered all the same.
              .catch((err) =>
                request.log.warn(
                  { event: 'audit_failed', ...placeOf(request), err },
                  'a failed sign-in could not be recorded in the audit log',
                ),
              ),
        },
      ]
    }),
  )
  const entry = {
    ...common,
    find: (id: string) => logins.get(id),
    sendSignInPage: createSignInPage(
      providers.list.map(({ row }) => ({ ...row, emulated: settings.emulate.includes(row.id) })),
      settings.publicUrl,
      look,
    ),
  }
  await app.register(async (room) => entryRoutes(room, { ...entry, limit: limits.login }))
  await app.register(async (room) => {
    room.addHook('onRequest', limits.login)
    // Counted already.
    loginRoutes(room, { ...entry, limit: async () => {} })
  })
  return logins
}
