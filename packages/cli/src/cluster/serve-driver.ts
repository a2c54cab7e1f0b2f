import { systemClock, systemRandom } from '@shardline/core'
import type { Log } from '@shardline/core'
import { SERVICE_LINK_LIMITS, serveAnswers } from '@shardline/driver'
import type { AnswerService, PaymentOptions, SealingKeyRing, ServedModel } from '@shardline/driver'
import type { Identity } from '@shardline/identity'
import type { Transport } from '@shardline/wire'
import { defined } from './defined.ts'
import type { DriverModel } from './driver-model.ts'
import { modelName } from './model-name.ts'
import { nodeName, SOFTWARE } from './node-name.ts'
import { openTransport } from './open-transport.ts'
import { linkSecurity } from './role-key.ts'
import type { RoutedTransport } from './routed-transport.ts'

/** Options of {@link serveDriver}. */
export interface ServeDriverInit {
  readonly model: DriverModel
  /** Name that users ask for. @default the last part of the model's reference */
  readonly name: string | undefined
  /** Address to listen on. */
  readonly listen: string
  readonly identity: Identity
  /** Made by {@link driverTransport}. */
  readonly transport: Transport
  /** Milliseconds that stopping waits for answers that run. @default the driver's */
  readonly stopMsMax: number | undefined
  /** The market's id of the model. @default its name */
  readonly marketModel: string | undefined
  /** Who pays. @default nobody */
  readonly payment: PaymentOptions | undefined
  /** What prompts are sealed to. @default keys that are forgotten with the service */
  readonly keys: SealingKeyRing | undefined
  /** Gives forming pipelines up. */
  readonly signal: AbortSignal
  readonly log: Log
}

/** Options of {@link driverTransport}. */
export interface DriverTransportInit {
  readonly identity: Identity
  /** Ids of the users who may ask; undefined is everybody. */
  readonly allow: readonly string[] | undefined
  /** Origins of the web pages that may connect. */
  readonly originsAllowed: readonly string[]
  /** Relays to be reached through too. */
  readonly relays: readonly string[]
  readonly log: Log
}

/** The transport of a driver that answers others. */
export function driverTransport(init: DriverTransportInit): RoutedTransport {
  const { identity, allow, originsAllowed, relays, log } = init
  const self = { node: nodeName('driver', systemRandom), role: 'driver', software: SOFTWARE } as const
  return openTransport(
    { clock: systemClock, log, random: systemRandom },
    {
      self,
      security: linkSecurity(identity, allow),
      limits: SERVICE_LINK_LIMITS,
      originsAllowed,
      relays,
    },
  )
}

/** Answers the sealed asks of users over pipelines of a model, until it is stopped. @throws what serveAnswers throws. */
export function serveDriver(init: ServeDriverInit): Promise<AnswerService> {
  const { model, identity, log, transport } = init
  const { checkpoint, tokenizer, chatTemplate, contextLength } = model
  const { config, digest, suggestedSampling } = checkpoint
  const served: ServedModel = {
    name: init.name ?? modelName(checkpoint.reference),
    marketModel: init.marketModel,
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
  return serveAnswers(
    {
      transport,
      clock: systemClock,
      random: systemRandom,
      log,
      identity,
      ...defined({ keys: init.keys }),
    },
    {
      listen: init.listen,
      models: [served],
      limits: defined({ stopMsMax: init.stopMsMax }),
      ...defined({ payment: init.payment }),
    },
  )
}
