import { createHmac } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ERRORS } from '../../src/http/errors/error-table.ts'
import { APPS, authorize, getCode, post, SPA, VERIFIER, WEB } from '../helpers/apps.ts'
import { login } from '../helpers/latchkey.ts'
import { until } from '../helpers/leaving.ts'
import { exchange, nativeClaims } from '../helpers/native.ts'
import { startProgram, whyMissing } from '../helpers/programs.ts'
import { freePort, newFolder } from '../helpers/server-process.ts'
import { setStage } from '../helpers/stage.ts'

const ROOT = join(import.meta.dirname, '../..')
const GITHUB_SECRET = 'secret-of-the-webhook-at-github'

const { provider, latchkey } = setStage({
  settings: {
    ...APPS,
    METRICS: 'on',
    RATE_LIMIT: 'on',
    GITHUB_CLIENT_ID: 'client-at-github',
    GITHUB_CLIENT_SECRET: 'secret-at-github',
    GITHUB_WEBHOOK_SECRET: GITHUB_SECRET,
    // Nobody listens there: the outbox has something that waits.
    WEBHOOK_URL: 'http://127.0.0.1:9/hook',
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    WEBHOOK_EVENTS: '*',
  },
})

/** One series of a scrape. */
interface Series {
  name: string
  labels: Record<string, string>
}

async function scrape(): Promise<{ text: string; series: Series[] }> {
  const text = await (await fetch(`${latchkey.url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const series = lines.map((line) => {
    const [, name = '', labels = ''] = /^([a-z0-9_]+)(?:\{(.*)\})? /i.exec(line) ?? []
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)]
    return { name, labels: Object.fromEntries(pairs.map(([, label, value]) => [label, value])) }
  })
  return { text, series }
}

/** What an operator's night is made of: each of our metrics has a series then. */
async function liveThroughANight() {
  // From here on sessions that end are counted.
  await scrape()
  await login(latchkey, provider)
  await exchange(latchkey, await provider.sign(nativeClaims(provider)))
  provider.answers.token = { status: 500, body: {} }
  await authorize(latchkey, provider)
  await login(latchkey, provider)
  provider.reset()
  // A code without a challenge that comes twice ends its session.
  const code = await getCode(latchkey, provider, {
    ...{ client_id: WEB.client_id, redirect_uri: WEB.redirect_uri },
    ...{ code_challenge: null, code_challenge_method: null },
  })
  for (let turn = 0; turn < 2; turn++) {
    await post(`${latchkey.url}/token`, { grant_type: 'authorization_code', ...WEB, code })
  }
  await post(`${latchkey.url}/token`, {
    ...{ grant_type: 'authorization_code', ...SPA, code: 'foreign', code_verifier: VERIFIER },
  })
  await tellOf('ping')
  for (let turn = 0; turn < 61; turn++) {
    await fetch(`${latchkey.url}/login/fake`, { redirect: 'manual' })
  }
  // Ended sessions are counted ten seconds late.
  await latchkey.database.query(
    `update latchkey.audit_events set at = at - interval '10 seconds' where type = 'session.ended'`,
  )
  await until(async () => {
    const names = (await scrape()).series.map(({ name }) => name)
    expect(names).toContain('latchkey_outbox_attempts_total')
    expect(names).toContain('latchkey_outbox_waiting')
  })
}

function tellOf(event: string) {
  const body = '{}'
  const signature = createHmac('sha256', GITHUB_SECRET).update(body).digest('hex')
  return fetch(`${latchkey.url}/providers/github/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': crypto.randomUUID(),
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body,
  })
}

const rules = await (async () => {
  const text = await readFile(join(ROOT, 'deploy/alerts.yaml'), 'utf8')
  const found = [...text.matchAll(/- alert: (\w+)\n\s+expr: (.+)\n/g)]
  return found.map(([, name = '', expression = '']) => ({ name, expression }))
})()
const panels = await (async () => {
  const { panels: all } = JSON.parse(
    await readFile(join(ROOT, 'deploy/grafana-dashboard.json'), 'utf8'),
  ) as { panels: { title: string; targets: { expr: string }[] }[] }
  return all.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ name: title, expression: expr })),
  )
})()

beforeAll(liveThroughANight)

