/**
 * The `shardline` command, and the one function that starts a whole pipeline on this machine.
 *
 * ```ts
 * import { startLocalCluster } from '@shardline/cli'
 * import { resolveSampling } from '@shardline/engine'
 *
 * await using cluster = await startLocalCluster({ model: 'models/storyteller', workers: 2 })
 * const { checkpoint, pipeline } = cluster
 * const promptTokenIds = (await checkpoint.tokenizer()).encode('Once upon a time')
 * const sampling = resolveSampling({ seed: 1 }, { vocabularySize: checkpoint.config.vocabularySize })
 * const request = { promptTokenIds, maxTokens: 20, sampling, stopStrings: [], isDigestWanted: true, signal: undefined }
 * const answer = pipeline.generate(request)
 * for await (const chunk of answer) console.log(chunk.text)
 * console.log((await answer.result).digest)
 * ```
 */
export * from './cluster/cluster-process.ts'
export * from './cluster/driver-host.ts'
export * from './cluster/local-cluster.ts'
export type { HubConfig } from './config.ts'
export * from './errors.ts'
export * from './limits.ts'
