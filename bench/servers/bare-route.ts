import Fastify from 'fastify'
import { connect } from './connect.ts'

// The bare framework: one route, one primary-key select, a prepared statement, and nothing else.
const sql = connect()
const app = Fastify()

app.get('/healthz', async () => ({ status: 'ok' }))

app.get<{ Params: { id: string } }>('/users/:id', async (request) => {
  const [user] = await sql`
    select id, name, picture, locale, created_at, updated_at
    from latchkey.users where id = ${request.params.id}`
  return user
})

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
