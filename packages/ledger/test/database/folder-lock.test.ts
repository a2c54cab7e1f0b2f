import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { DatabaseInUseError } from '@shardline/ledger'
import { lockFolder } from '../../src/database/folder-lock.ts'

const parent = await mkdtemp(join(tmpdir(), 'shardline-lock-'))
t.teardown(() => rm(parent, { recursive: true, force: true }))

t.test('a folder is taken by one, made if it is not there, and given back as it was', async (t) => {
  const folder = join(parent, 'new', 'folder')
  const unlock = await lockFolder(folder)
  await t.rejects(lockFolder(folder), DatabaseInUseError)
  await unlock()
  t.same(await readdir(folder), [])
  const unlockAgain = await lockFolder(folder)
  await unlockAgain()
})

t.test('a lock of a process that lives holds, one of a process that is gone does not', async (t) => {
  const folder = join(parent, 'other')
  await (
    await lockFolder(folder)
  )()
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  t.teardown(() => child.kill('SIGKILL'))
  const lock = join(folder, 'shardline.lock')
  await writeFile(lock, JSON.stringify({ pid: child.pid, folder }))
  await t.rejects(lockFolder(folder), {
    code: 'LEDGER_DATABASE_IN_USE',
    message: new RegExp(`^process ${child.pid} has`),
  })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const unlock = await lockFolder(folder)
  t.match(JSON.parse(await readFile(lock, 'utf8')), { pid: process.pid, folder })
  await unlock()
})

t.test('a copy of a folder is not locked by its original, and a torn lock by nobody', async (t) => {
  const [folder, copy] = [join(parent, 'original'), join(parent, 'copy')]
  const unlock = await lockFolder(folder)
  await cp(folder, copy, { recursive: true })
  const unlockCopy = await lockFolder(copy)
  await unlockCopy()
  t.same(await readdir(copy), [])
  await writeFile(join(copy, 'shardline.lock'), '{"pid":')
  const unlockAgain = await lockFolder(copy)
  await unlockAgain()
  t.same(await readdir(copy), [])
  t.same(await readdir(folder), ['shardline.lock'], 'the original stays locked')
  await unlock()
})
