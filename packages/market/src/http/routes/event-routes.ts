import { SignatureMissingError } from '@shardline/identity'
import { Type } from '@sinclair/typebox'
import { MarketInputError, UpgradeRequiredError } from '../../errors.ts'
import { modelId } from '../../ids.ts'
import type { App, HttpContext } from '../app.ts'
import { EventFeed } from '../event-feed.ts'
import type { EventTopic } from '../event-feed.ts'
import type { EventHub } from '../event-hub.ts'
import { modelIdText } from '../shapes/parts.ts'
import { record, text } from '../shapes/shape.ts'

const TOPICS: readonly EventTopic[] = ['requests', 'prices']
const TOPICS_CHARS_MAX = 32
/** WebSocket's close code for a message that isn't expected (RFC 6455, 7.4.1). */
const POLICY_VIOLATION = 1008

/** Adds the stream of events over WebSocket. */
export function addEventRoutes(app: App, context: HttpContext, hub: EventHub): void {
  const { market, settings } = context
  app.route({
    method: 'GET',
    url: '/v1/events',
    config: { access: 'optional' },
    schema: {
      operationId: 'subscribe',
      summary:
        "Events over a WebSocket: first a message of type `state`, then what happens. Prices are for everyone, requests for a signed upgrade's signer; where no headers can be set, the signature is the subprotocol `shardline-signature.PARTY.TIME.NONCE.SIGNATURE` after `shardline`. Close code 1013 means: connect again.",
      tags: ['events'],
      querystring: record({
        topics: text(
          '^[a-z]+(,[a-z]+)*$',
          TOPICS_CHARS_MAX,
          '`prices`, `requests`, or both with a comma between',
        ),
        model: Type.Optional(modelIdText),
      }),
    },
    preHandler: async ({ query, party, ws }) => {
      const topics = readTopics(query.topics)
      if (topics.includes('requests') && party === undefined)
        throw new SignatureMissingError('shardline-party')
      if (!ws) throw new UpgradeRequiredError()
      hub.checkRoom()
    },
    handler: () => {
      throw new UpgradeRequiredError()
    },
    wsHandler: (socket, { query, party }) => {
      const feed = new EventFeed({
        socket,
        market,
        topics: readTopics(query.topics),
        party,
        model: query.model === undefined ? undefined : modelId(query.model),
        bufferBytesMax: settings.eventBufferBytesMax,
        eventsWaitingMax: settings.eventsWaitingMax,
      })
      hub.add(feed)
      socket.on('pong', () => feed.answered())
      socket.on('message', () => feed.close(POLICY_VIOLATION, 'no messages are expected'))
      socket.on('close', () => hub.remove(feed))
      void feed.begin()
    },
  })
}

/** @throws MarketInputError if there's another topic in it. */
function readTopics(given: string): readonly EventTopic[] {
  return given.split(',').map((name) => {
    const topic = TOPICS.find((known) => known === name)
    if (topic === undefined) throw new MarketInputError('topics', given, `of ${TOPICS.join(', ')}`)
    return topic
  })
}
