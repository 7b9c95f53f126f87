// The rules that the adaptation wants at this host, as the proxy sends them: a whole set in parts,
// which takes the place of the one before once its last part is there. They stay while the proxy is
// away.

import { VnetError } from '../base/errors.ts'
import { isGroupMac } from '../base/mac.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { PATH_RULES_PARTS_MAX } from '../wire/message.ts'
import type { RuleKeeper, WantedRule } from './rules.ts'

type PathRules = ControlMessageOf<'pathRules'>

interface Refused {
  readonly code: string
  readonly reason: string
}

export interface PathRuleSets {
  /** Null: taken; after the last part all are in force. Else nothing changed. */
  receive(message: PathRules): Refused | null
  /** Another proxy, or the same anew: it counts from the beginning. The rules stay. */
  startOver(): void
}

export function createPathRuleSets(keeper: Pick<RuleKeeper, 'setAdapted'>): PathRuleSets {
  let lastSequence = 0
  let pending: { readonly sequence: number; parts: number; rules: WantedRule[] } | null = null

  /** All parts so far; null: this is none of them. */
  function gather({ sequence, part, parts, rules }: PathRules): WantedRule[] | null {
    if (part === 0) pending = { sequence, parts: 0, rules: [] }
    const isNext = pending !== null && pending.sequence === sequence && pending.parts === part
    if (pending === null || !isNext || part >= parts || parts > PATH_RULES_PARTS_MAX) return null
    pending.parts = part + 1
    for (const { source, destination, viaPeer } of rules) {
      const target = { kind: 'peer', name: viaPeer } as const
      pending.rules.push({ source, destination, target, isTransit: false })
    }
    return pending.rules
  }

  return {
    receive(message) {
      const { sequence, part, parts, rules } = message
      if (sequence <= lastSequence) {
        return { code: 'stale', reason: `rules of number ${lastSequence} are in force already` }
      }
      if (rules.some(({ source, destination }) => isGroupMac(source) || isGroupMac(destination))) {
        return { code: 'rule-invalid', reason: 'broadcast and multicast take the star' }
      }
      const gathered = gather(message)
      if (gathered === null) {
        pending = null
        return { code: 'parts', reason: `part ${part} of ${parts} does not follow the one before` }
      }
      if (part < parts - 1) return null
      pending = null
      try {
        keeper.setAdapted(gathered)
      } catch (error) {
        if (!(error instanceof VnetError)) throw error
        return { code: error.code, reason: error.message }
      }
      lastSequence = sequence
      return null
    },
    startOver() {
      lastSequence = 0
      pending = null
    },
  }
}
