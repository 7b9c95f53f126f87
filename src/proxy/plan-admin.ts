// What people ask about the plan: all of it, and why one pair takes the path that it takes.

import { forecast } from '../adapt/forecast.ts'
import { type HostPair, hostPair, type PathMeasure, pairKey } from '../adapt/types.ts'
import { backOffViews, linkViews } from '../adapt/views.ts'
import { VnetError } from '../base/errors.ts'
import { isMacAddress, type MacAddress, parseMac } from '../base/mac.ts'
import type { ExplainedEnd, Explanation, PlanningBackend, PlanView } from '../control/planned.ts'
import { explainPath } from './explain-path.ts'
import type { ProxyParts } from './proxy.ts'

/** Records of a pair that are told. */
const CHANGES_MAX = 10

export function createPlanAdmin(parts: ProxyParts): PlanningBackend {
  return {
    plan: () => planView(parts),
    explain: (a, b) => explain(parts, findEnd(parts, a), findEnd(parts, b)),
  }
}

function planView({ adaptation }: ProxyParts): PlanView {
  const { latest, state } = adaptation.engine
  const level = adaptation.level()
  if (latest === null) return { level, plan: null }
  const { atMs, problem, plan } = latest
  const up = new Set(
    problem.candidates
      .filter(({ isUp }) => isUp)
      .map(({ a, b }) =>
        pairKey({ a: problem.hosts[a]?.name ?? '', b: problem.hosts[b]?.name ?? '' }),
      ),
  )
  const links = plan.links.map((link) => ({ ...link, isUp: up.has(pairKey(link)) }))
  return { level, plan: { ...plan, number: state.planNumber, atMs, links } }
}

/** A guest by MAC or name, else a host. */
function findEnd(parts: ProxyParts, asked: string): ExplainedEnd {
  const names = parts.inference.guestBook.all()
  const guest = (mac: MacAddress): ExplainedEnd => ({
    asked,
    mac,
    name: names.find((one) => one.mac === mac)?.name ?? '',
    host: parts.adaptation.engine.state.places.get(mac) ?? null,
  })
  if (isMacAddress(asked)) return guest(parseMac(asked))
  const found = names.filter(({ name }) => name === asked).map(({ mac }) => mac)
  if (found.length > 1) {
    throw new VnetError('guest-ambiguous', `${found.length} guests are called '${asked}'`, {
      hint: `write one of: ${found.join(', ')}`,
    })
  }
  if (found[0] !== undefined) return guest(found[0])
  const { store } = parts.trust
  const isHost = asked === parts.config.name || store.hosts().some(({ name }) => name === asked)
  if (isHost) return { asked, mac: null, name: '', host: asked }
  throw new VnetError('guest-unknown', `no guest and no host is called '${asked}'`, {
    hint: "'vnet guest list' shows names of guests, 'vnet macs' addresses, 'vnet hosts' the hosts",
  })
}

function explain(parts: ProxyParts, a: ExplainedEnd, b: ExplainedEnd): Explanation {
  const { engine } = parts.adaptation
  const { state, latest } = engine
  const pair = pairOf(a, b, parts.config.name)
  const isSame = (one: HostPair): boolean => pair !== null && pairKey(one) === pairKey(pair)
  const facts = {
    ...{ a, b, traffic: trafficOf(parts, a, b) },
    link: linkViews(state).find(isSame) ?? null,
    backOff: backOffViews(state).find(isSame) ?? null,
    forecast: pair === null || latest === null ? null : forecast(latest.problem, latest.plan, pair),
  }
  const explained = explainPath({
    ...facts,
    level: parts.adaptation.level(),
    proxy: parts.config.name,
    nowMs: state.nowMs,
    isSettling: state.grace !== null,
    pin: parts.adaptation.pins().find((pin) => isOf(pin, a, b))?.path ?? null,
    hasRule: (source, destination, host) =>
      state.hosts
        .get(host)
        ?.rules?.some((rule) => rule.source === source && rule.destination === destination) ??
      false,
  })
  const changes = engine.records
    .recent(Number.MAX_SAFE_INTEGER)
    .filter((record) => record.pair !== null && isSame(record.pair))
    .slice(-CHANGES_MAX)
  return { ...facts, ...explained, ...measuresOf(parts, a.host, b.host), changes }
}

/** Null: no link may join them. */
function pairOf({ host: a }: ExplainedEnd, { host: b }: ExplainedEnd, proxy: string) {
  if (a === null || b === null || a === b || a === proxy || b === proxy) return null
  return hostPair(a, b)
}

function isOf(
  edge: { readonly source: MacAddress; readonly destination: MacAddress },
  a: ExplainedEnd,
  b: ExplainedEnd,
): boolean {
  const { source, destination } = edge
  return (source === a.mac && destination === b.mac) || (source === b.mac && destination === a.mac)
}

function trafficOf(parts: ProxyParts, a: ExplainedEnd, b: ExplainedEnd): Explanation['traffic'] {
  if (a.mac === null || b.mac === null) return null
  const { edges } = parts.adaptation.engine.state.topology
  const rate = (source: MacAddress | null, destination: MacAddress | null): number =>
    edges.find((edge) => edge.source === source && edge.destination === destination)
      ?.bytesPerSecond ?? 0
  return { aToB: rate(a.mac, b.mac), bToA: rate(b.mac, a.mac) }
}

function measuresOf(
  parts: ProxyParts,
  a: string | null,
  b: string | null,
): Pick<Explanation, 'star' | 'direct'> {
  const { network, nowMs } = parts.measured
  const proxy = parts.config.name
  const ends = [...new Set([a, b])].filter((host) => host !== null)
  const measured = (from: string, to: string): PathMeasure[] => {
    const path = from === to ? null : network.path({ from, to }, nowMs())
    return path === null ? [] : [path]
  }
  return {
    star: ends.flatMap((host) => [...measured(host, proxy), ...measured(proxy, host)]),
    direct:
      a === null || b === null || a === proxy || b === proxy
        ? []
        : [...measured(a, b), ...measured(b, a)],
  }
}
