// The folder of labs: what is ours in it and what is not, whose namespaces are whose, and the lock.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { down } from '../../../src/lab/commands.ts'
import { lockLab } from '../../../src/lab/lock.ts'
import {
  labFiles,
  labsFolder,
  listLabs,
  makeLabsFolder,
  namespacePrefix,
  readState,
  removeLabFiles,
  removeLabsFolder,
  writeState,
} from '../../../src/lab/state.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vnlab-'))
  vi.stubEnv('VNET_LAB_DIR', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const state = (name: string) => ({
  name,
  topologyText: '',
  topologyPath: 'x.yaml',
  startedAtMs: 0,
  processes: {},
  isComplete: false,
  isNetworkOnly: false,
})

it('labs are the folders that a lab made, whatever else is there', () => {
  writeState(state('one'))
  mkdirSync(join(folder, 'two'))
  writeFileSync(join(folder, 'two', 'lab.json.new'), '{"na') // cut off at birth
  mkdirSync(join(folder, 'photos'))
  writeFileSync(join(folder, 'lab.json'), '')
  expect(listLabs()).toEqual(['one', 'two'])
  expect(readState('one')).toEqual(state('one'))
  expect(readState('two')).toBeNull()
  expect([removeLabFiles('one'), removeLabFiles('two')]).toEqual([true, true])
  expect([removeLabFiles('one'), removeLabFiles('photos')]).toEqual([false, false])
  removeLabsFolder()
  expect(readdirSync(folder).sort()).toEqual(['lab.json', 'photos'])
})

it('a name from the command line never becomes a path', async () => {
  const outside = join(folder, 'precious')
  mkdirSync(outside)
  writeFileSync(join(outside, 'lab.json'), '{}')
  vi.stubEnv('VNET_LAB_DIR', join(folder, 'labs'))
  mkdirSync(join(folder, 'labs'))
  expect(await down('../precious')).toEqual([])
  expect(() => labFiles('..')).toThrow(/there is no lab/)
  expect(existsSync(outside)).toBe(true)
})

it('each folder has namespaces of its own', () => {
  const here = namespacePrefix()
  expect(here).toMatch(/^vnlab-[0-9a-f]{8}$/)
  vi.stubEnv('VNET_LAB_DIR', `${folder}/../${folder.split('/').at(-1)}/`)
  expect(labsFolder()).toBe(folder)
  expect(namespacePrefix()).toBe(here)
  vi.stubEnv('VNET_LAB_DIR', `${folder}-2`)
  expect(namespacePrefix()).not.toBe(here)
  vi.stubEnv('VNET_LAB_DIR', '')
  expect([labsFolder(), namespacePrefix()]).toEqual(['/run/vnet-lab', 'vnlab'])
})

it('a folder too deep for the sockets in it is refused beforehand', () => {
  vi.stubEnv('VNET_LAB_DIR', join(folder, 'x'.repeat(60)))
  expect(makeLabsFolder).toThrow(/too long a path for unix sockets/)
})

it('one at a time: the second is told who is at work, another lab is free', async () => {
  const release = await lockLab('one')
  await expect(lockLab('one')).rejects.toThrow(`process ${process.pid} is at work on lab 'one'`)
  const other = await lockLab('two')
  release()
  other()
  const again = await lockLab('one')
  again()
})

it('the lock of a process that was killed is free at once', async () => {
  const url = new URL('../../../src/lab/lock.ts', import.meta.url)
  const program = `await (await import('${url}')).lockLab('one'); console.log('locked')
    setInterval(() => {}, 1e3)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await expect(lockLab('one')).rejects.toThrow(`process ${child.pid} is at work`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const release = await lockLab('one')
  release()
})
