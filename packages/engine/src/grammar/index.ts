/**
 * Constrained sampling: keeps an answer a JSON document that a schema allows, by choosing only tokens that leave it one.
 *
 * ```ts
 * const grammars = new GrammarCompiler({ vocabularySize, tokenBytes: (id) => tokenizer.tokenBytes(id) })
 * const grammar = grammars.compile({ type: 'json-schema', schema: '{"type":"integer","minimum":1,"maximum":6}' })
 * const sampler = createSampler(options, vocabularySize, { grammar })
 * ```
 *
 * A schema becomes alternatives without references (`expand-schema.ts`), each a shape (`shape.ts`), and these an automaton
 * over bytes with a call stack (`compile-schema.ts`, `*-writer.ts`). A parser runs it and looks its steps up once they are
 * known (`parser.ts`); a walk over the vocabulary's tree finds the tokens of a state (`token-mask.ts`), once per state.
 */
export { checkGrammar } from './check-grammar.ts'
export type { CompiledGrammar } from './compiled-grammar.ts'
export { GrammarCompiler } from './grammar-compiler.ts'
export type { GrammarLimits } from './grammar-compiler.ts'
export type { GrammarCursor } from './grammar-cursor.ts'
export * from './grammar-errors.ts'
export * from './grammar-limits.ts'
export type { GrammarSpec } from './grammar-spec.ts'
export type { TokenTable } from './vocabulary.ts'
