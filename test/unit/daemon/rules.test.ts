// A host's rules: which can stand now, fall back to the star when a peer is down, come back after.

import { describe, expect, test } from 'vitest'
import type { MacAddress } from '../../../src/base/mac.ts'
import {
  createRuleKeeper,
  formatTarget,
  parseTarget,
  type WantedRule,
} from '../../../src/daemon/rules.ts'
import type { LinkId, Rule } from '../../../src/plane/plane.ts'

const M1 = '52:54:00:00:00:01' as MacAddress
const M2 = '52:54:00:00:00:02' as MacAddress
const viaBeta: WantedRule = {
  destination: M1,
  source: null,
  target: { kind: 'peer', name: 'beta' },
  isTransit: false,
}

function make() {
  const log: string[] = []
  const links = new Map<string, number>()
  const plane = {
    setRule: (rule: Rule) => log.push(`set ${rule.destination} ${JSON.stringify(rule.target)}`),
    removeRule: (match: { destination: string }) => log.push(`remove ${match.destination}`) > 0,
  }
  const keeper = createRuleKeeper(plane as never, {
    linkOf: (peer) => (links.get(peer) ?? null) as LinkId | null,
    portOf: () => null,
  })
  return { keeper, links, log }
}

describe('createRuleKeeper', () => {
  test('a rule over a peer stands only while its link is up', () => {
    const { keeper, links, log } = make()
    keeper.set(viaBeta)
    expect(log).toEqual([])
    expect(keeper.isActive(viaBeta)).toBe(false)
    links.set('beta', 7)
    keeper.refresh()
    expect(log).toEqual([`set ${M1} {"kind":"link","link":7}`])
    links.delete('beta')
    keeper.refresh()
    expect(log.at(-1)).toBe(`remove ${M1}`)
    links.set('beta', 9)
    keeper.refresh()
    expect(log.at(-1)).toBe(`set ${M1} {"kind":"link","link":9}`)
    expect(keeper.wanted()).toEqual([viaBeta])
  })

  test('touches nothing that did not change', () => {
    const { keeper, links, log } = make()
    links.set('beta', 7)
    keeper.set(viaBeta)
    keeper.set({ ...viaBeta, source: M2 })
    keeper.refresh()
    expect(log).toHaveLength(2)
    expect(keeper.remove({ destination: M1, source: M2 })).toBe(true)
    expect(keeper.remove({ destination: M1, source: M2 })).toBe(false)
    expect(keeper.isActive(viaBeta)).toBe(true)
  })

  test('a drop rule needs nobody', () => {
    const { keeper, log } = make()
    keeper.set({ ...viaBeta, target: { kind: 'drop' } })
    expect(log).toEqual([`set ${M1} {"kind":"drop"}`])
  })
})

describe('targets as text', () => {
  test.each(['port:vm1', 'host:beta', 'drop'])('%s', (text) => {
    expect(formatTarget(parseTarget(text))).toBe(text.replace(':', ' '))
  })
  test.each(['', 'beta', 'host:', 'link:3'])('refuses %j', (text) => {
    expect(() => parseTarget(text)).toThrow(/not a target/)
  })
})
