import { connectDriver, textAsk } from '@shardline/client'
import type { DriverTarget } from '@shardline/client'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { Pace } from './honest-user.ts'
import { socketTransport } from './socket-transport.ts'

const target = JSON.parse(process.argv[2] ?? '') as DriverTarget
process.once('disconnect', () => process.exit())
const transport = socketTransport('client', await createIdentity(systemRandom))
const components = { transport, clock: systemClock, random: systemRandom, log: silentLog }
const source = await connectDriver(components, target)

/** Milliseconds that a short answer takes. @throws whatever keeps it from coming */
async function timeShortAnswer(): Promise<number> {
  const startedMs = systemClock.monotonic()
  const answer = source.ask(textAsk('Tell me a story.', { maxTokens: 4 }))
  for await (const event of answer) if (event.type === 'done') break
  await answer.report
  return systemClock.monotonic() - startedMs
}

async function timeAnswers({ count, pauseMs }: Pace): Promise<readonly number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    if (pauseMs > 0) await systemClock.sleep(pauseMs)
    times.push(await timeShortAnswer())
  }
  return times
}

process.on('message', (pace) => {
  // One that fails ends the process, and so the test.
  void timeAnswers(pace as Pace).then((times) => process.send?.(times))
})
process.send?.([])
