// The life of links as the controller orders it, one event at a time.

import { expect, test } from 'vitest'
import { BACK_OFF_FIRST_MS } from '../../../src/adapt/back-off.ts'
import { backOffViews, linkViews } from '../../../src/adapt/views.ts'
import {
  bringUp,
  createDriver,
  guest,
  ofKind,
  PROXY,
  SETTINGS,
  topologyOf,
} from '../../support/controller-driver.ts'

const PAIR = { a: 'h1', b: 'h2' }

function talking(options: Parameters<typeof createDriver>[0] = {}) {
  const driver = createDriver(options)
  bringUp(driver, 3, 2)
  const commands = driver.hear({ kind: 'topology', topology: topologyOf([[100, 200]]) })
  return { driver, commands }
}

test('new traffic gets a link at once, and rules for both directions when it is up', () => {
  const { driver, commands } = talking()
  expect(ofKind(commands, 'add-link')).toEqual([{ kind: 'add-link', pair: PAIR }])
  const rules = ofKind(commands, 'set-rules').filter((one) => one.rules.length > 0)
  expect(rules.map(({ host, rules: [rule] }) => [host, rule])).toEqual([
    ['h1', { source: guest(100), destination: guest(200), via: 'h2' }],
    ['h2', { source: guest(200), destination: guest(100), via: 'h1' }],
  ])
  expect(linkViews(driver.state())).toMatchObject([{ phase: 'standing', isWanted: true, edges: 1 }])
})

test('no rules before the link is up at both ends', () => {
  const driver = createDriver()
  bringUp(driver, 2)
  driver.answer('silent')
  const commands = driver.hear({ kind: 'topology', topology: topologyOf([[100, 200]]) })
  expect(commands).toEqual([{ kind: 'add-link', pair: PAIR }])
  expect(driver.pass(2_000)).toEqual([])
})

test('a link without use goes after its dwell time: rules, a second, then the link', () => {
  const { driver } = talking()
  driver.pass(60_000)
  driver.hear({ kind: 'topology', topology: topologyOf([]) })
  expect(ofKind(driver.pass(9_000), 'remove-link')).toEqual([])
  driver.answer('silent')
  const taken = driver.pass(1_500)
  expect(ofKind(taken, 'set-rules')).toEqual([])
  expect(ofKind(taken, 'remove-link')).toEqual([])
  driver.answer('obey')
  expect(ofKind(driver.pass(1_000), 'remove-link')).toHaveLength(1)
  expect(linkViews(driver.state())).toEqual([])
})

test('rules that are not acknowledged hold the withdrawal up, but not for ever', () => {
  const { driver } = talking()
  driver.answer('silent')
  driver.hear({ kind: 'settings', settings: { ...SETTINGS, level: 'off' } })
  const commands = driver.pass(9_000)
  expect(ofKind(commands, 'remove-link')).toEqual([])
  // A set of rules that is not answered is sent again.
  expect(ofKind(commands, 'set-rules').length).toBeGreaterThanOrEqual(2)
  expect(ofKind(driver.pass(3_000), 'remove-link')).toHaveLength(1)
})

test('a pair that cannot connect is left alone, twice as long each time', () => {
  const driver = createDriver()
  driver.answer('refuse')
  bringUp(driver, 2)
  driver.hear({ kind: 'topology', topology: topologyOf([[100, 200]]) })
  const [first] = backOffViews(driver.state())
  expect(first).toMatchObject({ ...PAIR, failures: 1, reason: 'no way' })
  expect((first?.untilMs ?? 0) - driver.nowMs()).toBeGreaterThanOrEqual(BACK_OFF_FIRST_MS)
  expect(ofKind(driver.pass(4_900), 'add-link')).toEqual([])
  // 5, 10, 20, 40, 80, 160, 300 s, each longer by up to a quarter.
  const tries = ofKind(driver.pass(615_000), 'add-link').length
  expect(tries).toBeGreaterThanOrEqual(5)
  expect(tries).toBeLessThanOrEqual(7)
})

