import type { ShardlineError } from '@shardline/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { MethodNotAllowedError, RateLimitedError, RouteUnknownError } from '../errors.ts'
import type { App, HttpContext } from './app.ts'
import { failureReply, toCodedError } from './error-reply.ts'
import { framesOf } from './frames-of.ts'
import { KnownRoutes } from './known-routes.ts'

const UNAVAILABLE = 503
const UNAVAILABLE_RETRY_SECONDS = 1

/** What answering a failure needs. */
export type FailureContext = Pick<HttpContext, 'settings' | 'metrics' | 'log'>

/** Answers every failure of a route with status, code and message, and every unknown route too. */
export function addFailures(app: App, context: FailureContext): void {
  const routes = new KnownRoutes()
  app.addHook('onRoute', ({ url, method }) => routes.add(url, [method].flat()))
  app.setErrorHandler((cause, request, reply) => answerFailure(context, { cause, request, reply }))
  app.setNotFoundHandler((request, reply) => {
    const methods = routes.methodsOf((request.raw.url ?? '').split('?')[0] ?? '')
    if (methods.length === 0) throw new RouteUnknownError(request.method)
    reply.header('allow', methods.join(', '))
    throw new MethodNotAllowedError(request.method, methods)
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
  const { status, body } = failureReply(error)
  note(context, { error, status, route: `${request.method} ${request.routeOptions.url ?? ''}` })
  if (error instanceof RateLimitedError) reply.header('retry-after', Math.ceil(error.waitMs / 1000))
  else if (status === UNAVAILABLE) reply.header('retry-after', UNAVAILABLE_RETRY_SECONDS)
  // No schema of the route applies to this body.
  void reply.code(status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
}

/** Answers what Node refused before it was a request: written by hand, since there's no reply object yet. */
export function answerClientError(context: FailureContext, cause: Error, socket: Socket): void {
  if (!socket.writable || ('code' in cause && cause.code === 'ECONNRESET')) {
    socket.destroy()
    return
  }
  const error = toCodedError(cause, context.settings)
  const { status, body } = failureReply(error)
  note(context, { error, status, route: '' })
  const text = JSON.stringify(body)
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      'connection: close',
      '',
      text,
    ].join('\r\n'),
  )
}

interface Noted {
  readonly error: ShardlineError
  readonly status: number
  readonly route: string
}

/** Codes and places only: a message may repeat what the caller sent. */
function note({ metrics, log }: FailureContext, { error, status, route }: Noted): void {
  metrics.countRefused(error.code)
  const fields = { code: error.code, status, route }
  if (status >= 500) log.error('request-failed', { ...fields, frames: framesOf(error) })
  else log.debug('request-refused', fields)
}
