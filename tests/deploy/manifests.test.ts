import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseYaml } from '@redocly/openapi-core'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../src/settings/index.ts'

// Neither Kubernetes nor Compose is here: the files are read as YAML, and each name in them is looked for.

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** What the operator puts in beside the file. */
const OPERATORS = {
  SECRET: 'a secret of the tests with more than 32 characters',
  GOOGLE_CLIENT_ID: 'id.apps.googleusercontent.com',
  GOOGLE_CLIENT_SECRET: 'secret-of-tests',
}

describe('deploy/kubernetes.yaml', () => {
  interface Manifest {
    apiVersion: string
    kind: string
    metadata: { name: string }
    spec: Record<string, never>
  }
  const manifests = read('deploy/kubernetes.yaml')
    .split(/^---$/m)
    .map((text) => parseYaml(text) as Manifest)
  const of = (kind: string) => manifests.find((one) => one.kind === kind)?.spec as never

  interface Probe {
    httpGet: { path: string; port: string }
  }
  interface Deployment {
    replicas: number
    selector: { matchLabels: object }
    template: {
      metadata: { labels: object }
      spec: {
        terminationGracePeriodSeconds: number
        enableServiceLinks: boolean
        topologySpreadConstraints: { labelSelector: { matchLabels: object } }[]
        securityContext: { runAsNonRoot: boolean; runAsUser: number }
        containers: {
          ports: { name: string; containerPort: number }[]
          env: { name: string; value: unknown }[]
          envFrom: { secretRef: { name: string } }[]
          startupProbe: Probe & { periodSeconds: number; failureThreshold: number }
          readinessProbe: Probe
          livenessProbe: Probe
          lifecycle: { preStop: { exec: { command: string[] } } }
          securityContext: { readOnlyRootFilesystem: boolean }
        }[]
      }
    }
  }
  const deployment: Deployment = of('Deployment')
  const service: { selector: object; ports: { port: number; targetPort: string }[] } = of('Service')
  const budget: {
    minAvailable: number
    unhealthyPodEvictionPolicy: string
    selector: { matchLabels: object }
  } = of('PodDisruptionBudget')
  const [container] = deployment.template.spec.containers

  test('is of kinds that there are, and each finds the pods by their labels', () => {
    expect(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'apps/v1 Deployment',
      'v1 Service',
      'policy/v1 PodDisruptionBudget',
    ])
    const { labels } = deployment.template.metadata
    expect(deployment.selector.matchLabels).toEqual(labels)
    expect(service.selector).toEqual(labels)
    expect(budget.selector.matchLabels).toEqual(labels)
    expect(budget.minAvailable).toBeLessThan(deployment.replicas)
  })

  test('asks a port that the container has, and leaves it the time that it needs to end', () => {
    const ports = container?.ports.map(({ name }) => name)
    const probes = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe]
    const asked = probes.map((probe) => probe?.httpGet.port)
    expect(ports).toEqual(expect.arrayContaining([...asked, service.ports[0]?.targetPort]))
    const pause = Number(container?.lifecycle.preStop.exec.command.at(-1))
    const { terminationGracePeriodSeconds: grace } = deployment.template.spec
    // The server ends by itself after 30 s.
    expect(grace).toBeGreaterThanOrEqual(pause + 30)
  })

  test('leaves a start the time that migrations take: the process listens behind them, and begins anew where it is ended', () => {
    const { httpGet, periodSeconds = 0, failureThreshold = 0 } = container?.startupProbe ?? {}
    expect(httpGet?.path).toBe('/healthz')
    // Of a million users, on a busy machine, it has been seven.
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(20 * 60)
    const [, minutes] = /^HEALTHCHECK .*--start-period=(\d+)m /m.exec(read('Dockerfile')) ?? []
    expect(Number(minutes)).toBeGreaterThanOrEqual(20)
  })

  test('keeps the names of other services out of the settings, and replicas off one machine', () => {
    const { spec } = deployment.template
    expect(spec.enableServiceLinks).toBe(false)
    const { labels } = deployment.template.metadata
    expect(spec.topologySpreadConstraints.map((one) => one.labelSelector.matchLabels)).toEqual([
      labels,
    ])
    // A database that is away keeps nobody from emptying a machine.
    expect(budget.unhealthyPodEvictionPolicy).toBe('AlwaysAllow')
  })

  test('is served with: these settings and the operator’s start a server for everybody', () => {
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]))
    // Anything but text is refused by Kubernetes.
    expect(Object.values(env).every((value) => typeof value === 'string')).toBe(true)
    const settings = readSettings({
      ...OPERATORS,
      PUBLIC_URL: 'https://login.example.com',
      DATABASE_URL: 'postgres://latchkey:password@postgres:5432/latchkey',
      ...(env as Record<string, string>),
    })
    expect(settings).toMatchObject({ isPublic: true, port: container?.ports[0]?.containerPort })
    expect(deployment.template.spec.securityContext).toMatchObject({ runAsNonRoot: true })
    expect(container?.securityContext.readOnlyRootFilesystem).toBe(true)
  })
})

