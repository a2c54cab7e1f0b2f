import { parseCalls } from './tool-call.ts'
import type { ChoiceReader, ReadText, ToolCall } from './tool-call.ts'

interface Marker {
  readonly open: string
  /** Undefined: the call goes to the end of the answer. */
  readonly close: string | undefined
  readonly parse: (body: string) => readonly ToolCall[]
}

/** How models mark calls in their text. */
const MARKERS: readonly Marker[] = [
  { open: '<tool_call>', close: '</tool_call>', parse: parseCalls },
  { open: '<function=', close: '</function>', parse: parseFunction },
  { open: '[TOOL_CALLS]', close: undefined, parse: parseCalls },
  { open: '<|tool_call|>', close: undefined, parse: parseCalls },
  { open: '<|python_tag|>', close: undefined, parse: parseCalls },
]

/** `name>{...}`, behind `<function=`. */
function parseFunction(body: string): readonly ToolCall[] {
  const at = body.indexOf('>')
  if (at <= 0) return []
  const json = body.slice(at + 1).trim()
  return parseCalls(`{"name":${JSON.stringify(body.slice(0, at))},"arguments":${json === '' ? '{}' : json}}`)
}

/**
 * Finds the calls in an answer of a model that was given tools. Text that may be the beginning of a call is held back; what
 * turns out to be none is text. An answer that is nothing but JSON counts as calls if it names known tools.
 */
export class ToolCallReader implements ChoiceReader {
  readonly #names: ReadonlySet<string>
  #held = ''
  #marker: Marker | undefined
  #hasCalls = false
  /** Whether the answer began with JSON: then its end decides. */
  #isJson: boolean | undefined

  constructor(names: Iterable<string>) {
    this.#names = new Set(names)
  }

  push(text: string): ReadText {
    this.#held += text
    this.#isJson ??= beginsWithJson(this.#held.trimStart())
    if (this.#isJson !== false) return { text: '', calls: [] }
    return this.#readOn()
  }

  end(): ReadText {
    if (this.#isJson === true) {
      const calls = parseCalls(this.#held)
      if (calls.length > 0 && calls.every(({ name }) => this.#names.has(name))) return this.#take('', calls)
    } else if (this.#marker !== undefined) {
      const body = this.#held.slice(this.#marker.open.length)
      const calls = this.#marker.parse(body)
      if (calls.length > 0) return this.#take('', calls)
    }
    return this.#take(this.#held, [])
  }

  #readOn(): ReadText {
    const texts: string[] = []
    const calls: ToolCall[] = []
    for (;;) {
      const part = this.#marker === undefined ? this.#readText() : this.#readCall(this.#marker)
      if (part === undefined) return { text: texts.join(''), calls }
      texts.push(part.text)
      calls.push(...part.calls)
    }
  }

  /** Text up to the next marker, or as much as can't belong to one; undefined if all that is left has to wait. */
  #readText(): ReadText | undefined {
    const found = MARKERS.map((marker) => ({ marker, at: this.#held.indexOf(marker.open) }))
      .filter(({ at }) => at >= 0)
      .toSorted((a, b) => a.at - b.at)[0]
    if (found === undefined) {
      const length = this.#held.length - waitingLength(this.#held)
      if (length === 0) return undefined
      const text = this.#held.slice(0, length)
      this.#held = this.#held.slice(length)
      return { text, calls: [] }
    }
    const text = this.#held.slice(0, found.at)
    this.#held = this.#held.slice(found.at)
    this.#marker = found.marker
    return { text: text.trim() === '' ? '' : text, calls: [] }
  }

  #readCall({ open, close, parse }: Marker): ReadText | undefined {
    if (close === undefined) return undefined
    const at = this.#held.indexOf(close)
    if (at < 0) return undefined
    const calls = parse(this.#held.slice(open.length, at))
    const text = calls.length > 0 ? '' : this.#held.slice(0, at + close.length)
    this.#held = this.#held.slice(at + close.length)
    this.#marker = undefined
    if (calls.length > 0) this.#hasCalls = true
    return { text, calls }
  }

  #take(text: string, calls: readonly ToolCall[]): ReadText {
    this.#held = ''
    // Space beside calls is no text; without calls it is.
    return { text: this.#hasCalls && text.trim() === '' ? '' : text, calls }
  }
}

/** Whether an answer is JSON by its beginning, and no marked call; undefined while that can't be told. */
function beginsWithJson(begin: string): boolean | undefined {
  if (begin === '') return undefined
  if (!/^[[{]/.test(begin) || MARKERS.some(({ open }) => begin.startsWith(open))) return false
  return MARKERS.some(({ open }) => open.startsWith(begin)) ? undefined : true
}

/** How much at the end of a text may be the beginning of a marker, with the space before it. */
function waitingLength(text: string): number {
  let waiting = 0
  for (const { open } of MARKERS) {
    for (let length = Math.min(open.length - 1, text.length); length > waiting; length--) {
      if (text.endsWith(open.slice(0, length))) waiting = length
    }
  }
  const before = text.slice(0, text.length - waiting)
  return text.length - before.trimEnd().length
}
