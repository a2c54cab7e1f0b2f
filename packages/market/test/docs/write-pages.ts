import { writeFile } from 'node:fs/promises'
import { makePages } from './pages.ts'

for (const { path, text } of await makePages()) await writeFile(path, text)
