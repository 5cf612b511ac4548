import type { Reader } from '../reader.ts'

/** That traces are sent, and how. The rest of the OTEL_ settings is read by OpenTelemetry's SDK itself. */
export interface TraceSettings {
  protocol: 'http/protobuf' | 'http/json'
  /** Where the SDK sends them. */
  url: string
}

const SAMPLERS = ['always_on', 'always_off', 'traceidratio']
const ALL_SAMPLERS = [...SAMPLERS, ...SAMPLERS.map((name) => `parentbased_${name}`)]

/** What the SDK reads beside: it has no effect only where the name is misspelt. */
const READ_BY_SDK = [
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  ...[
    'HEADERS',
    'TIMEOUT',
    'COMPRESSION',
    'CERTIFICATE',
    'CLIENT_CERTIFICATE',
    'CLIENT_KEY',
  ].flatMap((name) => [`OTEL_EXPORTER_OTLP_${name}`, `OTEL_EXPORTER_OTLP_TRACES_${name}`]),
  ...['SCHEDULE_DELAY', 'EXPORT_TIMEOUT', 'MAX_QUEUE_SIZE', 'MAX_EXPORT_BATCH_SIZE'].map(
    (name) => `OTEL_BSP_${name}`,
  ),
]

/**
 * Whether traces are asked for: by an endpoint of OTLP, or OTEL_TRACES_EXPORTER=otlp, and not with
 * OTEL_SDK_DISABLED. Null where they are not. What the SDK would fall back from in silence is refused.
 */
export function readTraces(reader: Reader): TraceSettings | null {
  for (const name of READ_BY_SDK) reader.isGiven(name)
  const isDisabled = reader.text('OTEL_SDK_DISABLED')?.toLowerCase() === 'true'
  const exporter = reader.choice('OTEL_TRACES_EXPORTER', ['otlp', 'none'], 'otlp')
  const isExporterGiven = reader.text('OTEL_TRACES_EXPORTER') !== undefined
  const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']
  const given = endpoints.filter((name) => reader.text(name) !== undefined)
  const protocol = readProtocol(reader)
  const url = urlOf(reader)
  checkSampler(reader)
  if (isDisabled || exporter === 'none' || (!isExporterGiven && given.length === 0)) return null
  for (const name of given) {
    const text = reader.text(name) ?? ''
    if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
      reader.refuse('tracesEndpoint', name)
    }
  }
  return { protocol, url }
}

/** As the SDK makes it: the one of traces as it is, `/v1/traces` behind the general one. */
function urlOf(reader: Reader): string {
  const own = reader.text('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
  if (own !== undefined) return own
  const general = reader.text('OTEL_EXPORTER_OTLP_ENDPOINT') ?? 'http://localhost:4318'
  return `${general.replace(/\/$/, '')}/v1/traces`
}

function readProtocol(reader: Reader): TraceSettings['protocol'] {
  const general = 'OTEL_EXPORTER_OTLP_PROTOCOL'
  const own = 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'
  const name = reader.text(own) === undefined ? general : own
  if (reader.text(name) === 'grpc') {
    reader.refuse('tracesGrpc', name)
    return 'http/protobuf'
  }
  return reader.choice(name, ['http/protobuf', 'http/json'], 'http/protobuf')
}

function checkSampler(reader: Reader): void {
  const sampler = reader.choice('OTEL_TRACES_SAMPLER', ALL_SAMPLERS, 'parentbased_always_on')
  const share = reader.text('OTEL_TRACES_SAMPLER_ARG')
  if (!sampler.endsWith('traceidratio') || share === undefined) return
  if (!(Number(share) >= 0 && Number(share) <= 1)) {
    reader.refuse('tracesShare')
  }
}
