// The adaptation's rules at a host: taken whole or not at all, in parts, below those of people.

import { describe, expect, test } from 'vitest'
import { RULE_TABLE_MAX } from '../../../src/base/limits.ts'
import type { MacAddress } from '../../../src/base/mac.ts'
import { createPathRuleSets } from '../../../src/daemon/path-rules.ts'
import { createRuleKeeper, type WantedRule } from '../../../src/daemon/rules.ts'
import type { LinkId, Rule } from '../../../src/plane/plane.ts'
import type { ControlMessageOf } from '../../../src/wire/control.ts'
import { PATH_RULES_PARTS_MAX } from '../../../src/wire/message.ts'

const A = '52:54:00:00:00:01' as MacAddress
const B = '52:54:00:00:00:02' as MacAddress
const C = '52:54:00:00:00:03' as MacAddress

function make() {
  const links = new Map([['beta', 7]])
  const plane = new Map<string, number | 'drop'>()
  const keyOf = (rule: Pick<Rule, 'source' | 'destination'>) => `${rule.source}>${rule.destination}`
  const keeper = createRuleKeeper(
    {
      setRule: (rule: Rule) => {
        plane.set(keyOf(rule), rule.target.kind === 'link' ? rule.target.link : 'drop')
      },
      removeRule: (match) => plane.delete(keyOf(match as Rule)),
    },
    { linkOf: (peer) => (links.get(peer) ?? null) as LinkId | null, portOf: () => null },
  )
  return { keeper, links, plane, sets: createPathRuleSets(keeper) }
}

function message(
  fields: Partial<ControlMessageOf<'pathRules'>>,
  pairs: readonly (readonly [MacAddress, MacAddress])[],
): ControlMessageOf<'pathRules'> {
  const rules = pairs.map(([source, destination]) => ({ source, destination, viaPeer: 'beta' }))
  return { kind: 'pathRules', requestId: 1, sequence: 1, part: 0, parts: 1, rules, ...fields }
}

describe('sets of path rules', () => {
  test('each replaces the one before', () => {
    const { sets, plane } = make()
    expect(sets.receive(message({}, [[A, B]]))).toBeNull()
    expect([...plane]).toEqual([[`${A}>${B}`, 7]])
    expect(sets.receive(message({ sequence: 2 }, [[A, C]]))).toBeNull()
    expect([...plane]).toEqual([[`${A}>${C}`, 7]])
    expect(sets.receive(message({ sequence: 3 }, []))).toBeNull()
    expect(plane.size).toBe(0)
  })

  test('come in parts, and nothing changes before the last', () => {
    const { sets, plane } = make()
    sets.receive(message({}, [[B, A]]))
    expect(sets.receive(message({ sequence: 2, parts: 2 }, [[A, B]]))).toBeNull()
    expect([...plane.keys()]).toEqual([`${B}>${A}`])
    expect(sets.receive(message({ sequence: 2, part: 1, parts: 2 }, [[A, C]]))).toBeNull()
    expect([...plane.keys()]).toEqual([`${A}>${B}`, `${A}>${C}`])
  })

  test('that are old, torn, too many or of groups change nothing', () => {
    const { sets, plane } = make()
    sets.receive(message({ sequence: 5 }, [[A, B]]))
    const group = '01:00:5e:00:00:01' as MacAddress
    const refused = [
      message({ sequence: 5 }, []),
      message({ sequence: 6, part: 1, parts: 2 }, []),
      message({ sequence: 6, part: 0, parts: 0 }, []),
      message({ sequence: 6, parts: PATH_RULES_PARTS_MAX + 1 }, []),
      message({ sequence: 6 }, [[A, group]]),
    ].map((one) => sets.receive(one)?.code)
    expect(refused).toEqual(['stale', 'parts', 'parts', 'parts', 'rule-invalid'])
    const { rules } = message(
      {},
      Array.from({ length: RULE_TABLE_MAX + 1 }, () => [A, C] as const),
    )
    expect(sets.receive(message({ sequence: 6, rules }, []))?.code).toBe('rule-table-full')
    expect([...plane]).toEqual([[`${A}>${B}`, 7]])
    expect(sets.receive(message({ sequence: 6 }, []))).toBeNull()
    expect(plane.size).toBe(0)
  })

  test('stay while the proxy is away; another one counts anew', () => {
    const { sets, plane } = make()
    sets.receive(message({ sequence: 9 }, [[A, B]]))
    sets.startOver()
    expect(plane.size).toBe(1)
    expect(sets.receive(message({ sequence: 1 }, [[A, C]]))).toBeNull()
    expect([...plane.keys()]).toEqual([`${A}>${C}`])
  })
})

describe('rules of people and of the adaptation', () => {
  const drop: WantedRule = {
    ...{ destination: B, source: A, isTransit: false },
    target: { kind: 'drop' },
  }

  test('people come first, for one source and for any; and give way again', () => {
    const { keeper, sets, plane } = make()
    const set = message({}, [
      [A, B],
      [C, B],
      [B, A],
    ])
    keeper.set(drop)
    sets.receive(set)
    expect(plane.get(`${A}>${B}`)).toBe('drop')
    expect([keeper.originOf(drop), keeper.originOf({ source: C, destination: B })]).toEqual([
      'manual',
      'adapt',
    ])
    keeper.set({ ...drop, source: null })
    expect([...plane.values()]).toEqual(['drop', 7, 'drop'])
    expect(plane.has(`${C}>${B}`)).toBe(false)
    keeper.remove(drop)
    keeper.remove({ destination: B, source: null })
    expect([...plane.values()]).toEqual([7, 7, 7])
  })

  test('those over a link that is down are out until it is back', () => {
    const { keeper, links, plane, sets } = make()
    sets.receive(message({}, [[A, B]]))
    links.delete('beta')
    keeper.refresh()
    expect(plane.size).toBe(0)
    links.set('beta', 9)
    keeper.refresh()
    expect([...plane.values()]).toEqual([9])
  })
})
