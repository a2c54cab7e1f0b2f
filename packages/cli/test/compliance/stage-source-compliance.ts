import type { Test } from 'tap'
import type { StageSource } from '../../src/stages/stage-source.ts'

/** A source with two workers, of which each holds the model, and one validator. */
export interface StageSourceFixture {
  readonly source: StageSource
  readonly workers: readonly string[]
  readonly validator: string
  /** Lets a worker come, after which every watcher has been told; undefined where nobody comes. Resolves with its address. */
  readonly come: (() => Promise<string>) | undefined
  /** Lets that one go. */
  readonly go: ((address: string) => Promise<void>) | undefined
}

/** What every {@link StageSource} does. */
export function stageSourceCompliance(t: Test, open: () => Promise<StageSourceFixture>): void {
  t.test('finds workers and a validator, nobody twice', async (t) => {
    const { source, workers, validator } = await open()
    const found = await source.find({ signal: undefined })
    t.ok(found.workers.length > 0)
    t.equal(found.validator, validator)
    const all = [...found.workers, ...found.spares.workers]
    t.same(all.toSorted(), workers.toSorted())
    t.notOk(all.includes(found.validator))
    t.same(source.notes, [], 'nothing is missing')
  })

  t.test('finds the same again while nothing changes', async (t) => {
    const { source } = await open()
    t.strictSame(await source.find({ signal: undefined }), await source.find({ signal: undefined }))
  })

  t.test('finds nothing for somebody who has given up', async (t) => {
    const { source } = await open()
    await t.rejects(source.find({ signal: AbortSignal.abort() }), { code: 'CORE_ABORTED' })
  })

  t.test('tells of who comes and goes while it is watched, and of nobody else', async (t) => {
    const { source, come, go } = await open()
    const told: string[] = []
    await source.find({ signal: undefined })
    const end = source.watch({
      came: ({ role, address }) => told.push(`${role} ${address}`),
      went: (address) => told.push(`gone ${address}`),
    })
    const address = await come?.()
    t.same(told, address === undefined ? [] : [`worker ${address}`])
    if (address !== undefined) await go?.(address)
    t.same(told, address === undefined ? [] : [`worker ${address}`, `gone ${address}`])
    end()
    await come?.()
    t.equal(told.length, address === undefined ? 0 : 2, 'nothing after the end')
    end()
  })

  t.test('finds who has come, and not who has gone', async (t) => {
    const { source, workers, come, go } = await open()
    const address = await come?.()
    const everybody = async (): Promise<readonly string[]> => {
      const found = await source.find({ signal: undefined })
      return [...found.workers, ...found.spares.workers].toSorted()
    }
    t.same(await everybody(), [...workers, ...(address === undefined ? [] : [address])].toSorted())
    if (address !== undefined) await go?.(address)
    t.same(await everybody(), workers.toSorted())
  })
}
