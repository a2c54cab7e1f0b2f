/**
 * What an answer has to be, so that only tokens are chosen that keep it so:
 *
 * - `json-object`: any JSON object.
 * - `json-schema`: a JSON value that a schema allows. `schema` is its text; properties are written in the order that they
 *   have there. docs/concepts/constrained-sampling.md says which keywords are known.
 */
export type GrammarSpec =
  { readonly type: 'json-object' } | { readonly type: 'json-schema'; readonly schema: string }
