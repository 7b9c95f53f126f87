// The rules that this daemon should have, and which of them can stand now. A rule over a peer whose
// link is down is taken out of the plane, so that its traffic falls back to the star, and put back
// when the link returns. Deciding (`resolveRules`, `diffRules`) is pure; `createRuleKeeper` acts.

import { VnetError } from '../base/errors.ts'
import { RULE_TABLE_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import type { LinkId, Plane, PortId, Rule, RuleTarget } from '../plane/plane.ts'

export type WantedTarget =
  | { readonly kind: 'peer'; readonly name: string }
  | { readonly kind: 'port'; readonly name: string }
  | { readonly kind: 'drop' }

export interface WantedRule {
  readonly destination: MacAddress
  readonly source: MacAddress | null
  readonly target: WantedTarget
  readonly isTransit: boolean
}

export type RuleMatch = Pick<WantedRule, 'destination' | 'source'>

/** What names mean at this moment; null: not there, or down. */
export interface Reachable {
  readonly linkOf: (peer: string) => LinkId | null
  readonly portOf: (name: string) => PortId | null
}

export const ruleKey = (match: RuleMatch) => `${match.source ?? 'any'}>${match.destination}`

/** The rules that can stand now, by key. */
export function resolveRules(
  wanted: Iterable<WantedRule>,
  reachable: Reachable,
): ReadonlyMap<string, Rule> {
  const resolved = new Map<string, Rule>()
  for (const rule of wanted) {
    const target = resolveTarget(rule.target, reachable)
    if (target === null) continue
    const source = rule.source === null ? {} : { source: rule.source }
    const { destination, isTransit } = rule
    resolved.set(ruleKey(rule), { destination, ...source, target, isTransit })
  }
  return resolved
}

/** What must change in the plane: rules to set (new or other target) and to remove. */
export function diffRules(
  applied: ReadonlyMap<string, Rule>,
  desired: ReadonlyMap<string, Rule>,
): { readonly set: readonly Rule[]; readonly remove: readonly Rule[] } {
  const isApplied = (key: string, rule: Rule) =>
    JSON.stringify(applied.get(key)) === JSON.stringify(rule)
  return {
    set: [...desired].filter(([key, rule]) => !isApplied(key, rule)).map(([, rule]) => rule),
    remove: [...applied].filter(([key]) => !desired.has(key)).map(([, rule]) => rule),
  }
}

/** `port:NAME`, `host:NAME` or `drop` as a target. @throws VnetError `rule-target-invalid`. */
export function parseTarget(text: string): WantedTarget {
  if (text === 'drop') return { kind: 'drop' }
  const [kind, name] = text.split(':', 2)
  if (kind === 'port' && name) return { kind, name }
  if (kind === 'host' && name) return { kind: 'peer', name }
  throw new VnetError('rule-target-invalid', `'${text}' is not a target of a rule`, {
    hint: 'write port:NAME, host:NAME or drop',
  })
}

/** As people read it in tables: `port vm1`, `host alpha`, `drop`. */
export function formatTarget(target: WantedTarget): string {
  if (target.kind === 'drop') return 'drop'
  return `${target.kind === 'peer' ? 'host' : 'port'} ${target.name}`
}

export interface RuleKeeper {
  /** @throws VnetError `rule-table-full`. */
  set(rule: WantedRule): void
  /** True if it was there. */
  remove(match: RuleMatch): boolean
  /** After a link or port came or went. */
  refresh(): void
  wanted(): readonly WantedRule[]
  /** True while the rule is in the plane. */
  isActive(match: RuleMatch): boolean
}

/** Keeps the plane's rules equal to what is wanted and possible. */
export function createRuleKeeper(
  plane: Pick<Plane, 'setRule' | 'removeRule'>,
  reachable: Reachable,
): RuleKeeper {
  const wanted = new Map<string, WantedRule>()
  let applied: ReadonlyMap<string, Rule> = new Map()

  function refresh(): void {
    const desired = resolveRules(wanted.values(), reachable)
    const diff = diffRules(applied, desired)
    for (const rule of diff.remove) plane.removeRule(rule)
    applied = desired
    for (const rule of diff.set) plane.setRule(rule)
  }

  return {
    set(rule) {
      if (wanted.size >= RULE_TABLE_MAX && !wanted.has(ruleKey(rule))) {
        throw new VnetError('rule-table-full', `there are ${RULE_TABLE_MAX} rules already`)
      }
      wanted.set(ruleKey(rule), rule)
      refresh()
    },
    remove(match) {
      const wasThere = wanted.delete(ruleKey(match))
      if (wasThere) refresh()
      return wasThere
    },
    refresh,
    wanted: () => [...wanted.values()],
    isActive: (match) => applied.has(ruleKey(match)),
  }
}

function resolveTarget(target: WantedTarget, reachable: Reachable): RuleTarget | null {
  if (target.kind === 'drop') return { kind: 'drop' }
  if (target.kind === 'port') {
    const port = reachable.portOf(target.name)
    return port === null ? null : { kind: 'port', port }
  }
  const link = reachable.linkOf(target.name)
  return link === null ? null : { kind: 'link', link }
}
