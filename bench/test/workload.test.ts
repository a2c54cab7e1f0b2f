import t from 'tap'
import { promptText, standardWorkloads } from '../src/workload.ts'

t.test('workloads fit into the context of the model', (t) => {
  for (const contextLength of [64, 300, 4096]) {
    for (const isQuick of [false, true]) {
      for (const { name, promptTokens, newTokens } of standardWorkloads({ contextLength, isQuick })) {
        t.ok(
          promptTokens > 0 && newTokens > 0 && promptTokens + newTokens <= contextLength,
          `${name} of ${contextLength}`,
        )
      }
    }
  }
  t.end()
})

t.test('prompts have enough words and differ from their first words on', (t) => {
  const texts = Array.from({ length: 100 }, (_, variant) => promptText(variant, 40))
  for (const text of texts) t.ok(text.split(' ').length >= 40)
  t.equal(new Set(texts.map((text) => text.slice(0, 20))).size, texts.length)
  t.equal(promptText(3, 40), promptText(3, 40))
  t.end()
})
