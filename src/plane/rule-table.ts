// The forwarding rules of a plane with their counts: (destination, source) and destination alone.

import { VnetError } from '../base/errors.ts'
import { RULE_TABLE_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Rule, RuleInfo } from './plane.ts'

/** A rule and what it carried since it was set. */
export interface CountedRule {
  readonly rule: Rule
  frames: number
  bytes: number
}

export interface RuleTable {
  /** Replaces a rule of the same destination and source in one step; its counts begin anew. */
  set(rule: Rule): void
  remove(destination: MacAddress, source: MacAddress | undefined): boolean
  /** The rule of just this pair, or (`source` undefined) of the destination from anywhere. */
  find(destination: MacAddress, source: MacAddress | undefined): CountedRule | undefined
  list(): RuleInfo[]
}

export function createRuleTable(): RuleTable {
  const rules = new Map<string, CountedRule>()
  const keyOf = (destination: MacAddress, source: MacAddress | undefined) =>
    source === undefined ? destination : `${destination} ${source}`
  return {
    set(rule) {
      const key = keyOf(rule.destination, rule.source)
      if (!rules.has(key) && rules.size >= RULE_TABLE_MAX) {
        throw new VnetError('rules-full', 'the forwarding table is at its bound')
      }
      rules.set(key, { rule, frames: 0, bytes: 0 })
    },
    remove: (destination, source) => rules.delete(keyOf(destination, source)),
    find: (destination, source) => rules.get(keyOf(destination, source)),
    list: () => [...rules.values()].map(({ rule, frames, bytes }) => ({ ...rule, frames, bytes })),
  }
}
