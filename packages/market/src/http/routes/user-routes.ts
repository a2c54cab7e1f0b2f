import { partyId } from '@shardline/identity'
import { Type } from '@sinclair/typebox'
import type { TUnsafe } from '@sinclair/typebox'
import { requestId } from '../../ids.ts'
import type { FlagReason } from '../../request/inputs.ts'
import type { App, HttpContext } from '../app.ts'
import { signerOf } from '../authenticate.ts'
import { fenceNumber, hashText, partyIdText, requestIdText, tokenCounts } from '../shapes/parts.ts'
import { requestShape } from '../shapes/request-shapes.ts'
import { record, word } from '../shapes/shape.ts'
import { toJson } from '../shapes/to-json.ts'

const TAGS = ['requests']
const FEEDBACK = ['feedback']

const byId = record({ id: requestIdText })
const doneShape = record({ ok: Type.Literal(true) })
const DONE = { ok: true as const }

const sealedPromptText = Type.String({
  minLength: 4,
  pattern: '^[A-Za-z0-9+/]+={0,2}$',
  description: "ciphertext that only the driver opens, in base64; the market's settings bound it",
})

const reasonWord: TUnsafe<FlagReason> = word({
  'wrong-model': true,
  garbage: true,
  'cut-off': true,
  'too-slow': true,
  other: true,
})

/** Adds what a user does with its own requests. */
export function addUserRoutes(app: App, context: HttpContext): void {
  addSubmitting(app, context)
  addEnding(app, context)
  addFeedback(app, context)
}

function addSubmitting(app: App, { market }: HttpContext): void {
  app.post(
    '/v1/requests/:id/submit',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'submitRequest',
        summary: "Put an open request into its driver's queue, with the sealed prompt.",
        tags: TAGS,
        params: byId,
        body: record({ sealedPrompt: sealedPromptText }),
        response: { 200: requestShape },
      },
    },
    async (request) => {
      const init = { id: requestId(request.params.id), sealedPrompt: request.body.sealedPrompt }
      return toJson(await market.submit(signerOf(request), init))
    },
  )
  app.post(
    '/v1/requests/:id/reassign',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'reassignRequest',
        summary: 'Move a waiting request to another driver, with the prompt sealed to that one.',
        tags: TAGS,
        params: byId,
        body: record({ driver: partyIdText, sealedPrompt: sealedPromptText }),
        response: { 200: requestShape },
      },
    },
    async (request) => {
      const { driver, sealedPrompt } = request.body
      const init = { id: requestId(request.params.id), driver: partyId(driver), sealedPrompt }
      return toJson(await market.reassign(signerOf(request), init))
    },
  )
}

function addEnding(app: App, { market }: HttpContext): void {
  app.post(
    '/v1/requests/:id/cancel',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'cancelRequest',
        summary: 'Take back a request that waits. A part of the hold is charged, the rest is released.',
        tags: TAGS,
        params: byId,
        response: { 200: requestShape },
      },
    },
    async (request) => toJson(await market.cancel(signerOf(request), requestId(request.params.id))),
  )
  app.post(
    '/v1/requests/:id/acknowledge',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'acknowledgeRequest',
        summary: 'Say how many tokens have come so far, in all. What is not acknowledged is not billed.',
        tags: TAGS,
        params: byId,
        body: record({
          received: tokenCounts,
          fence: Type.Optional(fenceNumber),
        }),
        response: { 200: requestShape },
      },
    },
    async (request) => {
      const init = { id: requestId(request.params.id), ...request.body }
      return toJson(await market.acknowledge(signerOf(request), init))
    },
  )
}

function addFeedback(app: App, { market }: HttpContext): void {
  app.post(
    '/v1/requests/:id/flag',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'flagRequest',
        summary: 'Say that an answer was no success. Costs the feedback fee.',
        tags: FEEDBACK,
        params: byId,
        body: record({ reason: reasonWord }),
        response: { 200: doneShape },
      },
    },
    async (request) => {
      const init = { id: requestId(request.params.id), reason: request.body.reason }
      await market.flag(signerOf(request), init)
      return DONE
    },
  )
  app.post(
    '/v1/comparisons',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'compareRequests',
        summary: 'Say which of two answers to one prompt was preferred. Costs the feedback fee.',
        tags: FEEDBACK,
        body: record({
          preferred: requestIdText,
          other: requestIdText,
          promptKey: hashText,
          salts: record({ preferred: hashText, other: hashText }),
        }),
        response: { 200: doneShape },
      },
    },
    async (request) => {
      const { preferred, other, promptKey, salts } = request.body
      const init = { preferred: requestId(preferred), other: requestId(other), promptKey, salts }
      await market.compare(signerOf(request), init)
      return DONE
    },
  )
}
