import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseYaml } from '@redocly/openapi-core'
import { expect, onTestFinished, test } from 'vitest'
import { findProgram, whyMissing } from '../helpers/programs.ts'
import { newFolder } from '../helpers/server-process.ts'

const RULES = join(import.meta.dirname, '../../deploy/alerts.yaml')

type Labels = Record<string, string>
/** Series by what a minute adds to each or, where it is a text, by its values as Prometheus' tests have them. */
type Series = Record<string, number | string>

const job: Labels = { job: 'latchkey', instance: 'a' }
const ofJob = '{job="latchkey",instance="a"}'
const outbox = '{kind="webhook",target="https://hooks.example"}'
const ofOutbox: Labels = { kind: 'webhook', target: 'https://hooks.example' }
const requests = 'latchkey_http_request_duration_seconds'
const waits = 'latchkey_database_wait_seconds_bucket'

/** For each alert the fault that it is for, an hour that is calm, and whom it names. */
const FAULTS: Record<string, { fault: Series; calm: Series; names: Labels }> = {
  LatchkeyDown: {
    fault: { [`up${ofJob}`]: '1x30 0x90' },
    calm: { [`up${ofJob}`]: '1x120' },
    names: job,
  },
  LatchkeyErrors: {
    fault: { [`${requests}_count{status="503"}`]: 4, [`${requests}_count{status="200"}`]: 196 },
    calm: { [`${requests}_count{status="503"}`]: 1, [`${requests}_count{status="200"}`]: 199 },
    names: {},
  },
  LatchkeySlow: {
    fault: slowest(`${requests}_bucket`, 'route="/auth/me",', ['1', '2.5']),
    calm: slowest(`${requests}_bucket`, 'route="/auth/me",', ['0.5', '1']),
    names: {},
  },
  LatchkeyProviderFails: {
    fault: logins(3),
    calm: logins(1),
    names: { provider: 'kakao' },
  },
  LatchkeyDatabaseQueue: {
    fault: { [`latchkey_database_operations_pending${ofJob}`]: '60x120' },
    calm: { [`latchkey_database_operations_pending${ofJob}`]: '40x120' },
    names: job,
  },
  LatchkeyRateLimits: {
    fault: { 'latchkey_rate_limited_total{limit="login"}': 120 },
    calm: { 'latchkey_rate_limited_total{limit="login"}': 30 },
    names: { limit: 'login' },
  },
  LatchkeyRestarts: {
    fault: { [`process_start_time_seconds${ofJob}`]: 60 },
    calm: { [`process_start_time_seconds${ofJob}`]: '60x120' },
    names: job,
  },
  LatchkeyEventLoop: {
    fault: { [`nodejs_eventloop_lag_p99_seconds${ofJob}`]: '0.6x120' },
    calm: { [`nodejs_eventloop_lag_p99_seconds${ofJob}`]: '0.4x120' },
    names: job,
  },
  LatchkeyDatabaseWaits: {
    fault: slowest(waits, '', ['0.5', '1']),
    calm: slowest(waits, '', ['0.1', '0.5']),
    names: {},
  },
  LatchkeyOutboxWaits: {
    fault: { [`latchkey_outbox_oldest_seconds${outbox}`]: '4000x120' },
    calm: { [`latchkey_outbox_oldest_seconds${outbox}`]: '3000x120' },
    names: ofOutbox,
  },
  LatchkeyOutboxGivenUp: {
    fault: { [`latchkey_outbox_given_up${outbox}`]: '1x120' },
    calm: { [`latchkey_outbox_given_up${outbox}`]: '0x120' },
    names: ofOutbox,
  },
  LatchkeyTokensReused: {
    fault: { 'latchkey_sessions_ended_total{reason="code_reused"}': 1 },
    calm: { 'latchkey_sessions_ended_total{reason="logout"}': 1 },
    names: { reason: 'code_reused' },
  },
}

/** What took longer than the first of two bounds, and no longer than the second. */
function slowest(name: string, label: string, [low, high]: [string, string]): Series {
  return {
    [`${name}{${label}le="${low}"}`]: 0,
    [`${name}{${label}le="${high}"}`]: 100,
    [`${name}{${label}le="+Inf"}`]: 100,
  }
}

/** Of ten logins so many fail by the provider. */
function logins(fail: number): Series {
  const of = (outcome: string) => `latchkey_logins_total{provider="kakao",outcome="${outcome}"}`
  return { [of('provider_timeout')]: fail, [of('success')]: 10 - fail }
}

test('each alert fires for the fault that it is for, naming whom, and for no calm hour', async ({
  skip,
}) => {
  const missing = whyMissing('promtool', 'prometheus')
  skip(missing !== null, missing ?? '')
  const { groups } = parseYaml(readFileSync(RULES, 'utf8')) as {
    groups: { rules: { alert: string; labels: Labels; annotations: Labels }[] }[]
  }
  const rules = groups.flatMap(({ rules: some }) => some)
  expect(rules.map(({ alert }) => alert)).toEqual(Object.keys(FAULTS))
  const tests = rules.flatMap(({ alert, labels, annotations }) => {
    const { fault, calm, names } = FAULTS[alert] ?? { fault: {}, calm: {}, names: {} }
    const filled = Object.entries(annotations).map(([name, text]) => [
      name,
      text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => names[label] ?? '?'),
    ])
    const fires = [
      { exp_labels: { ...labels, ...names }, exp_annotations: Object.fromEntries(filled) },
    ]
    return [asked(alert, fault, fires), asked(alert, calm, [])]
  })
  const folder = await newFolder()
  onTestFinished(folder.remove)
  const check = async (all: object[]) => {
    const file = join(folder.path, 'tests.yaml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ rule_files: [RULES], tests: all }))
    return promisify(execFile)(findProgram('promtool') ?? '', ['test', 'rules', file])
  }
  await check(tests)
  // As a control: none is said to fire where it does.
  const [first] = Object.entries(FAULTS)
  await expect(check([asked(first?.[0] ?? '', first?.[1].fault ?? {}, [])])).rejects.toThrow()
})

/** A test as promtool reads it: what of this alert fires after an hour and a half. */
const asked = (alertname: string, series: Series, fires: object[]) => ({
  interval: '1m',
  input_series: Object.entries(series).map(([name, values]) => ({
    series: name,
    values: typeof values === 'number' ? `0+${values}x120` : values,
  })),
  alert_rule_test: [{ eval_time: '90m', alertname, exp_alerts: fires }],
})
