import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { GenerateRequest } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import { startMemoryCluster } from '../support/memory-cluster.ts'

const PROMPT = 'Once upon a time there was a fox'

function requestOf(promptTokenIds: readonly number[], vocabularySize: number): GenerateRequest {
  return {
    promptTokenIds,
    maxTokens: 24,
    sampling: resolveSampling({ temperature: 0.8, seed: 7 }, { vocabularySize }),
    stopStrings: [],
    isDigestWanted: true,
    signal: undefined,
  }
}

t.test(
  'the bundled model answers the same over one worker and over three, alone and among others',
  async (t) => {
    const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-'))
    t.teardown(() => rm(cacheFolder, { recursive: true, force: true }))
    const seen: { readonly text: string; readonly digest: string | undefined }[] = []
    for (const workers of [1, 3]) {
      await using cluster = await startMemoryCluster(cacheFolder, workers)
      const { vocabularySize } = cluster.checkpoint.config
      const ids = cluster.encode(PROMPT)
      const request = requestOf(ids, vocabularySize)
      const alone = await cluster.pipeline.generate(request).result
      t.ok(alone.text.length > 20, alone.text)
      t.equal(alone.stages.length, workers + 2)
      t.equal(alone.stages[1]?.rows, ids.length + alone.tokenIds.length - 1, 'every row ran once')
      const others = [3, 9, 14].map((count) =>
        cluster.pipeline.generate(requestOf(ids.slice(0, count), vocabularySize)),
      )
      const among = await cluster.pipeline.generate(request).result
      await Promise.all(others.map(({ result }) => result))
      seen.push({ text: alone.text, digest: alone.digest }, { text: among.text, digest: among.digest })
      await using chat = await cluster.pipeline.converse({ capacity: 200 })
      const first = await chat.generate(request).result
      t.equal(first.text, alone.text)
      const context = [...ids, ...first.tokenIds, ...cluster.encode(' and')]
      const second = await chat.generate(requestOf(context, vocabularySize)).result
      t.equal(second.reusedTokens, ids.length + first.tokenIds.length - 1)
      t.equal(second.text, (await cluster.pipeline.generate(requestOf(context, vocabularySize)).result).text)
      const score = await cluster.pipeline.score({
        tokenIds: ids,
        top: 3,
        isDigestWanted: true,
        signal: undefined,
      })
      t.equal(score.topIds.length, ids.length)
      t.ok(score.meanNll > 0 && score.meanNll < 10, `mean negative log-likelihood ${score.meanNll}`)
    }
    for (const other of seen.slice(1)) t.same(other, seen[0])
  },
)
