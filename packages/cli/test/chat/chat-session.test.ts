import type { Answer, AnswerResult, Conversation, GenerateRequest } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import type { ChatTemplate, Tokenizer } from '@shardline/model'
import t from 'tap'
import { ChatSession } from '../../src/chat/chat-session.ts'

/** One token per character, and a template that is easy to read. */
const tokenizer: Tokenizer = {
  vocabularySize: 65_536,
  specialTokenIds: new Set(),
  encode: (text) => Array.from(text, (character) => character.charCodeAt(0)),
  decode: (ids) => String.fromCharCode(...ids),
  tokenBytes: (id) => new TextEncoder().encode(String.fromCharCode(id)),
  stream: () => ({ push: (id) => String.fromCharCode(id), end: () => '' }),
}

const chatTemplate: ChatTemplate = {
  source: '',
  takesTools: false,
  render: (messages) => messages.map(({ role, content }) => `${role[0]}:${content}|`).join(''),
}

class FakePipeline {
  readonly prompts: string[] = []
  readonly requests: GenerateRequest[] = []
  opened = 0
  closed = 0
  failure: Error | undefined

  converse(): Promise<Conversation> {
    this.opened++
    return Promise.resolve({
      generate: (request: GenerateRequest): Answer => this.#answer(request),
      [Symbol.asyncDispose]: async () => void this.closed++,
    })
  }

  #answer(request: GenerateRequest): Answer {
    this.requests.push(request)
    this.prompts.push(tokenizer.decode(request.promptTokenIds))
    const text = `answer ${this.prompts.length}`
    const { failure } = this
    const result = failure === undefined ? Promise.resolve({ text } as AnswerResult) : Promise.reject(failure)
    return {
      result,
      session: undefined,
      async *[Symbol.asyncIterator]() {
        if (failure !== undefined) throw failure
        yield { text, token: undefined }
      },
    }
  }
}

function open(
  options: { readonly capacity?: number; readonly system?: string; readonly maxTokens?: number } = {},
) {
  const pipeline = new FakePipeline()
  const session = new ChatSession(
    { pipeline, tokenizer, chatTemplate },
    {
      system: options.system,
      sampling: resolveSampling({}, { vocabularySize: tokenizer.vocabularySize }),
      stopStrings: [],
      maxTokens: options.maxTokens ?? 10,
      capacity: options.capacity ?? 1000,
    },
  )
  let heard = ''
  const say = (text: string) =>
    session.say(text, { onText: (piece) => (heard += piece), signal: new AbortController().signal })
  return { pipeline, session, say, heard: () => heard }
}

t.test('each turn says all that was said before, in one conversation', async (t) => {
  const { pipeline, say, heard } = open({ system: 'be kind' })
  await say('one')
  await say('two')
  t.same(pipeline.prompts, ['s:be kind|u:one|', 's:be kind|u:one|a:answer 1|u:two|'])
  t.equal(pipeline.opened, 1)
  t.equal(heard(), 'answer 1answer 2')
})

t.test('a reset chat starts anew, and its cache is freed', async (t) => {
  const { pipeline, session, say } = open()
  await say('one')
  await session.reset()
  t.equal(session.last, undefined)
  await say('two')
  t.equal(pipeline.prompts[1], 'u:two|')
  t.equal(pipeline.opened, 2)
  t.equal(pipeline.closed, 1)
})

t.test('a failed turn is as if it had not been', async (t) => {
  const { pipeline, session, say } = open()
  await say('one')
  pipeline.failure = new Error('lost')
  await t.rejects(say('two'), /lost/)
  t.equal(session.messageCount, 2)
  pipeline.failure = undefined
  await say('three')
  t.equal(pipeline.prompts.at(-1), 'u:one|a:answer 1|u:three|')
})

t.test('a chat that outgrows the context forgets its oldest turns, not its system text', async (t) => {
  const { pipeline, say } = open({ capacity: 60, system: 'kind', maxTokens: 20 })
  let dropped = 0
  for (let turn = 0; turn < 6; turn++) dropped += (await say(`turn ${turn}`)).droppedMessages
  t.ok(dropped > 0)
  for (const [index, prompt] of pipeline.prompts.entries()) {
    t.ok(prompt.startsWith('s:kind|u:'), prompt)
    t.ok(prompt.endsWith(`u:turn ${index}|`), prompt)
    t.ok(prompt.length + (pipeline.requests[index]?.maxTokens ?? 0) <= 60, 'context and answer fit')
  }
})

t.test('a message that leaves no room is refused, and the chat goes on', async (t) => {
  const { pipeline, say } = open({ capacity: 20, maxTokens: 5 })
  await t.rejects(say('x'.repeat(30)), { code: 'DRIVER_PROMPT_TOO_LONG' })
  await say('short')
  t.same(pipeline.prompts, ['u:short|'])
})
