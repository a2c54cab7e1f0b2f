import { randomUUID } from 'node:crypto'
import type { GenerateRequest, PipelineReceipts } from '@shardline/driver'
import t from 'tap'
import { startMemoryCluster } from '../support/memory-cluster.ts'
import type { MemoryCluster } from '../support/memory-cluster.ts'
import { FENCE, MODEL, judged, requestOf } from '../support/proven-answers.ts'
import type { ProvenAnswer } from '../support/proven-answers.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const cacheFolder = sharedCacheFolder()

interface Asked extends ProvenAnswer {
  readonly outcome: PromiseSettledResult<PipelineReceipts>
}

/** Runs answers side by side, and asks for receipts of what is out beside the tokens, each time so many have come. */
async function askedWhileItRuns(
  cluster: MemoryCluster,
  requests: readonly GenerateRequest[],
  { every, onTokens = () => undefined }: { readonly every: number; onTokens?: (count: number) => void },
): Promise<{
  readonly sets: readonly Asked[]
  readonly tokenIds: readonly (readonly number[])[]
  ask: string
}> {
  const { pipeline, identity } = cluster
  const ask = randomUUID()
  const prompt = requests[0]?.promptTokenIds.length ?? 0
  const runs = requests.map((request) => ({ answer: pipeline.generate(request), tokens: 0 }))
  const asking: Promise<Asked>[] = []
  const collect = async (): Promise<Asked> => {
    const begun = runs.filter(({ tokens }) => tokens > 0)
    const sessions = begun.map(({ answer }) => answer.session ?? 'none')
    const tokensSoFar = begun.map(({ tokens }) => tokens)
    const output = tokensSoFar.reduce((sum, tokens) => sum + tokens, 0)
    const terms = { ask, fence: FENCE, model: MODEL, promptTokens: prompt, outputTokens: output }
    const [outcome] = await Promise.allSettled([
      pipeline.receipts({ sessions, tokensSoFar, terms, identity }),
    ])
    const given =
      outcome.status === 'fulfilled' ? outcome.value : { participants: pipeline.participants(), receipts: [] }
    return { ask, prompt, output, sessions, outcome, ...given }
  }
  let count = 0
  const tokenIds = await Promise.all(
    runs.map(async (run) => {
      for await (const { token } of run.answer) {
        if (token === undefined) continue
        run.tokens += 1
        onTokens(++count)
        if (count % every === 0) asking.push(collect())
      }
      return (await run.answer.result).tokenIds
    }),
  )
  return { sets: await Promise.all(asking), tokenIds, ask }
}

t.test('receipts can be had while answers run, for what is out, and change no token', async (t) => {
  await using cluster = await startMemoryCluster(cacheFolder, 2, { isSecured: true })
  const requests = [requestOf(cluster), requestOf(cluster, { maxTokens: 25 })]
  const undisturbed = await Promise.all(requests.map((request) => cluster.pipeline.generate(request).result))
  const { sets, tokenIds, ask } = await askedWhileItRuns(cluster, requests, { every: 6 })
  t.same(
    tokenIds,
    undisturbed.map((answer) => answer.tokenIds),
  )
  t.ok(sets.length >= 8)
  for (const set of sets) {
    t.match(set.outcome, { status: 'fulfilled' })
    const { prompt, output } = set
    t.same(await judged(cluster, set), { ok: true, promptTokens: prompt, outputTokens: output })
  }
  const { identity, pipeline } = cluster
  const outputTokens = tokenIds.flat().length
  const terms = { ask, fence: FENCE, model: MODEL, promptTokens: sets[0]?.prompt ?? 0, outputTokens }
  const sessions = sets.at(-1)?.sessions ?? []
  const whole = await pipeline.receipts({ sessions, terms, identity })
  t.equal(whole.receipts.length, 4, 'and for all of it at the end, under the same claim')

  await t.test('no stage signs for more than it has run', async (t) => {
    const request = requestOf(cluster)
    const answer = pipeline.generate(request)
    const promptTokens = request.promptTokenIds.length
    const more = { ask: randomUUID(), fence: FENCE, model: MODEL, promptTokens, outputTokens: 1_000 }
    let attempt: Promise<unknown> | undefined
    for await (const { token } of answer) {
      if (token === undefined || attempt !== undefined) continue
      const named = [answer.session ?? 'none']
      attempt = pipeline.receipts({ sessions: named, tokensSoFar: [1], terms: more, identity })
      await t.rejects(attempt, {
        code: 'DRIVER_STAGE_FAILED',
        details: { remoteCode: 'NODE_RECEIPT_REFUSED' },
      })
    }
  })
})

t.test('a stage that dies right after the end has signed for nearly all of it', async (t) => {
  await using cluster = await startMemoryCluster(cacheFolder, 2, { isSecured: true })
  const { sets, tokenIds } = await askedWhileItRuns(cluster, [requestOf(cluster)], { every: 8 })
  await cluster.kill('w2')
  const { identity, pipeline } = cluster
  const last = sets.at(-1)
  const outputTokens = tokenIds.flat().length
  const terms = {
    ask: last?.ask ?? '',
    fence: FENCE,
    model: MODEL,
    promptTokens: last?.prompt ?? 0,
    outputTokens,
  }
  await t.rejects(pipeline.receipts({ sessions: last?.sessions ?? [], terms, identity }))
  const proven = sets.filter(({ outcome }) => outcome.status === 'fulfilled').at(-1)
  if (proven === undefined) throw new Error('there is no set')
  t.ok(proven.output >= outputTokens - 8)
  t.same(await judged(cluster, proven), {
    ok: true,
    promptTokens: proven.prompt,
    outputTokens: proven.output,
  })
})

t.test('a replacement signs for all rows, also for those that its predecessor had signed', async (t) => {
  const spares = { workers: 1, validators: 0 }
  await using cluster = await startMemoryCluster(cacheFolder, 2, { isSecured: true, spares })
  const [, before] = cluster.pipeline.participants().workers
  let death: Promise<void> | undefined
  const { sets } = await askedWhileItRuns(cluster, [requestOf(cluster)], {
    every: 4,
    onTokens: (count) => {
      if (count === 18) death = cluster.kill('w2')
    },
  })
  await death
  const complete = sets.filter(({ outcome }) => outcome.status === 'fulfilled')
  const nodes = complete.map(({ participants }) => participants.workers[1]?.node)
  t.equal(nodes[0], before?.node, 'who died had signed')
  t.not(nodes.at(-1), before?.node, 'who came in its place did too')
  for (const set of complete) {
    t.same(await judged(cluster, set), { ok: true, promptTokens: set.prompt, outputTokens: set.output })
    const workers = set.receipts.filter(({ body }) => body.role === 'worker')
    t.equal(workers.length, 2, 'and nobody beside the other: one set covers all layers once')
  }
})
