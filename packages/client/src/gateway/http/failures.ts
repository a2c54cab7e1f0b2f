import type { ShardlineError } from '@shardline/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { GatewayMethodError, GatewayRouteUnknownError } from '../gateway-errors.ts'
import type { App, GatewayContext } from './app.ts'
import { failureReply, toCodedError } from './error-reply.ts'
import type { FailureReply } from './error-reply.ts'

/** What answering a failure needs. */
export type FailureContext = Pick<GatewayContext, 'settings' | 'log'>

const METHODS = ['GET', 'POST', 'DELETE', 'HEAD'] as const

/** Answers every failure in the form of the API that was asked, and every unknown path too. */
export function addFailures(app: App, context: FailureContext): void {
  app.setErrorHandler((cause, request, reply) => answerFailure(context, { cause, request, reply }))
  app.setNotFoundHandler((request, reply) => {
    const path = (request.raw.url ?? '').split('?')[0] ?? ''
    const methods = METHODS.filter((method) => app.findRoute({ method, url: path }) !== null)
    if (methods.length === 0) throw new GatewayRouteUnknownError()
    reply.header('allow', methods.join(', '))
    throw new GatewayMethodError(methods)
  })
}

/** A failure and where its answer goes. */
export interface Failure {
  readonly cause: unknown
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Sends the answer to a failure, and notes it. */
export function answerFailure(context: FailureContext, { cause, request, reply }: Failure): void {
  const error = toCodedError(cause, context.settings)
  const failure = failureReply(error, context.settings)
  noteFailure(context, { error, status: failure.status, route: request.routeOptions.url ?? '' })
  reply.header('x-shardline-error', failure.code)
  if (failure.retryAfterMs !== undefined) reply.header('retry-after', retrySeconds(failure.retryAfterMs))
  void reply
    .code(failure.status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(failureBody(failure, request.raw.url ?? ''))
}

/** Answers what Node refused before it was a request: written by hand, since there's no reply object yet. */
export function answerClientError(context: FailureContext, cause: Error, socket: Socket): void {
  if (!socket.writable || ('code' in cause && cause.code === 'ECONNRESET')) {
    socket.destroy()
    return
  }
  const error = toCodedError(cause, context.settings)
  const failure = failureReply(error, context.settings)
  noteFailure(context, { error, status: failure.status, route: '' })
  const text = JSON.stringify({ error: failure.error })
  socket.end(
    [
      `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status] ?? ''}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      'connection: close',
      '',
      text,
    ].join('\r\n'),
    // Who doesn't read even this is cut off.
    () => socket.destroySoon(),
  )
}

interface Noted {
  readonly error: ShardlineError
  readonly status: number
  readonly route: string
}

/** Notes a failure: codes and places only, since a message may repeat what the client sent. */
export function noteFailure({ log }: FailureContext, { error, status, route }: Noted): void {
  const fields = { code: error.code, status, route }
  if (status >= 500) log.warn('gateway-request-failed', fields)
  else log.debug('gateway-request-refused', fields)
}

/** OpenAI's form of a failure, or Ollama's for its paths. */
function failureBody(failure: FailureReply, url: string): unknown {
  return { error: url.startsWith('/api/') ? failure.error.message : failure.error }
}

function retrySeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
