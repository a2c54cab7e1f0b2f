/**
 * The `shardline` command, and the one function that starts a whole pipeline on this machine.
 *
 * ```ts
 * import { startLocalCluster } from '@shardline/cli'
 *
 * await using cluster = await startLocalCluster({ model: 'models/storyteller', workers: 2 })
 * const ids = cluster.tokenizer?.encode('Once upon a time') ?? []
 * const request = { promptTokenIds: ids, maxTokens: 20, sampling: cluster.sampling({ seed: 1 }), stopStrings: [] }
 * const answer = cluster.pipeline.generate({ ...request, isDigestWanted: true, signal: undefined })
 * for await (const chunk of answer) process.stdout.write(chunk.text)
 * console.log((await answer.result).digest)
 * ```
 */
export * from './cluster/local-cluster.ts'
export * from './errors.ts'
export * from './limits.ts'