describe('the metrics', () => {
  test.each(['docs/operating.md', 'docs/ko/operating.md'])(
    'are those that the table in %s names, with their labels',
    async (page) => {
      const { text, series } = await scrape()
      const registered = [...text.matchAll(/^# TYPE (latchkey_\w+) /gm)].map(
        ([, name]) => name ?? '',
      )
      const rows = (await readFile(join(ROOT, page), 'utf8')).match(/^\| `latchkey_.*$/gm) ?? []
      const told = rows.flatMap((row) => {
        const [, names = '', rest = ''] = row.split('|')
        // What stands in brackets are values.
        const labels = rest.replaceAll(/\([^)]*\)/g, '').match(/`\w+`/g) ?? []
        return (names.match(/\w+/g) ?? []).map((name) => ({ name, labels }))
      })
      expect(told.map(({ name }) => name).sort()).toEqual(registered.sort())
      for (const { name, labels } of told) {
        const found = series.filter((one) => one.name.replace(/_(bucket|sum|count)$/, '') === name)
        expect(found, `no series of ${name}`).not.toEqual([])
        const known = new Set(found.flatMap((one) => Object.keys(one.labels)))
        known.delete('le')
        expect([...known].sort(), name).toEqual(labels.map((label) => label.slice(1, -1)).sort())
      }
    },
  )

  test('tell what runs, why sessions ended and how long the pool kept people waiting', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const { text } = await scrape()
    expect(text).toContain(
      `latchkey_build_info{version="${version}",node="${process.versions.node}"} 1\n`,
    )
    expect(text).toContain('latchkey_sessions_ended_total{reason="code_reused"} 1\n')
    expect(Number(/^latchkey_database_wait_seconds_count (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(
      5,
    )
    // Two that scrape at once, and again, count it once.
    await Promise.all([scrape(), scrape()])
    expect((await scrape()).text).toContain(
      'latchkey_sessions_ended_total{reason="code_reused"} 1\n',
    )
  })
})

describe.each([
  ['an alert', rules],
  ['a panel of the dashboard', panels],
])('what %s asks for', (_what, all) => {
  test.each(all)('is in a scrape: $name', async ({ expression }) => {
    const { series } = await scrape()
    const codes = [...Object.keys(ERRORS), 'success']
    const asked = [
      ...expression.matchAll(/\b([a-z]+_[a-z0-9_]+|up)(?:\{([^}]*)\})?(?=[[)\s]|$)/g),
    ].filter(([, name = '']) => !/^(histogram_quantile)$/.test(name) && !isLabel(expression, name))
    expect(asked.length).toBeGreaterThan(0)
    for (const [, name = '', matchers = ''] of asked) {
      // Prometheus' own.
      if (name === 'up') continue
      const found = series.filter((one) => one.name === name)
      expect(found, name).not.toEqual([])
      for (const [, label = '', operator, value = ''] of matchers.matchAll(
        /(\w+)(=~|=)"([^"]*)"/g,
      )) {
        if (label === 'job') continue
        const values = found.map((one) => one.labels[label])
        const pattern = operator === '=~' ? new RegExp(`^(?:${value})$`) : value
        const isMet = (one: string | undefined) =>
          typeof pattern === 'string' ? one === pattern : one !== undefined && pattern.test(one)
        expect(values.some(isMet), `${name}{${label}${operator}"${value}"}`).toBe(true)
        if (label === 'outcome')
          expect(value.split('|').filter((one) => !codes.includes(one))).toEqual([])
      }
      for (const [, labels = ''] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
        for (const label of labels.split(', ').filter((one) => one !== 'instance')) {
          expect(Object.keys(found[0]?.labels ?? {}), `${name} by ${label}`).toContain(label)
        }
      }
    }
  })
})

/** Whether a name stands where a label does: `by (grant_type)`. */
function isLabel(expression: string, name: string): boolean {
  return [...expression.matchAll(/\bby \(([^)]*)\)/g)].some(([, labels = '']) =>
    labels.split(', ').includes(name),
  )
}

test('Prometheus takes the rules, and each of their expressions finds what a real scrape has', async ({
  skip,
}) => {
  const missing = whyMissing('prometheus')
  skip(missing !== null, missing ?? '')
  const folder = await newFolder()
  const port = await freePort()
  const file = join(folder.path, 'prometheus.yml')
  await writeFile(
    file,
    `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["${join(ROOT, 'deploy/alerts.yaml')}"]
scrape_configs:
  - job_name: latchkey
    static_configs: [{ targets: ["${new URL(latchkey.url).host}"] }]
`,
  )
  const api = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)
    expect(answer.status, await answer.clone().text()).toBe(200)
    return ((await answer.json()) as { data: never }).data
  }
  const stop = await startProgram(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    () => api('status/buildinfo'),
    { file },
  )
  onTestFinished(async () => {
    await stop()
    await folder.remove()
  })

  const query = async (expression: string) =>
    (
      (await api(`query?query=${encodeURIComponent(expression)}`)) as {
        result: { value: [number, string] }[]
      }
    ).result
  // A rate needs two scrapes.
  const scrapes = 'count_over_time(up{job="latchkey"}[1m]) >= 4'
  await expect.poll(async () => (await query(scrapes)).length).toBe(1)
  for (const { name, expression } of [...rules, ...panels]) {
    // What it compares, over the seconds that there are.
    const measured = expression
      .replace(/ (?:==|>|<) [\d.]+$/, '')
      .replaceAll(/\[\d+[mh]\]/g, '[30s]')
    expect((await query(measured)).length, `${name}: ${measured}`).toBeGreaterThan(0)
  }
  type Rule = { name: string; health: string; lastError?: string }
  const groups = (await api('rules')) as { groups: { rules: Rule[] }[] }
  const loaded = groups.groups.flatMap(({ rules: some }) => some)
  expect(loaded.map(({ name }) => name)).toEqual(rules.map(({ name }) => name))
  expect(loaded.filter(({ health }) => health !== 'ok')).toEqual([])
  // As a control: an expression of a metric that is not there finds nothing.
  expect(await query('rate(latchkey_nothing_total[30s])')).toEqual([])
})
