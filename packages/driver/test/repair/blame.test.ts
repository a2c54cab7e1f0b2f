import t from 'tap'
import { systemClock } from '@shardline/core'
import { StageFailedError, StageSilentError } from '../../src/index.ts'
import { blame } from '../../src/repair/blame.ts'
import type { PlaceFailure } from '../../src/repair/blame.ts'
import { StageLink } from '../../src/stage-link.ts'
import type { StageIdentity } from '../../src/stage-identity.ts'
import { LoopbackTransport } from '../support/loopback-transport.ts'

async function linksOf(count: number): Promise<readonly StageLink[]> {
  const transport = new LoopbackTransport()
  const links: StageLink[] = []
  for (let index = 0; index < count; index++) {
    const address = `memory:${index}`
    await transport.listen(address, () => undefined)
    const identity: StageIdentity = { role: 'worker', index, address, node: `w${index}`, layers: undefined }
    links.push(new StageLink({ link: await transport.dial(address), clock: systemClock }, identity))
  }
  return links
}

t.test('says who is to be replaced after an attempt that failed', async (t) => {
  const [a, b, c] = (await linksOf(3)) as [StageLink, StageLink, StageLink]
  const trouble = (link: StageLink, next: StageLink): PlaceFailure => ({
    link,
    next,
    error: new StageFailedError(link.identity, { code: 'NODE_NEXT_UNREACHABLE', message: 'no answer' }),
  })
  const silent: PlaceFailure = { link: c, next: undefined, error: new StageSilentError(c.identity, 'it', 9) }
  const refused: PlaceFailure = {
    link: b,
    next: c,
    error: new StageFailedError(b.identity, { code: 'NODE_PIPELINE_UNKNOWN', message: 'what pipeline?' }),
  }
  t.same(blame([], new Map()), [])
  t.same(blame([trouble(a, b), trouble(b, c), silent], new Map()), [c], 'the others wait for the silent one')
  t.same(blame([trouble(a, b), refused], new Map()), [b], 'the stage that refused')
  t.same(blame([trouble(a, b), trouble(b, c)], new Map()), [], 'both are tried once more')
  t.same(blame([trouble(a, b), trouble(b, c)], new Map([[b, 1]])), [c], 'then the next one goes')
  t.same(blame([trouble(b, c)], new Map([[b, 2]])), [b], 'then the one that complains')
})
