/** A call of a tool that a model wrote. */
export interface ToolCall {
  readonly name: string
  /** JSON text, as OpenAI's API gives it. */
  readonly arguments: string
}

/** What became of a part of an answer's text: what is text, and the calls that were in it. */
export interface ReadText {
  readonly text: string
  readonly calls: readonly ToolCall[]
}

/** Takes the text of one choice apart into text and calls, as it comes. */
export interface ChoiceReader {
  push(text: string): ReadText
  /** What was held back. */
  end(): ReadText
}

/** A reader for answers without tools: everything is text. */
export const plainReader: ChoiceReader = Object.freeze({
  push: (text: string) => ({ text, calls: [] }),
  end: () => ({ text: '', calls: [] }),
})

/** Calls that a JSON text holds: an object or a list of objects with a name and arguments; none if it is anything else. */
export function parseCalls(json: string): readonly ToolCall[] {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return []
  }
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value]
  const calls = entries.map(toCall)
  return calls.every((call) => call !== undefined) ? calls : []
}

/** Models write `{"name", "arguments"}`, some `parameters`, some all of it inside `function`. */
function toCall(entry: unknown): ToolCall | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined
  const outer = entry as Readonly<Record<string, unknown>>
  const inner =
    typeof outer['function'] === 'object' && outer['function'] !== null ? outer['function'] : outer
  const { name, arguments: given, parameters } = inner as Readonly<Record<string, unknown>>
  const values = given ?? parameters
  if (typeof name !== 'string' || name === '') return undefined
  if (typeof values === 'string') return { name, arguments: values }
  if (values !== undefined && (typeof values !== 'object' || values === null)) return undefined
  return { name, arguments: JSON.stringify(values ?? {}) }
}