describe('compose.yaml', () => {
  interface Service {
    image?: string
    build?: string
    logging?: { options: object }
    depends_on?: string[] | Record<string, { condition: string }>
    environment?: Record<string, string>
    volumes?: string[]
    healthcheck?: object
  }
  const compose = parseYaml(read('compose.yaml')) as {
    services: Record<string, Service>
    volumes: Record<string, unknown>
  }
  const { services } = compose

  test('names only services, volumes and files that there are', () => {
    for (const [name, { image, build, depends_on = [], volumes = [] }] of Object.entries(
      services,
    )) {
      expect([image, build].filter(Boolean), name).toHaveLength(1)
      const needed = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)
      for (const one of needed) expect(services, `${name} needs ${one}`).toHaveProperty(one)
      for (const [one, { condition = '' } = {}] of Object.entries(depends_on)) {
        if (condition === 'service_healthy') expect(services[one]).toHaveProperty('healthcheck')
      }
      for (const volume of volumes) {
        const [from = ''] = volume.split(':')
        if (from.startsWith('.')) expect(existsSync(join(ROOT, from)), from).toBe(true)
        else expect(compose.volumes, volume).toHaveProperty(from)
      }
    }
    expect(services['latchkey-2']).toEqual(services.latchkey)
    for (const [name, { logging }] of Object.entries(services)) {
      expect(logging?.options, name).toEqual({ 'max-size': '20m', 'max-file': '5' })
    }
  })

  test('starts servers that serve everybody, with what .env must have', () => {
    const given: Record<string, string> = {
      ...OPERATORS,
      // As they may stand in a .env that was made for something else: Caddy asks port 3000 of the network.
      HOST: 'localhost',
      PORT: '8080',
      DOMAIN: 'login.example.com',
      POSTGRES_PASSWORD: 'password',
    }
    const filled = Object.entries(services.latchkey?.environment ?? {}).map(([name, text]) => [
      name,
      text.replaceAll(/\$\{(\w+)(?::\?[^}]*)?\}/g, (_, variable: string) => given[variable] ?? ''),
    ])
    const settings = readSettings({ ...given, ...Object.fromEntries(filled) })
    expect(settings).toMatchObject({
      ...{ isPublic: true, publicUrl: 'https://login.example.com' },
      ...{ host: '0.0.0.0', port: 3000 },
    })
    expect(read('deploy/Caddyfile')).toContain('reverse_proxy latchkey:3000 latchkey-2:3000')
    expect(settings.database.url).toContain('@postgres:5432/latchkey')
    // The proxy's own server is the one that the certificate is for.
    expect(read('deploy/Caddyfile')).toContain('{$DOMAIN}')
  })
})

test('deploy/alerts.yaml is YAML in which each rule says what to do', () => {
  const { groups } = parseYaml(read('deploy/alerts.yaml')) as {
    groups: { rules: { alert: string; labels: object; annotations: object }[] }[]
  }
  const rules = groups.flatMap(({ rules: some }) => some)
  expect(rules.length).toBeGreaterThan(8)
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  for (const { alert, labels, annotations } of rules) {
    expect(labels, alert).toHaveProperty('severity')
    expect(Object.keys(annotations), alert).toEqual(['summary', 'action'])
  }
})
