import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

const module = new URL('../../src/service/heap-room.ts', import.meta.url).href

/** To how much of what lives the heap of a process grows before all of it is collected. */
const SCRIPT = `
  import { getHeapSpaceStatistics } from 'node:v8'
  import { PerformanceObserver, constants } from 'node:perf_hooks'
  const { letHeapGrow } = await import(${JSON.stringify(module)})
  letHeapGrow()
  const usedBytes = () =>
    getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size
  let collections = 0
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries())
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1
  }).observe({ entryTypes: ['gc'] })
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const lives = Array.from({ length: 300_000 }, (_, index) => ({ index, list: [index] }))
  gc()
  await sleep(100)
  const liveBytes = usedBytes()
  const before = collections
  const dying = []
  let most = liveBytes
  while (collections === before) {
    // What lives for 60 rounds is old when it dies.
    dying.push(Array.from({ length: 5_000 }, (_, index) => ({ index, list: [index] })))
    if (dying.length > 60) dying.shift()
    most = Math.max(most, usedBytes())
    await sleep(1)
  }
  console.log(most / liveBytes, lives.length)`

t.test('a heap grows to three times what lives before all of it is collected', async (t) => {
  const loader = ['--import', import.meta.resolve('tsx'), '--conditions=shardline-source']
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', ...loader, '--input-type=module', '--eval', SCRIPT],
    { timeout: 60_000 },
  )
  const factor = Number(stdout.split(' ')[0])
  t.comment(stdout)
  t.ok(factor > 2.6 && factor < 3.9, `${factor}`)
})