test('hosts that nobody can dial are not tried', () => {
  const driver = createDriver()
  bringUp(driver, 2)
  for (const host of ['h1', 'h2']) driver.hear({ kind: 'host-up', host, canBeDialled: false })
  const commands = driver.hear({ kind: 'topology', topology: topologyOf([[100, 200]]) })
  expect(ofKind([...commands, ...driver.pass(20_000)], 'add-link')).toEqual([])
})

test('a link that falls loses its rules, and gets them back when it stood a while', () => {
  const { driver } = talking()
  const fallen = driver.hear({ kind: 'link', pair: PAIR, state: 'down', reason: 'silent' })
  expect(ofKind(fallen, 'set-rules').map(({ rules }) => rules.length)).toEqual([0, 0])
  expect(driver.hear({ kind: 'link', pair: PAIR, state: 'up', reason: '' })).toEqual([])
  const back = driver.pass(1_100)
  expect(ofKind(back, 'set-rules').map(({ rules }) => rules.length)).toEqual([1, 1])
})

test('a link that falls again and again is given up', () => {
  const { driver } = talking()
  for (let fall = 1; fall <= 3; fall += 1) {
    driver.hear({ kind: 'link', pair: PAIR, state: 'down', reason: 'silent' })
    driver.hear({ kind: 'link', pair: PAIR, state: 'up', reason: '' })
  }
  expect(ofKind(driver.pass(2_000), 'remove-link')).toHaveLength(1)
  expect(backOffViews(driver.state())).toHaveLength(1)
})

test('a link found worse than the star goes back to it', () => {
  const { driver } = talking()
  const common = {
    jitterMs: 0,
    queueMs: 0,
    bytesPerSecond: 1e6,
    isSaturated: false,
    loadBytesPerSecond: 0,
    confidence: 1,
    rttMs: 1,
    atMs: driver.nowMs(),
  }
  const stars = ['h1', 'h2'].map((from) => {
    return { ...common, from, to: PROXY, role: 'star', lossRatio: 0 } as const
  })
  const path = { ...common, from: 'h1', to: 'h2', role: 'fast-path', lossRatio: 0.02 } as const
  driver.hear({ kind: 'measures', measures: [...stars, path] })
  expect(linkViews(driver.state())[0]?.phase).toBe('standing')
  const commands = driver.hear({ kind: 'measures', measures: [path] })
  expect(ofKind(commands, 'set-rules').map(({ rules }) => rules.length)).toEqual([0, 0])
  expect(backOffViews(driver.state())[0]?.reason).toContain('loses 2.0 %')
})

test('rules follow a guest that moves at once', () => {
  const { driver } = talking()
  driver.hear({
    kind: 'topology',
    topology: topologyOf([
      [100, 200],
      [101, 300],
    ]),
  })
  driver.pass(100)
  const places = new Map(driver.state().places).set(guest(200), 'h3')
  const commands = driver.hear({ kind: 'places', places })
  const last = new Map(ofKind(commands, 'set-rules').map(({ host, rules }) => [host, rules]))
  expect(last.get('h1')?.find(({ source }) => source === guest(100))?.via).toBe('h3')
  expect(last.get('h2')).toEqual([])
})

test('a host that returns gets its rules whole, again', () => {
  const { driver } = talking()
  driver.hear({ kind: 'host-down', host: 'h1' })
  expect(driver.pass(1_000)).toEqual([])
  const commands = driver.hear({ kind: 'host-up', host: 'h1', canBeDialled: true })
  expect(ofKind(commands, 'set-rules')).toMatchObject([{ host: 'h1', rules: [{ via: 'h2' }] }])
})

test('budgets hold, and room is made for what is wanted now', () => {
  const settings = { ...SETTINGS, budgets: { linksPerHost: 1, links: 10 } }
  const { driver } = talking({ settings })
  driver.pass(500)
  driver.hear({ kind: 'topology', topology: topologyOf([[100, 300]]) })
  const commands = driver.pass(3_000)
  expect(commands.map(({ kind }) => kind).filter((kind) => kind.endsWith('link'))).toEqual([
    'remove-link',
    'add-link',
  ])
})

