// The measured network over the admin API: GET /v1/network -> NetworkView (proxy).

import type { MeasuredNetwork, Reachability } from '../adapt/measured.ts'
import type { PathMeasure } from '../adapt/types.ts'

/** Both directions, bytes a second; null: no limit is known. */
export interface AccessRow {
  readonly name: string
  readonly sendBytesPerSecond: number | null
  readonly receiveBytesPerSecond: number | null
}

export interface NetworkView {
  readonly atMs: number
  readonly proxy: string
  /** Connected, sorted. */
  readonly hosts: readonly string[]
  /** Each direction of each link that was ever measured. */
  readonly paths: readonly PathMeasure[]
  /** Of the proxy and the hosts, shared by all links of each. */
  readonly access: readonly AccessRow[]
  /** Whether two hosts can connect, as was found out last. */
  readonly reachability: readonly Reachability[]
}

export function networkView(
  network: MeasuredNetwork,
  known: { readonly proxy: string; readonly hosts: Iterable<string>; readonly nowMs: number },
): NetworkView {
  const { proxy, nowMs } = known
  const hosts = [...known.hosts].sort()
  const figures = network.figures(nowMs)
  const limitOf = (rate: number) => (Number.isFinite(rate) ? rate : null)
  const access = [proxy, ...hosts].map((name) => {
    const capacity = name === proxy ? figures.proxy() : figures.access(name)
    return {
      name,
      sendBytesPerSecond: limitOf(capacity.sendBytesPerSecond),
      receiveBytesPerSecond: limitOf(capacity.receiveBytesPerSecond),
    }
  })
  const paths = network.paths(nowMs)
  return { atMs: nowMs, proxy, hosts, paths, access, reachability: network.reachability() }
}
