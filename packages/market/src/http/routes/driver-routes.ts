import { partyId } from '@shardline/identity'
import { Type } from '@sinclair/typebox'
import { modelId, requestId } from '../../ids.ts'
import { MODELS_MAX } from '../../limits.ts'
import type { Participants } from '../../request/request.ts'
import type { App, HttpContext } from '../app.ts'
import { signerOf } from '../authenticate.ts'
import { claimKeyText, counter, modelIdText, requestIdText, tokenCounts } from '../shapes/parts.ts'
import {
  claimListShape,
  claimReplyShape,
  giveUpWord,
  participantsShape,
  receiptsPerRequestMax,
  requestShape,
} from '../shapes/request-shapes.ts'
import { list, record } from '../shapes/shape.ts'
import type { ToJson } from '../shapes/shape.ts'
import { signedMessageShape } from '../shapes/signed-message-shape.ts'
import { toJson } from '../shapes/to-json.ts'

const TAGS = ['claims']

const byId = record({ id: requestIdText })

/** Adds what a driver does with the requests that name it. */
export function addDriverRoutes(app: App, context: HttpContext): void {
  addHeldClaims(app, context)
  addClaims(app, context)
  addRunning(app, context)
  addDelivery(app, context)
}

function addHeldClaims(app: App, { market }: HttpContext): void {
  app.get(
    '/v1/claims',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'listClaims',
        summary:
          'Claims that the signer holds, the oldest first: a driver that starts anew releases what it finds here.',
        tags: TAGS,
        response: { 200: claimListShape },
      },
    },
    async (request) => ({ claims: toJson(await market.claims(signerOf(request))) }),
  )
}

function addClaims(app: App, { market, metrics }: HttpContext): void {
  app.post(
    '/v1/claims',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'claimNext',
        summary:
          'Claim the first request in line for the signer. Without `work` in the answer there is none.',
        tags: TAGS,
        body: record({
          models: Type.Optional(list(modelIdText, MODELS_MAX, 'only these models')),
          key: Type.Optional(claimKeyText),
        }),
        response: { 200: claimReplyShape },
      },
    },
    async (request) => {
      const { models, ...key } = request.body
      const init = models === undefined ? key : { ...key, models: models.map(modelId) }
      const work = await market.claim(signerOf(request), init)
      metrics.countClaim(work !== undefined)
      return toJson({ work })
    },
  )
  app.post(
    '/v1/requests/:id/claim',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'claimRequest',
        summary:
          'Claim one request. Sent again with the same key while the claim holds, it answers the same.',
        tags: TAGS,
        params: byId,
        body: record({ key: Type.Optional(claimKeyText) }),
        response: { 200: claimReplyShape },
      },
    },
    async (request) => {
      const work = await market.claim(signerOf(request), {
        ...request.body,
        id: requestId(request.params.id),
      })
      metrics.countClaim(work !== undefined)
      return toJson({ work })
    },
  )
}

function addRunning(app: App, { market }: HttpContext): void {
  app.post(
    '/v1/requests/:id/start',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'startRequest',
        summary:
          'Name the participants of the pipeline; the request runs from then on. Again with others when a stage was replaced.',
        tags: TAGS,
        params: byId,
        body: record({ fence: counter, participants: participantsShape }),
        response: { 200: requestShape },
      },
    },
    async (request) => {
      const { fence, participants } = request.body
      const init = {
        id: requestId(request.params.id),
        fence,
        participants: readParticipants(participants),
      }
      return toJson(await market.start(signerOf(request), init))
    },
  )
  app.post(
    '/v1/requests/:id/progress',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'reportProgress',
        summary: 'Say how many tokens were delivered so far; renews the lease.',
        tags: TAGS,
        params: byId,
        body: record({ fence: counter, delivered: tokenCounts }),
        response: { 200: requestShape },
      },
    },
    async (request) => {
      const init = { id: requestId(request.params.id), ...request.body }
      return toJson(await market.progress(signerOf(request), init))
    },
  )
}

function addDelivery(app: App, { market }: HttpContext): void {
  app.post(
    '/v1/requests/:id/release',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'releaseRequest',
        summary: 'Give a claim back, for example when no pipeline can be formed.',
        tags: TAGS,
        params: byId,
        body: record({ fence: counter }),
        response: { 200: requestShape },
      },
    },
    async (request) => {
      const init = { id: requestId(request.params.id), fence: request.body.fence }
      return toJson(await market.release(signerOf(request), init))
    },
  )
  app.post(
    '/v1/requests/:id/give-up',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'giveUpRequest',
        summary:
          'End a claimed request that nothing can be handed in for any more. Nobody is billed; all of the hold is released.',
        tags: TAGS,
        params: byId,
        body: record({ fence: counter, reason: giveUpWord }),
        response: { 200: requestShape },
      },
    },
    async (request) => {
      const init = { id: requestId(request.params.id), ...request.body }
      return toJson(await market.giveUp(signerOf(request), init))
    },
  )
  app.post(
    '/v1/requests/:id/deliver',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'deliverRequest',
        summary: "Say that the answer is out, and hand in everyone's receipts.",
        tags: TAGS,
        params: byId,
        body: record({
          fence: counter,
          delivered: tokenCounts,
          receipts: list(signedMessageShape, receiptsPerRequestMax, "everyone's signed receipts"),
        }),
        response: { 200: requestShape },
      },
    },
    async (request) => {
      const init = { id: requestId(request.params.id), ...request.body }
      return toJson(await market.deliver(signerOf(request), init))
    },
  )
}

function readParticipants({ validator, workers, layerCount }: ToJson<Participants>): Participants {
  return {
    validator: partyId(validator),
    workers: workers.map(({ node, first, last }) => ({ node: partyId(node), first, last })),
    layerCount,
  }
}
