// Runs node-llama-cpp for the benchmark, as a child process with an IPC channel. One JSON message in, one out:
//   { id, op: 'start', model, threads, streams, contextTokens }     -> { id, result: { description } }
//   { id, op: 'generate', prompts, promptTokens, maxTokens }        -> { id, result: { streams } }
//   { id, op: 'stop' }                                              -> { id, result: {} }, then it ends
// A failure is { id, error }. Times are milliseconds since the request was taken up.
import { readFileSync } from 'node:fs'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

let model
let context
let sequences = []

const operations = {
  async start({ model: modelPath, threads, streams, contextTokens }) {
    const llama = await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      maxThreads: threads,
      logLevel: LlamaLogLevel.error,
    })
    model = await llama.loadModel({ modelPath, gpuLayers: 0 })
    context = await model.createContext({
      sequences: streams,
      contextSize: contextTokens,
      batchSize: 512,
      threads: { ideal: threads, min: threads },
    })
    sequences = Array.from({ length: streams }, () => context.getSequence())
    return {
      description: {
        'node-llama-cpp': readVersion(),
        'llama.cpp release': String(llama.llamaCppRelease.release),
        'build type': llama.buildType,
        'system info': llama.systemInfo.trim(),
        threads: String(context.idealThreads),
        'flash attention': String(context.flashAttention),
        'context tokens per stream': String(context.contextSize),
        'batch size': String(context.batchSize),
      },
    }
  },
  async generate({ prompts, promptTokens, maxTokens }) {
    await Promise.all(sequences.map((sequence) => sequence.clearHistory()))
    const startMs = performance.now()
    const streams = await Promise.all(
      prompts.map((text, index) => generateOne(sequences[index], { text, promptTokens, maxTokens, startMs })),
    )
    return { streams }
  },
  async stop() {
    await context?.dispose()
    await model?.dispose()
    return {}
  },
}

/** Tokenizes, evaluates and turns each token into text, as an answer to a user would. Temperature 0 is greedy. */
async function generateOne(sequence, { text, promptTokens, maxTokens, startMs }) {
  const tokens = model.tokenize(text).slice(0, promptTokens)
  if (tokens.length < promptTokens) {
    throw new Error(`the prompt has ${tokens.length} tokens; the workload needs ${promptTokens}`)
  }
  const tokenMs = []
  for await (const token of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) {
    model.detokenize([token])
    tokenMs.push(performance.now() - startMs)
    if (tokenMs.length === maxTokens) break
  }
  return { tokenMs }
}

function readVersion() {
  const url = new URL('./node_modules/node-llama-cpp/package.json', import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')).version
}

process.on('message', ({ id, op, ...request }) => {
  operations[op](request).then(
    (result) => process.send({ id, result }, () => op === 'stop' && process.disconnect()),
    (cause) => process.send({ id, error: cause instanceof Error ? cause.message : String(cause) }),
  )
})
// Nothing is left to do when the benchmark is gone.
process.on('disconnect', () => process.exit())
process.send({ id: 0, result: {} })
