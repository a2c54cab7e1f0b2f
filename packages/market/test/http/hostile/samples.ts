import type { DriverKeyEntry, Identity } from '@shardline/identity'
import type { ModelId, RequestId } from '@shardline/market'
import type { Sample } from './hostile-requests.ts'

/** What there is on the market that is attacked. */
export interface Targets {
  readonly model: ModelId
  readonly user: Identity
  readonly driver: Identity
  /** A request of the user that waits for the driver. */
  readonly request: RequestId
  /** A request of the user that has ended. */
  readonly ended: RequestId
  readonly unusedId: RequestId
  /** Of the user. */
  readonly sealingKey: DriverKeyEntry
}

const HASH = 'ab'.repeat(32)

/**
 * A right request for every operation, by its id: what the hostile ones are made from. An operation without one here
 * fails the test.
 */
export function samplesFor(targets: Targets): Readonly<Record<string, Sample>> {
  const { model, user, driver, request, ended, unusedId, sealingKey } = targets
  const byId = { params: { id: request } }
  const counts = { prompt: 1, output: 1 }
  const participants = {
    validator: driver.id,
    workers: [{ node: driver.id, first: 0, last: 7 }],
    layerCount: 8,
  }
  return {
    getMarket: {},
    listModels: {},
    setModel: { body: { model, layerCount: 8, basePrice: '100' } },
    listPrices: {},
    listPricePoints: { query: { model, beforeSeq: '5', limit: '10' } },
    quote: { query: { model, promptTokensMax: '10', outputTokensMax: '10' } },
    registerNode: {
      body: {
        roles: ['driver'],
        address: 'wss://node.example:7101',
        region: 'de',
        sealingKey: { ...sealingKey },
        work: { numericClass: 'x86-avx2', memoryBytes: 1024, decodeMs: 2.5 },
        priceFloor: '120',
      },
    },
    withdrawNode: {},
    reportCapacity: {
      body: {
        model,
        tokensPerSecond: 10,
        numericClass: 'x86-avx2',
        quantization: 'q4',
        workers: [driver.id],
      },
    },
    withdrawCapacity: { query: { model } },
    listDrivers: { query: { model } },
    listNodes: { query: { role: 'worker' } },
    searchDrivers: {
      body: {
        model,
        filters: {
          drivers: [driver.id],
          maxPrice: '1000',
          region: 'de',
          completedMin: 0,
          successRatioMin: 0,
        },
      },
    },
    deposit: { body: { id: unusedId, party: user.id, amount: '1000' } },
    getBalance: {},
    openRequest: {
      body: {
        id: unusedId,
        model,
        driver: driver.id,
        promptTokensMax: 10,
        outputTokensMax: 10,
        maxPrice: '1000000',
        priority: 1,
        maxTimeMs: 60_000,
        filters: { workers: [driver.id] },
        promptCommitment: HASH,
      },
    },
    listRequests: { query: { before: request, limit: '5' } },
    getRequest: byId,
    getReceipts: byId,
    submitRequest: { ...byId, body: { sealedPrompt: 'AAAA' } },
    reassignRequest: { ...byId, body: { driver: driver.id, sealedPrompt: 'AAAA' } },
    cancelRequest: byId,
    acknowledgeRequest: { ...byId, body: { received: counts, fence: 1 } },
    flagRequest: { params: { id: ended }, body: { reason: 'garbage' } },
    compareRequests: {
      body: { preferred: request, other: ended, promptKey: HASH, salts: { preferred: HASH, other: HASH } },
    },
    claimNext: { body: { models: [model], key: unusedId } },
    claimRequest: { ...byId, body: { key: unusedId } },
    startRequest: { ...byId, body: { fence: 1, participants } },
    reportProgress: { ...byId, body: { fence: 1, delivered: counts } },
    listClaims: {},
    releaseRequest: { ...byId, body: { fence: 1 } },
    giveUpRequest: { ...byId, body: { fence: 1, reason: 'not-answered' } },
    deliverRequest: {
      ...byId,
      body: { fence: 1, delivered: counts, receipts: [{ purpose: 'shardline/receipt' }] },
    },
    getDriverKey: { params: { driver: driver.id } },
    listDriverKeys: { query: { from: '0', limit: '5' } },
    getDriverKeyCheckpoint: {},
    getDriverKeyConsistency: { query: { from: '0', to: '1' } },
    getCheckpoint: {},
    getInclusionProof: { query: { index: '0', size: '1' } },
    getConsistencyProof: { query: { from: '0', to: '1' } },
    subscribe: { query: { topics: 'prices', model } },
    health: {},
    ready: {},
    metrics: {},
  }
}
