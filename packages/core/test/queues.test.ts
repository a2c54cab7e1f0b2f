import t from 'tap'
import { BoundedQueue, Mailbox } from '../src/index.ts'

t.test('a bounded queue runs tasks in order and refuses more than its limit', async (t) => {
  const queue = new BoundedQueue({ entriesMax: 2 })
  const order: number[] = []
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const first = queue.add(async () => {
    await gate
    order.push(1)
  })
  const second = queue.add(async () => order.push(2))
  await t.rejects(
    queue.add(async () => 3),
    { code: 'CORE_QUEUE_FULL', retryable: true },
  )
  release()
  await Promise.all([first, second])
  await queue.idle()
  t.same(order, [1, 2])
  t.equal(await queue.add(async () => 4), 4)
})

t.test('a bounded queue passes on what a task throws and goes on', async (t) => {
  const queue = new BoundedQueue({ entriesMax: 2 })
  await t.rejects(
    queue.add(async () => {
      throw new Error('no')
    }),
    { message: 'no' },
  )
  t.equal(await queue.add(async () => 1), 1)
})

t.test('a mailbox hands over all that waits, in order, and waits when there is nothing', async (t) => {
  const box = new Mailbox<number>({ entriesMax: 3 })
  box.put(1)
  box.put(2)
  t.same(await box.takeAll(), [1, 2])
  const waiting = box.takeAll()
  box.put(3)
  t.same(await waiting, [3])
  t.same(box.takeReady(), [])
})

t.test('a mailbox refuses more than its limit, and ends its loop when closed and drained', async (t) => {
  const box = new Mailbox<number>({ entriesMax: 1 })
  box.put(1)
  t.throws(() => box.put(2), { code: 'CORE_QUEUE_FULL' })
  box.close()
  box.put(3)
  t.same(await box.takeAll(), [1])
  t.same(await box.takeAll(), [])
  t.equal(box.isClosed, true)
})
