import type { Clock, Log, Random } from '@shardline/core'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AnswerSource } from '../../answer-source.ts'
import type { ResponseStore } from '../answer/response-store.ts'
import type { GatewaySettings } from '../gateway-settings.ts'
import type { AnswerSlots } from './answer-slots.ts'

/** The Fastify instance of a gateway. */
export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger>

/** What every endpoint works with. */
export interface GatewayContext {
  readonly source: AnswerSource
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: GatewaySettings
  readonly slots: AnswerSlots
  readonly responses: ResponseStore
  /** Aborts when answers that still run have to end. */
  readonly over: AbortSignal
  /** Seconds since the Unix epoch when the gateway started; shown as the age of its models. */
  readonly startedAtSeconds: number
}
