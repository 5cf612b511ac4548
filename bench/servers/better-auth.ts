import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { genericOAuth } from 'better-auth/plugins'
import { Pool } from 'pg'

// better-auth as its own documentation sets it up, with its PostgreSQL adapter, on Node's bare HTTP
// server: no framework costs it anything. Its limits, telemetry and log are off, as Latchkey's limits are.
const self = process.env.PUBLIC_URL ?? ''
const options = {
  baseURL: self,
  secret: 'a secret of the benchmark, longer than 32 characters',
  database: new Pool({ max: 10 }),
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  trustedOrigins: [self],
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: 'bench',
          discoveryUrl: `${process.env.ISSUER}/bench/.well-known/openid-configuration`,
          clientId: 'bench-client',
          clientSecret: 'bench-secret',
          scopes: ['openid', 'profile', 'email'],
          pkce: true,
        },
      ],
    }),
  ],
}

const { runMigrations } = await getMigrations(options)
await runMigrations()
const handler = toNodeHandler(betterAuth(options))

createServer((request, response) => {
  if (request.url !== '/healthz') return handler(request, response)
  response.end('ok')
}).listen(Number(process.env.PORT), '127.0.0.1')
