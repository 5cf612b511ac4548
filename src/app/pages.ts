import { logoRoute } from '../pages/logo.ts'
import { playgroundRoutes } from '../pages/playground/routes.ts'
import { pageRoutes } from '../pages/routes.ts'
import type { AppContext, Shared } from './context.ts'

/** The list of providers, the logo, and the playground. */
export async function addPages(
  { app, settings }: AppContext,
  { providers }: Shared,
): Promise<void> {
  const { publicUrl, clients, emulate, brand } = settings
  await app.register(async (room) => {
    pageRoutes(room, { publicUrl, providers: providers.list.map(({ row }) => row) })
    if (brand.logo !== null) logoRoute(room, brand.logo)
  })
  await app.register(async (room) =>
    playgroundRoutes(room, {
      publicUrl,
      clients,
      providers: providers.list.map(({ row }) => row.id),
      emulated: emulate,
    }),
  )
}
