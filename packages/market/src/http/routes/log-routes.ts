import { Type } from '@sinclair/typebox'
import type { App, HttpContext } from '../app.ts'
import { readWhole } from '../read-value.ts'
import { consistencyProofShape, inclusionProofShape } from '../shapes/money-shapes.ts'
import { wholeText } from '../shapes/parts.ts'
import { record } from '../shapes/shape.ts'

const TAGS = ['log']

/** Adds what anyone needs to check the ledger's log: its signed checkpoint and proofs. */
export function addLogRoutes(app: App, { market }: HttpContext): void {
  app.get(
    '/v1/checkpoint',
    {
      schema: {
        operationId: 'getCheckpoint',
        summary: "The ledger's signed checkpoint, as C2SP tlog-checkpoint has it.",
        tags: TAGS,
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => {
      const { note } = await market.log.checkpoint()
      return reply.type('text/plain; charset=utf-8').send(note)
    },
  )
  app.get(
    '/v1/proofs/inclusion',
    {
      schema: {
        operationId: 'getInclusionProof',
        summary: 'Shows that an entry is in the log of `size` entries, by default all.',
        tags: TAGS,
        querystring: record({ index: wholeText, size: Type.Optional(wholeText) }),
        response: { 200: inclusionProofShape },
      },
    },
    async ({ query }) => {
      const index = readWhole('index', query.index)
      const proof = await market.log.inclusionProof(index, readOptional('size', query.size))
      return { index: String(proof.index), size: String(proof.size), hashes: proof.hashes.map(toHex) }
    },
  )
  app.get(
    '/v1/proofs/consistency',
    {
      schema: {
        operationId: 'getConsistencyProof',
        summary: 'Shows that the log of `to` entries, by default all, begins with that of `from`.',
        tags: TAGS,
        querystring: record({ from: wholeText, to: Type.Optional(wholeText) }),
        response: { 200: consistencyProofShape },
      },
    },
    async ({ query }) => {
      const from = readWhole('from', query.from)
      const proof = await market.log.consistencyProof(from, readOptional('to', query.to))
      return {
        fromSize: String(proof.fromSize),
        toSize: String(proof.toSize),
        hashes: proof.hashes.map(toHex),
      }
    },
  )
}

function readOptional(field: string, text: string | undefined): bigint | undefined {
  return text === undefined ? undefined : readWhole(field, text)
}

function toHex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex')
}
