// Rules that the operator sets on hosts from the proxy (`vnet rule add --host`): sent,
// acknowledged, remembered, and set again when the host comes back.

import { VnetError } from '../base/errors.ts'
import type { RuleRequest } from '../control/api.ts'
import type { Peer } from '../daemon/peer.ts'
import { parseTarget, type WantedTarget } from '../daemon/rules.ts'
import type { Question } from '../link/requests.ts'
import type { NetworkStore, SavedRule } from './network-store.ts'

const ACKNOWLEDGE_TIMEOUT_MS = 2_000

export interface HostRules {
  /** @throws VnetError `host-down`, `rule-target-invalid`, or the host's refusal. */
  set(host: string, request: RuleRequest): Promise<void>
  /** @throws VnetError `host-down`, `rule-unknown`. */
  remove(host: string, request: RuleRequest): Promise<void>
  hostUp(peer: Peer): void
}

export function createHostRules(options: {
  readonly store: NetworkStore
  readonly peerOf: (host: string) => Peer | null
  readonly audit: (action: string, detail: string) => void
}): HostRules {
  const { store, peerOf, audit } = options

  async function order(host: string, question: Question): Promise<void> {
    const peer = peerOf(host)
    if (peer === null) throw new VnetError('host-down', `host '${host}' is not connected`)
    const answer = await peer.ask(question, ACKNOWLEDGE_TIMEOUT_MS)
    if (answer.kind !== 'acknowledge' || answer.errorCode === '') return
    throw new VnetError(answer.errorCode, `'${host}' refuses: ${answer.error}`)
  }

  return {
    async set(host, request) {
      if (request.target === undefined) {
        throw new VnetError('request-invalid', 'target: a rule needs one')
      }
      const rule: SavedRule = {
        host,
        destination: request.destination,
        source: request.source ?? null,
        target: request.target,
        isTransit: request.isTransit ?? false,
      }
      await order(host, ruleOrder(rule, parseTarget(rule.target)))
      store.putRule(rule)
      audit('rule-set', describe(rule))
    },
    async remove(host, { destination, source = null }) {
      const rule = { host, destination, source, target: 'drop', isTransit: false }
      await order(host, { ...ruleOrder(rule, { kind: 'drop' }), isRemoved: true })
      store.removeRule(rule)
      audit('rule-removed', describe(rule))
    },
    hostUp(peer) {
      for (const rule of store.rulesOf(peer.name)) {
        peer.send(ruleOrder(rule, parseTarget(rule.target)))
      }
    },
  }
}

function ruleOrder(rule: SavedRule, target: WantedTarget) {
  return {
    kind: 'ruleOrder',
    isRemoved: false,
    destination: rule.destination,
    source: rule.source,
    viaPeer: target.kind === 'peer' ? target.name : '',
    viaPort: target.kind === 'port' ? target.name : '',
    isTransit: rule.isTransit,
  } as const
}

function describe({ host, source, destination, target }: SavedRule): string {
  return `${host}: ${source ?? 'any'} > ${destination}: ${target}`
}
