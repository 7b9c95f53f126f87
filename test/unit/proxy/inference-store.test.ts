// What the inference keeps over a restart: parameters, names of guests, a bounded history.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseMac } from '../../../src/base/mac.ts'
import type { ChangeRow } from '../../../src/control/api.ts'
import { createGuestBook } from '../../../src/proxy/guest-book.ts'
import { type InferenceStore, openInferenceStore } from '../../../src/proxy/inference-store.ts'
import { createSettings } from '../../../src/proxy/settings.ts'

const MAC = parseMac('02:00:00:00:00:01')
const OTHER = parseMac('02:00:00:00:00:02')

let folder: string
let store: InferenceStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vnet-store-'))
  store = openInferenceStore(folder)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

function reopen(): void {
  store.close()
  store = openInferenceStore(folder)
}

function changeAt(atMs: number): ChangeRow {
  const stages = { countMs: 100, reportMs: 1, smoothMs: 100, decideMs: 99 }
  const edges = { added: [{ source: MAC, destination: OTHER }], removed: [] }
  return { atMs, firstFrameMs: atMs - 300, ...edges, before: [], after: [], stages }
}

const add = (atMs: number) =>
  store.addChange({ change: changeAt(atMs), topology: { guests: [], edges: [] }, names: {} })
const times = (sinceMs: number | null = null, limit = 100) =>
  store.changes({ sinceMs, limit }).map(({ change }) => change.atMs)

test('the file is for nobody else', () => {
  expect(statSync(join(folder, 'inference.db')).mode & 0o077).toBe(0)
})

test('changes come back newest first, since a time and at most so many', () => {
  for (const atMs of [1_000, 2_000, 3_000]) add(atMs)
  reopen()
  expect(times()).toEqual([3_000, 2_000, 1_000])
  expect(times(2_000)).toEqual([3_000, 2_000])
  expect(times(null, 1)).toEqual([3_000])
  expect(store.changes({ sinceMs: null, limit: 1 })[0]?.change).toEqual(changeAt(3_000))
})

test('the history is bounded in number and age', () => {
  for (let atMs = 1_000; atMs <= 10_000; atMs += 1_000) add(atMs)
  store.retain({ changesMax: 100, sinceMs: 4_000 })
  expect(times()).toHaveLength(7)
  store.retain({ changesMax: 3, sinceMs: 0 })
  expect(times()).toEqual([10_000, 9_000, 8_000])
  store.retain({ changesMax: 0, sinceMs: 0 })
  expect(times()).toEqual([])
})

test('parameters that another version kept and that are no good here have their default', () => {
  store.putParameter('smoothingIntervalMs', 5_000)
  store.putParameter('updateIntervalMs', 1)
  store.putParameter('somethingElse', 1)
  reopen()
  let changes = 0
  const settings = createSettings(store, () => changes++)
  expect(settings.infer()).toMatchObject({ smoothingIntervalMs: 5_000, updateIntervalMs: 100 })
  expect(() => settings.set('updateIntervalMs', 7)).toThrow(/cannot be 7/)
  expect(changes).toBe(0)
  expect(settings.set('inference', 0)).toMatchObject({ name: 'inference', value: 0, default: 1 })
  expect([changes, settings.isOn()]).toEqual([1, false])
})

test("the operator's name of a guest goes before its port's, and stays", () => {
  let book = createGuestBook(store)
  const says = (isFull: boolean, ...names: readonly { mac: typeof MAC; name: string }[]) =>
    book.announced('alpha', { kind: 'guestNames', requestId: 0, isFull, names })
  says(false, { mac: MAC, name: 'lost' }) // a part of a list whose beginning is not here
  expect(book.all()).toEqual([])
  says(true, { mac: MAC, name: 'vm1' })
  says(false, { mac: OTHER, name: 'vm2' })
  book.set({ mac: MAC, name: 'frontend' })
  expect(book.namesOf([MAC, OTHER])).toEqual({ [MAC]: 'frontend', [OTHER]: 'vm2' })
  says(true, { mac: MAC, name: 'vm1' })
  expect(book.all()).toEqual([{ mac: MAC, name: 'frontend' }])
  reopen()
  book = createGuestBook(store)
  expect(book.all()).toEqual([{ mac: MAC, name: 'frontend' }])
  says(true, { mac: MAC, name: 'vm1' })
  book.set({ mac: MAC, name: '' })
  expect(book.namesOf([MAC])).toEqual({ [MAC]: 'vm1' })
  book.forget('alpha')
  expect(book.all()).toEqual([])
})
