import { keyLogOf, partyId, proofHashesToJson, signKeyLogCheckpoint } from '@shardline/identity'
import type { KeyLogCheckpoint } from '@shardline/identity'
import { Type } from '@sinclair/typebox'
import { PAGE_ITEMS_MAX } from '../../limits.ts'
import type { App, HttpContext } from '../app.ts'
import {
  driverKeyConsistencyShape,
  driverKeyEntryListShape,
  driverKeyReplyShape,
  entryCount,
} from '../shapes/driver-key-shapes.ts'
import { partyIdText } from '../shapes/parts.ts'
import { record, whole } from '../shapes/shape.ts'
import { toJson } from '../shapes/to-json.ts'

const TAGS = ['driver keys']

/** Adds the log of driver keys: nobody can be shown a key that the driver hasn't put there. */
export function addDriverKeyRoutes(app: App, context: HttpContext): void {
  addKeys(app, context)
  addProofs(app, context)
}

function addKeys(app: App, context: HttpContext): void {
  const { market } = context
  app.get(
    '/v1/driver-keys/:driver',
    {
      schema: {
        operationId: 'getDriverKey',
        summary:
          "A driver's newest key, the proof that it is the newest in the log, and the signed checkpoint that the proof is for.",
        tags: TAGS,
        params: record({ driver: partyIdText }),
        response: { 200: driverKeyReplyShape },
      },
    },
    async ({ params }) => {
      const { proof, checkpoint } = await market.driverKey(partyId(params.driver))
      const { entry, index, hashes } = proof
      return {
        proof: toJson({ entry, index, hashes: proofHashesToJson(hashes) }),
        checkpoint: sign(context, checkpoint),
      }
    },
  )
  app.get(
    '/v1/driver-keys',
    {
      schema: {
        operationId: 'listDriverKeys',
        summary: 'Entries of the log of driver keys in its order, for those who follow all of it.',
        tags: TAGS,
        querystring: record({
          from: Type.Optional(entryCount),
          limit: Type.Optional(whole(1, PAGE_ITEMS_MAX)),
        }),
        response: { 200: driverKeyEntryListShape },
      },
    },
    async ({ query }) => ({ entries: toJson(await market.driverKeyEntries(query)) }),
  )
}

function addProofs(app: App, context: HttpContext): void {
  const { market } = context
  app.get(
    '/v1/driver-keys/checkpoint',
    {
      schema: {
        operationId: 'getDriverKeyCheckpoint',
        summary:
          'Checkpoint of the log of driver keys, signed by the market, as C2SP tlog-checkpoint has it.',
        tags: TAGS,
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => {
      const note = sign(context, await market.driverKeyCheckpoint())
      return reply.type('text/plain; charset=utf-8').send(note)
    },
  )
  app.get(
    '/v1/driver-keys/consistency',
    {
      schema: {
        operationId: 'getDriverKeyConsistency',
        summary: 'Shows that the log of `to` driver keys, by default all, begins with that of `from`.',
        tags: TAGS,
        querystring: record({ from: entryCount, to: Type.Optional(entryCount) }),
        response: { 200: driverKeyConsistencyShape },
      },
    },
    async ({ query }) => {
      const { fromSize, toSize, hashes } = await market.driverKeyConsistency(query.from, query.to)
      return { fromSize, toSize, hashes: [...proofHashesToJson(hashes)] }
    },
  )
}

function sign({ identity }: HttpContext, checkpoint: KeyLogCheckpoint): string {
  return signKeyLogCheckpoint(identity, keyLogOf(identity.id).origin, checkpoint)
}
