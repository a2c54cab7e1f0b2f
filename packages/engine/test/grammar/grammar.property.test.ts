import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import fc from 'fast-check'
import t from 'tap'
import {
  GrammarCompiler,
  GrammarKeywordUnsupportedError,
  GrammarTooComplexError,
  GrammarUnsatisfiableError,
} from '../../src/index.ts'
import { testSeed } from '../sampler/test-seed.ts'
import { arbitrarySchema } from './support/arbitrary-schema.ts'
import { jsonSchema, smallVocabulary, writeDocument } from './support/write-document.ts'

const ajv = new Ajv2020({ strict: false, validateFormats: true })
formatsPlugin.default(ajv)

t.test('documents by chance match the schema that they were written for', async (t) => {
  const seed = testSeed(t)
  const compiler = new GrammarCompiler(smallVocabulary)
  let written = 0
  let refused = 0
  fc.assert(
    fc.property(arbitrarySchema, fc.nat(), (schema, documentSeed) => {
      try {
        compiler.compile(jsonSchema(schema))
      } catch (cause) {
        const isNamed =
          cause instanceof GrammarUnsatisfiableError ||
          cause instanceof GrammarTooComplexError ||
          (cause instanceof GrammarKeywordUnsupportedError && ['enum', 'oneOf'].includes(cause.keyword))
        if (!isNamed) throw cause
        refused++
        return
      }
      const validate = ajv.compile(schema)
      for (const temperature of [0.2, 1, 4]) {
        const init = { seed: documentSeed, tokensMax: 600, temperature, compiler }
        const document = writeDocument(jsonSchema(schema), init)
        if (!document.isDone) throw new Error(`not done: ${document.text.slice(0, 200)}`)
        const value: unknown = JSON.parse(document.text)
        if (!validate(value)) throw new Error(`${document.text}: ${ajv.errorsText(validate.errors)}`)
        written++
      }
    }),
    { seed, numRuns: 300 },
  )
  t.ok(written > 600, `${written} documents, ${refused} schemas refused`)
  t.ok(refused < 60, `${refused} schemas refused`)
})
