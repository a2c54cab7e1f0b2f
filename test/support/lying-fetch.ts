import type { Fetch } from '@shardline/client'

/** What a market that lies says instead of an answer, or undefined to tell the truth. */
export type Lie = (path: string, answer: unknown) => unknown

/** A market's answers, some of them changed: what a dishonest market could say. */
export function lyingFetch(lie: Lie): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init)
    const text = await response.text()
    const { pathname, search } = new URL(url)
    const said = lie(`${pathname}${search}`, parse(text))
    return new Response(said === undefined ? text : JSON.stringify(said), { status: response.status })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
