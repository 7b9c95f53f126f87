// The rules that this daemon should have, and which of them can stand now: those that people set
// and, below them, those of the adaptation. A rule over a peer whose link is down is taken out of
// the plane, so that its traffic falls back to the star, and put back when the link returns.
// Deciding (`mergeRules`, `resolveRules`, `diffRules`) is pure; `createRuleKeeper` acts.

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

/** Who wants a rule. */
export type RuleOrigin = 'manual' | 'adapt'

export type RuleMatch = Pick<WantedRule, 'destination' | 'source'>

/** What names mean at this moment; null: not there, or down. */
export interface Reachable {
  readonly linkOf: (peer: string) => LinkId | null
  readonly portOf: (name: string) => PortId | null
}

export const ruleKey = (match: RuleMatch) => `${match.source ?? 'any'}>${match.destination}`

/**
 * All that is wanted, by key. The adaptation takes no pair whose destination people have a rule
 * for, be it for one source or for any.
 */
export function mergeRules(
  manual: ReadonlyMap<string, WantedRule>,
  adapted: ReadonlyMap<string, WantedRule>,
): ReadonlyMap<string, WantedRule> {
  if (adapted.size === 0) return manual
  const isFree = (rule: WantedRule) =>
    !manual.has(ruleKey(rule)) && !manual.has(ruleKey({ ...rule, source: null }))
  return new Map([...manual, ...[...adapted].filter(([, rule]) => isFree(rule))])
}

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
  /**
   * All rules of the adaptation; they replace those before.
   * @throws VnetError `rule-table-full`; then all is as before.
   */
  setAdapted(rules: readonly WantedRule[]): void
  /** After a link or port came or went. */
  refresh(): void
  wanted(): readonly WantedRule[]
  originOf(match: RuleMatch): RuleOrigin
  /** True while the rule is in the plane. */
  isActive(match: RuleMatch): boolean
}

/** Keeps the plane's rules equal to what is wanted and possible. */
export function createRuleKeeper(
  plane: Pick<Plane, 'setRule' | 'removeRule'>,
  reachable: Reachable,
): RuleKeeper {
  const manual = new Map<string, WantedRule>()
  let adapted: ReadonlyMap<string, WantedRule> = new Map()
  let applied: ReadonlyMap<string, Rule> = new Map()

  function refresh(): void {
    const desired = resolveRules(mergeRules(manual, adapted).values(), reachable)
    const diff = diffRules(applied, desired)
    for (const rule of diff.remove) plane.removeRule(rule)
    applied = desired
    for (const rule of diff.set) plane.setRule(rule)
  }

  function requireRoom(count: number): void {
    if (count <= RULE_TABLE_MAX) return
    throw new VnetError('rule-table-full', `a daemon holds ${RULE_TABLE_MAX} rules`)
  }

  return {
    set(rule) {
      if (!manual.has(ruleKey(rule))) requireRoom(manual.size + adapted.size + 1)
      manual.set(ruleKey(rule), rule)
      refresh()
    },
    remove(match) {
      const wasThere = manual.delete(ruleKey(match))
      if (wasThere) refresh()
      return wasThere
    },
    setAdapted(rules) {
      requireRoom(manual.size + rules.length)
      adapted = new Map(rules.map((rule) => [ruleKey(rule), rule]))
      refresh()
    },
    refresh,
    wanted: () => [...mergeRules(manual, adapted).values()],
    originOf: (match) => (manual.has(ruleKey(match)) ? 'manual' : 'adapt'),
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
