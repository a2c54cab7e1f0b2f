import { partyId } from '@shardline/identity'
import { Type } from '@sinclair/typebox'
import { modelId } from '../../ids.ts'
import { WORKERS_PER_REQUEST_MAX } from '../../limits.ts'
import type { App, HttpContext } from '../app.ts'
import { signerOf } from '../authenticate.ts'
import { readFilters, readParties } from '../read-value.ts'
import { filtersShape } from '../shapes/filters-shape.ts'
import { driverKeyEntryShape } from '../shapes/driver-key-shapes.ts'
import { driverListShape, driverListingShape, nodeListShape, nodeWorkShape } from '../shapes/node-shapes.ts'
import {
  addressText,
  numericClassText,
  quantizationText,
  modelIdText,
  partyIdText,
  priceFloorText,
  regionText,
  roleWord,
} from '../shapes/parts.ts'
import { list, record } from '../shapes/shape.ts'
import { toJson } from '../shapes/to-json.ts'

const TAGS = ['nodes']
const ROLES_MAX = 3
const TOKENS_PER_SECOND_MAX = 1_000_000_000

const doneShape = record({ ok: Type.Literal(true) })
const DONE = { ok: true as const }

/** Adds the registry of nodes, their capacities, and the list of drivers. */
export function addNodeRoutes(app: App, context: HttpContext): void {
  addNodes(app, context)
  addNodeList(app, context)
  addCapacities(app, context)
  addDrivers(app, context)
}

function addNodes(app: App, { market }: HttpContext): void {
  app.put(
    '/v1/nodes/self',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'registerNode',
        summary:
          'Register the signer as a node, or change what it says about itself. It is listed for two minutes unless it says so again.',
        tags: TAGS,
        body: record({
          roles: Type.Array(roleWord, { minItems: 1, maxItems: ROLES_MAX, uniqueItems: true }),
          address: Type.Optional(addressText),
          region: Type.Optional(regionText),
          sealingKey: Type.Optional(driverKeyEntryShape),
          work: Type.Optional(nodeWorkShape),
          priceFloor: Type.Optional(priceFloorText),
        }),
        response: { 200: doneShape },
      },
    },
    async (request) => {
      const { sealingKey, priceFloor, ...others } = request.body
      const key = sealingKey && { ...sealingKey, driverId: partyId(sealingKey.driverId) }
      const floor = priceFloor === undefined ? {} : { priceFloor: BigInt(priceFloor) }
      await market.registerNode(signerOf(request), { ...others, ...floor, ...(key && { sealingKey: key }) })
      return DONE
    },
  )
  app.delete(
    '/v1/nodes/self',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'withdrawNode',
        summary: 'Take the signer and its capacities off the market.',
        tags: TAGS,
        response: { 200: doneShape },
      },
    },
    async (request) => {
      await market.withdrawNode(signerOf(request))
      return DONE
    },
  )
}

function addNodeList(app: App, { market }: HttpContext): void {
  app.get(
    '/v1/nodes',
    {
      schema: {
        operationId: 'listNodes',
        summary:
          'Nodes of a role that can be dialed and have said so lately, those first that completed most.',
        tags: TAGS,
        querystring: record({ role: roleWord }),
        response: { 200: nodeListShape },
      },
    },
    async ({ query }) => ({ nodes: toJson(await market.nodes(query.role)) }),
  )
}

function addCapacities(app: App, { market }: HttpContext): void {
  app.put(
    '/v1/capacities/self',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'reportCapacity',
        summary: 'Say what the pipelines of the signer can do for a model. Holds for 60 s unless said again.',
        tags: TAGS,
        body: record({
          model: modelIdText,
          tokensPerSecond: Type.Number({ minimum: 0, maximum: TOKENS_PER_SECOND_MAX }),
          numericClass: numericClassText,
          quantization: quantizationText,
          workers: list(partyIdText, WORKERS_PER_REQUEST_MAX),
        }),
        response: { 200: driverListingShape },
      },
    },
    async (request) => {
      const { model, workers, ...others } = request.body
      const listing = await market.reportCapacity(signerOf(request), {
        ...others,
        model: modelId(model),
        workers: readParties(workers),
      })
      return toJson(listing)
    },
  )
  app.delete(
    '/v1/capacities/self',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'withdrawCapacity',
        summary: "Take the signer's capacity for a model off the market.",
        tags: TAGS,
        querystring: record({ model: modelIdText }),
        response: { 200: doneShape },
      },
    },
    async (request) => {
      await market.withdrawCapacity(signerOf(request), modelId(request.query.model))
      return DONE
    },
  )
}

function addDrivers(app: App, { market }: HttpContext): void {
  app.get(
    '/v1/drivers',
    {
      schema: {
        operationId: 'listDrivers',
        summary: 'Drivers with live capacity for a model, best first.',
        tags: TAGS,
        querystring: record({ model: modelIdText }),
        response: { 200: driverListShape },
      },
    },
    async ({ query }) => ({ drivers: toJson(await market.drivers(modelId(query.model))) }),
  )
  app.post(
    '/v1/drivers/search',
    {
      schema: {
        operationId: 'searchDrivers',
        summary: 'Drivers with live capacity for a model that meet filters, best first.',
        tags: TAGS,
        body: record({ model: modelIdText, filters: filtersShape }),
        response: { 200: driverListShape },
      },
    },
    async ({ body }) => ({
      drivers: toJson(await market.drivers(modelId(body.model), readFilters(body.filters))),
    }),
  )
}
