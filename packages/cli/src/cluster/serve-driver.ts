import { basename } from 'node:path'
import { systemClock, systemRandom } from '@shardline/core'
import type { Log } from '@shardline/core'
import { SERVICE_LINK_LIMITS, serveAnswers } from '@shardline/driver'
import type { AnswerService, ServedModel } from '@shardline/driver'
import type { Identity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import { defined } from './defined.ts'
import type { DriverModel } from './driver-model.ts'
import { nodeName, SOFTWARE } from './node-name.ts'
import { linkSecurity } from './role-key.ts'

/** Options of {@link serveDriver}. */
export interface ServeDriverInit {
  readonly model: DriverModel
  /** Name that users ask for. @default the last part of the model's reference */
  readonly name: string | undefined
  /** Address to listen on. */
  readonly listen: string
  readonly identity: Identity
  /** Ids of the users who may ask; undefined is everybody. */
  readonly allow: readonly string[] | undefined
  /** Origins of the web pages that may connect. */
  readonly originsAllowed: readonly string[]
  /** Milliseconds that stopping waits for answers that run. @default the driver's */
  readonly stopMsMax: number | undefined
  /** Gives forming pipelines up. */
  readonly signal: AbortSignal
  readonly log: Log
}

/** Answers the sealed asks of users over pipelines of a model, until it is stopped. @throws what serveAnswers throws. */
export function serveDriver(init: ServeDriverInit): Promise<AnswerService> {
  const { model, identity, log } = init
  const { checkpoint, tokenizer, chatTemplate, contextLength } = model
  const { config, digest, suggestedSampling } = checkpoint
  const served: ServedModel = {
    name: init.name ?? nameOf(checkpoint.reference),
    digest,
    contextLength,
    layerCount: config.layerCount,
    vocabularySize: config.vocabularySize,
    stopTokenIds: config.eosTokenIds,
    suggested: suggestedSampling,
    tokenizer,
    chatTemplate,
    form: (previous, signal) => model.form(previous, AbortSignal.any([signal, init.signal])),
  }
  const self = { node: nodeName('driver', systemRandom), role: 'driver', software: SOFTWARE } as const
  const security = linkSecurity(identity, init.allow)
  return serveAnswers(
    {
      transport: new WebSocketTransport(
        { clock: systemClock, log },
        { self, security, limits: SERVICE_LINK_LIMITS, originsAllowed: init.originsAllowed },
      ),
      clock: systemClock,
      random: systemRandom,
      log,
      identity,
    },
    { listen: init.listen, models: [served], limits: defined({ stopMsMax: init.stopMsMax }) },
  )
}

/** `models/storyteller` and `org/storyteller` are both asked for as `storyteller`. */
function nameOf(reference: string): string {
  return basename(reference.replace(/[\\/]+$/, '')).replace(/\.gguf$/i, '')
}
