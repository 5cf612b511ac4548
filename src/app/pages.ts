import { unknownProvider } from '../core/unknown-provider.ts'
import { startLogin } from '../login/start.ts'
import { playgroundRoutes } from '../pages/playground/routes.ts'
import { pageRoutes } from '../pages/routes.ts'
import type { AppContext, Shared } from './context.ts'
import type { Logins } from './logins.ts'

/** The sign-in page, the list of providers, the playground. */
export async function addPages(
  { app, settings }: AppContext,
  { providers, limits }: Shared,
  logins: Logins,
): Promise<void> {
  const { publicUrl, clients, emulate } = settings
  await app.register(async (room) =>
    pageRoutes(room, {
      publicUrl,
      clients,
      providers: providers.list.map(({ row }) => ({
        id: row.id,
        name: row.name,
        button: row.button,
        refusesWebViews: row.refusesWebViews,
        emulated: emulate.includes(row.id),
      })),
      async startLogin(id, request, reply) {
        const login = logins.get(id)
        if (login === undefined) throw unknownProvider()
        await limits.login(request)
        return startLogin(login, request, reply)
      },
    }),
  )
  await app.register(async (room) =>
    playgroundRoutes(room, {
      publicUrl,
      clients,
      providers: providers.list.map(({ row }) => row.id),
      emulated: emulate,
    }),
  )
}
