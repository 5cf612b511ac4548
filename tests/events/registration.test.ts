import { expect, test } from 'vitest'
import type { ProviderRow } from '../../src/core/provider.ts'
import { startEmulator } from '../../src/emulator/index.ts'
import { google } from '../../src/providers/google.ts'
import { twitch } from '../../src/providers/twitch.ts'
import { createOutbound } from '../../src/upstream/outbound.ts'
import { registrationOf } from '../../src/upstream/registration.ts'

test.each([
  ['google', google, { RISC_SERVICE_ACCOUNT: '/the/key/file' }],
  ['twitch', twitch, {}],
] as [string, ProviderRow, Record<string, string>][])(
  'the events of %s are asked for, and where they go is known then and not before',
  async (id, row, more) => {
    const emulator = await startEmulator({
      providers: [id],
      redirectUris: () => `http://localhost:1/login/${id}/callback`,
    })
    const outbound = createOutbound()
    try {
      const given = emulator.settings[id] ?? {}
      const endpoints = Object.fromEntries(
        Object.keys(row.endpoints).map((name) => [name, given[name.toUpperCase()] ?? '']),
      )
      if (id === 'google') endpoints.token_endpoint = ''
      const origin = new URL(given.TOKEN_ENDPOINT ?? '').origin
      const keyFile = await (await fetch(`${origin}/google/emulator/service-account`)).text()
      const values = { EVENTSUB_SECRET: given.EVENTSUB_SECRET ?? '', ...more }
      const calls = registrationOf(
        {
          row: { ...row, endpoints },
          clientId: given.CLIENT_ID ?? '',
          clientSecret: given.CLIENT_SECRET ?? '',
          values,
        },
        { publicUrl: 'http://localhost:1', outbound, readFile: () => keyFile },
      )
      expect(calls?.missing).toEqual([])
      expect(await calls?.status()).toBeNull()
      await calls?.register()
      expect(await calls?.status()).toMatchObject({
        address: `http://localhost:1/providers/${id}/events`,
      })
      await calls?.register()
    } finally {
      await outbound.close()
      await emulator.close()
    }
  },
)