test('lower budgets take links away, the least worthy first', () => {
  const driver = createDriver()
  bringUp(driver, 3)
  driver.hear({
    kind: 'topology',
    topology: topologyOf([
      [100, 200],
      [100, 300],
      [200, 300],
    ]),
  })
  expect(linkViews(driver.state())).toHaveLength(3)
  const budgets = { linksPerHost: 8, links: 1 }
  driver.hear({ kind: 'settings', settings: { ...SETTINGS, budgets } })
  driver.pass(2_000)
  expect(linkViews(driver.state())).toMatchObject([PAIR])
})

test('recommend makes plans and carries out none; off takes away what there is', () => {
  const { driver, commands } = talking({ settings: { ...SETTINGS, level: 'recommend' } })
  expect(ofKind(commands, 'add-link')).toEqual([])
  expect(driver.told().at(-1)).toMatchObject({ record: { action: 'plan', plan: 1 } })
  driver.hear({ kind: 'settings', settings: SETTINGS })
  expect(linkViews(driver.state())).toMatchObject([{ phase: 'standing' }])
  driver.hear({ kind: 'settings', settings: { ...SETTINGS, level: 'off' } })
  expect(ofKind(driver.pass(2_000), 'remove-link')).toHaveLength(1)
})

test('links made by hand are used and never withdrawn', () => {
  const driver = createDriver()
  bringUp(driver, 2)
  driver.hear({ kind: 'manual-links', pairs: [PAIR] })
  driver.hear({ kind: 'link', pair: PAIR, state: 'up', reason: '' })
  const commands = driver.hear({ kind: 'topology', topology: topologyOf([[100, 200]]) })
  expect(ofKind(commands, 'set-rules').map(({ rules }) => rules.length)).toEqual([1, 1])
  driver.hear({ kind: 'topology', topology: topologyOf([]) })
  driver.hear({ kind: 'settings', settings: { ...SETTINGS, level: 'off' } })
  expect(ofKind(driver.pass(60_000), 'remove-link')).toEqual([])
})

test('pins win: star takes the rules away, direct makes a link without traffic', () => {
  const { driver } = talking()
  const star = { source: guest(200), destination: guest(100), path: 'star' } as const
  const direct = { source: guest(100), destination: guest(300), path: 'direct' } as const
  driver.hear({ kind: 'pins', pins: [star, direct] })
  driver.pass(100)
  const views = linkViews(driver.state())
  expect(views.map(({ a, b, edges }) => [a, b, edges])).toEqual([
    ['h1', 'h2', 0],
    ['h1', 'h3', 1],
  ])
})

test('a new proxy touches nothing until it has seen what goes on', () => {
  const driver = createDriver({ standing: [PAIR], firstSequence: 500 })
  const edges = topologyOf([[100, 200]])
  expect(driver.pass(1_000)).toEqual([])
  bringUp(driver, 2)
  driver.hear({ kind: 'link', pair: PAIR, state: 'up', reason: '' })
  driver.hear({ kind: 'topology', topology: edges })
  expect(driver.pass(1_500)).toEqual([])
  const commands = driver.pass(1_000)
  expect(ofKind(commands, 'set-rules').map(({ rules }) => rules.length)).toEqual([1, 1])
  expect(ofKind(commands, 'set-rules')[0]?.sequence).toBeGreaterThanOrEqual(500)
  expect(ofKind([...commands, ...driver.pass(60_000)], 'add-link')).toEqual([])
  expect(linkViews(driver.state())).toMatchObject([{ phase: 'standing' }])
})

test('orders in flight are few, in all and about one host', () => {
  const driver = createDriver({
    settings: { ...SETTINGS, budgets: { linksPerHost: 100, links: 10_000 } },
  })
  bringUp(driver, 60)
  driver.answer('silent')
  const edges: [number, number][] = []
  for (let from = 1; from <= 60; from += 1) {
    for (let to = 1; to <= 60; to += 1) if (from !== to) edges.push([from * 100, to * 100])
  }
  driver.hear({ kind: 'topology', topology: topologyOf(edges) })
  driver.pass(100)
  const orders = linkViews(driver.state())
  expect(orders).toHaveLength(32)
  for (const host of ['h1', 'h2', 'h9']) {
    expect(orders.filter(({ a, b }) => a === host || b === host).length).toBeLessThanOrEqual(8)
  }
})
