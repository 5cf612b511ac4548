import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { linesWith, runDoctor } from '../../helpers/doctor.ts'

/** What answers every request with this status. */
async function collector(status: number) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
const endpoint = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url })

test('of traces that are off the doctor says nothing', async () => {
  expect((await runDoctor({})).text).not.toContain('Traces')
  const off = { ...endpoint('http://127.0.0.1:1'), OTEL_SDK_DISABLED: 'true' }
  expect((await runDoctor(off)).text).not.toContain('Traces')
})

test('it says where traces go, and that a collector answers there', async () => {
  const { url, asked } = await collector(200)
  const report = await runDoctor(endpoint(`${url}/`))
  expect(report.text).toContain(`Traces are sent to ${url}/v1/traces (http/protobuf).`)
  expect(linesWith(report, 'A collector answers')).toEqual([expect.stringMatching(/^ {2}✓/)])
  expect(asked).toEqual(['POST /v1/traces'])
  expect(report.exitCode).toBe(0)
})

test.each([
  [404, 'accepts no traces (404)', /^ {2}!/],
  [401, 'OTEL_EXPORTER_OTLP_HEADERS', /^ {4}/],
])('what answers %i is told as it is', async (status, words, level) => {
  const { url } = await collector(status)
  const report = await runDoctor({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/own` })
  expect(report.text).toContain(`Traces are sent to ${url}/own (`)
  expect(linesWith(report, words)).toEqual([expect.stringMatching(level)])
})

test('a collector that is away is a warning, and a forward proxy is not what it is reached by', async () => {
  const away = await runDoctor({
    ...endpoint('http://127.0.0.1:1'),
    HTTP_PROXY: 'http://p.example:1',
  })
  expect(linesWith(away, 'No collector can be reached there (ECONNREFUSED)')).toHaveLength(1)
  expect(away.text).not.toContain('called directly, and not through')
  const outside = { ...endpoint('https://otel.nowhere.invalid'), HTTPS_PROXY: 'http://p.example:1' }
  expect((await runDoctor(outside)).text).toContain('called directly, and not through HTTPS_PROXY')
})
