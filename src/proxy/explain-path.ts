// The path of a pair in words: which it is, what decided it, and what stands in the way of another.
// Pure; plan-admin.ts gathers the facts.

import type { AdaptLevel, Pin } from '../adapt/types.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Explanation } from '../control/planned.ts'

export interface PathFacts
  extends Pick<Explanation, 'a' | 'b' | 'traffic' | 'link' | 'backOff' | 'forecast'> {
  readonly level: AdaptLevel
  readonly proxy: string
  /** Of the adaptation's clock. */
  readonly nowMs: number
  /** The proxy has just started and decides nothing yet. */
  readonly isSettling: boolean
  readonly pin: Pin['path'] | null
  /** The host sends this pair of guests by a fast path. */
  readonly hasRule: (source: MacAddress, destination: MacAddress, host: string) => boolean
}

export function explainPath(facts: PathFacts): Pick<Explanation, 'path' | 'why' | 'obstacles'> {
  const fixed = fixedPath(facts)
  if (fixed !== null) return { ...fixed, obstacles: [] }
  const path = pathNow(facts)
  const { link, pin } = facts
  if (path === 'direct') {
    const why = pin === 'direct' ? 'it is pinned to a direct path' : reasonOf(facts)
    return { path, why: link?.isManual ? 'the link was made by hand' : why, obstacles: [] }
  }
  const obstacles = obstaclesOf(facts)
  return { path, why: obstacles[0] ?? 'the change to a direct path is under way', obstacles }
}

/** Where no plan has a say. */
function fixedPath({ a, b, proxy }: PathFacts): Pick<Explanation, 'path' | 'why'> | null {
  const lost = [a, b].find(({ host }) => host === null)
  if (lost !== undefined) return { path: 'unknown', why: `${lost.asked} was not seen at any host` }
  if (a.host === b.host) {
    return { path: 'local', why: `both are on ${a.host}: their frames do not leave it` }
  }
  if (a.host !== proxy && b.host !== proxy) return null
  return { path: 'star', why: "the proxy's own network is reached by the star links only" }
}

function pathNow({ a, b, link, hasRule }: PathFacts): 'star' | 'direct' | 'mixed' {
  if (a.mac === null || b.mac === null) {
    const isUsed = link?.phase === 'standing' && link.isConnected && link.edges > 0
    return isUsed ? 'direct' : 'star'
  }
  const there = hasRule(a.mac, b.mac, a.host ?? '')
  const back = hasRule(b.mac, a.mac, b.host ?? '')
  return there && back ? 'direct' : there || back ? 'mixed' : 'star'
}

const reasonOf = ({ forecast, link }: PathFacts): string =>
  forecast?.isPlanned ? forecast.reason : (link?.reason ?? 'their hosts have a link')

/** The first is what decides; the others would come next. */
function obstaclesOf(facts: PathFacts): readonly string[] {
  const { level, isSettling, pin, backOff, forecast, traffic, nowMs, link } = facts
  const all: string[] = []
  if (level === 'off') all.push("the adaptation is off: 'vnet adapt auto' starts it")
  if (level === 'recommend') {
    all.push("the adaptation only recommends: 'vnet adapt auto' lets it act")
  }
  if (isSettling) all.push('the proxy has just started and waits for its hosts')
  if (pin === 'star') all.push("people pinned it to the star: 'vnet pin A B auto' takes that away")
  if (backOff !== null) {
    const seconds = Math.max(1, Math.ceil((backOff.untilMs - nowMs) / 1000))
    all.push(`it is left alone for ${seconds} s more: ${backOff.reason}`)
  }
  if (traffic !== null && traffic.aToB + traffic.bToA === 0) {
    all.push('they do not talk enough to be in the topology')
  } else if (forecast === null) {
    all.push('no plan was made yet that has traffic between their hosts')
  } else if (!forecast.isPlanned) {
    if (forecast.reason !== backOff?.reason) all.push(forecast.reason)
  }
  if (all.length === 0 && link !== null && link.phase !== 'standing') {
    all.push(`its link is ${link.phase}: ${link.reason}`)
  }
  if (all.length === 0 && link !== null && !link.isConnected) all.push('its link is down')
  return all
}
