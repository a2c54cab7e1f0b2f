import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { fastifySwagger } from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import type { App } from './app.ts'
import { errorShape } from './shapes/error-shape.ts'

/** The version of the routes; it stands in their paths. */
const API_VERSION = '1'

/** What a signed route's description names: all four headers together. */
export const SIGNED: readonly Readonly<Record<string, readonly string[]>>[] = [
  { party: [], time: [], nonce: [], signature: [] },
]

const header = (
  name: string,
  description: string,
): {
  readonly type: 'apiKey'
  readonly in: 'header'
  readonly name: string
  readonly description: string
} => ({ type: 'apiKey', in: 'header', name: `shardline-${name}`, description })

const OPTIONS: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Shardline market',
      version: API_VERSION,
      description:
        'Prices, requests with escrow, claims, receipts and settlement. Amounts are microcredits; whole numbers that may be large travel as decimal strings.',
    },
    components: {
      securitySchemes: {
        party: header('party', 'id of the signer'),
        time: header('time', 'milliseconds since 1970 when it was signed; 60 s either way are allowed'),
        nonce: header('nonce', '1 to 64 characters of base64url, new for every request, retries too'),
        signature: header(
          'signature',
          "Ed25519 over method, path with query, SHA3-256 of the body, time, nonce and the market's id, in base64url",
        ),
      },
    },
  },
  transform: ({ schema, url, route }) => ({
    url,
    schema: withErrors({
      ...schema,
      ...accessOf(route.config?.access),
    }),
  }),
}

function accessOf(access: string | undefined): FastifySchema {
  if (access === 'signed') return { security: SIGNED }
  if (access === 'optional') return { security: [{}, ...SIGNED] }
  return {}
}

function withErrors(schema: FastifySchema): FastifySchema {
  const response = schema.response as Readonly<Record<string, unknown>> | undefined
  return { ...schema, response: { ...response, default: errorShape } }
}

/** Describes all routes that are added after it, and serves the description at `/openapi.json`. */
export async function addOpenApi(app: App): Promise<void> {
  await app.register(fastifySwagger, OPTIONS)
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}
