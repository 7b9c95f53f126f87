// Prometheus metrics over HTTP, in clear, where metrics.listen says (nowhere by default). Values
// are read from the AdminBackend when they are asked for.

import { createServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, Registry } from 'prom-client'
import { messageOf, VnetError } from '../base/errors.ts'
import type { DatagramInfo, LinkInfo, PortInfo } from '../plane/plane.ts'
import type { AdminBackend, InferenceFigures } from './backend.ts'
import type { NetworkView } from './network.ts'

export interface MetricsServer {
  readonly port: number
  close(): Promise<void>
}

/**
 * Serves GET /metrics.
 * @throws VnetError `metrics-listen` if the address is taken.
 */
export async function startMetricsServer(options: {
  readonly address: string
  readonly port: number
  readonly backend: AdminBackend
}): Promise<MetricsServer> {
  const lag = monitorEventLoopDelay({ resolution: 20 })
  lag.enable()
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end('metrics are at /metrics\n')
      return
    }
    render(options.backend, lag.percentile(99) / 1e9).then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text),
      (error: unknown) => response.writeHead(500).end(`${messageOf(error)}\n`),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const where = `${options.address} port ${options.port}`
      reject(
        new VnetError('metrics-listen', `cannot listen on ${where}: ${cause.message}`, { cause }),
      )
    })
    server.listen(options.port, options.address, resolve)
  })
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : options.port,
    close: () =>
      new Promise((resolve) => {
        lag.disable()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The text of all metrics as they are now. */
export async function render(backend: AdminBackend, lagSeconds: number): Promise<string> {
  const registry = new Registry()
  const set = gaugeFactory(registry)
  addStatus(set, backend, lagSeconds)
  for (const port of backend.ports()) addPort(set, port)
  for (const link of backend.links()) if (link.state === 'admitted') addLink(set, link)
  for (const { where, reason, count } of backend.drops()) {
    if (where === 'total') set('vnet_drops_total', 'Frames dropped.', count, { reason })
  }
  if (backend.inference !== undefined) addInference(set, backend.inference.figures())
  if (backend.network !== undefined) addNetwork(set, backend.network())
  return registry.metrics()
}

function addNetwork(set: SetGauge, { paths, access }: NetworkView): void {
  for (const path of paths) {
    const labels = { from: path.from, to: path.to, role: path.role }
    const gauge = (what: string, help: string, value: number | null) =>
      set(`vnet_path_${what}`, help, value, labels)
    const seconds = (ms: number | null) => (ms === null ? null : ms / 1_000)
    gauge('rtt_seconds', 'Least round trip of the last seconds.', seconds(path.rttMs))
    gauge('jitter_seconds', 'Mean deviation of the round trip.', seconds(path.jitterMs))
    gauge('loss_ratio', 'Share of bytes sent again.', path.lossRatio)
    gauge('queue_seconds', 'How long frames wait for their turn.', seconds(path.queueMs))
    const rate = 'What the path was seen to carry; more only if it is not saturated.'
    gauge('rate_bytes_per_second', rate, path.bytesPerSecond)
    const isSaturated = path.bytesPerSecond === null ? null : Number(path.isSaturated)
    gauge('rate_saturated', '1 if the path set that rate, 0 if the senders.', isSaturated)
    gauge('rate_confidence', 'How sure that rate is, 0 to 1.', path.confidence)
    gauge('load_bytes_per_second', 'What the path carries now.', path.loadBytesPerSecond)
  }
  for (const { name, sendBytesPerSecond, receiveBytesPerSecond } of access) {
    const help = 'Limit of all links of a daemon together, where one is known.'
    const limit = (direction: string, value: number | null) =>
      set('vnet_access_bytes_per_second', help, value, { daemon: name, direction })
    limit('send', sendBytesPerSecond)
    limit('receive', receiveBytesPerSecond)
  }
}

type Labels = Readonly<Record<string, string>>
type SetGauge = (name: string, help: string, value: number | null, labels?: Labels) => void

// Counters are the plane's own: prom-client would only count again, so all are set as they are.
function gaugeFactory(registry: Registry): SetGauge {
  const gauges = new Map<string, Gauge>()
  return (name, help, value, labels = {}) => {
    if (value === null) return
    const known = gauges.get(name)
    const labelNames = Object.keys(labels)
    const gauge = known ?? new Gauge({ name, help, labelNames, registers: [registry] })
    gauges.set(name, gauge)
    gauge.set(labels, value)
  }
}

function addStatus(set: SetGauge, backend: AdminBackend, lagSeconds: number): void {
  const status = backend.status()
  const { role, name, network, version } = status
  set('vnet_info', 'Always 1; who this daemon is.', 1, { role, name, network, version })
  if (status.star !== 'not-applicable') {
    set('vnet_star_up', '1 while the star link is up.', status.star === 'up' ? 1 : 0)
  }
  set('vnet_hosts_up', 'Peers connected.', status.hostsUp)
  set('vnet_hosts_known', 'Hosts joined and not revoked.', status.hostsKnown)
  set('vnet_fast_paths', 'Fast-path links that are up.', status.fastPaths)
  set('vnet_ports', 'Local ports.', status.ports)
  set('vnet_macs', 'MAC addresses known.', status.macs)
  const lost = 'Events of the data plane that the daemon was too busy to hear of.'
  set('vnet_events_lost_total', lost, status.lostEvents)
  const endSeconds = status.certificate.notAfterMs / 1_000
  set('vnet_certificate_not_after_seconds', 'End of the certificate, Unix time.', endSeconds)
  set('vnet_start_time_seconds', 'Start of the daemon, Unix time.', status.startedAtMs / 1_000)
  set('vnet_resident_memory_bytes', 'Memory in use.', status.rssBytes)
  set('vnet_cpu_seconds_total', 'Processor time used.', status.cpuSeconds)
  set('vnet_event_loop_lag_seconds', '99th percentile of the event loop delay.', lagSeconds)
}

function addInference(set: SetGauge, figures: InferenceFigures): void {
  const count = (what: string, help: string, value: number) =>
    set(`vnet_inference_${what}_total`, help, value)
  count('reports', 'Reports of the traffic matrix that came.', figures.reports)
  count('reports_lost', 'Reports that hosts sent and that never came.', figures.lostReports)
  count('reports_late', 'Reports that came after their tick.', figures.lateReports)
  count('reports_duplicate', 'Reports that came twice.', figures.duplicateReports)
  count('reports_refused', 'Reports that made no sense.', figures.refusedReports)
  count('messages_refused', 'Messages that were no part of a report.', figures.refusedMessages)
  count('pairs_refused', 'Pairs not counted: a table was full.', figures.refusedPairs)
  count('pairs_foreign', 'Pairs that hosts reported of guests of others.', figures.foreignPairs)
  const delay = "Time from the ends of reports' intervals until they were taken in."
  count('report_delay_seconds', delay, figures.reportDelaySeconds)
  count('changes', 'Changes of the topology.', figures.changes)
  count('ticks', 'Decisions.', figures.ticks)
  count('tick_seconds', 'Time that decisions took.', figures.tickSeconds)
  const gauge = (what: string, help: string, value: number) =>
    set(`vnet_inference_${what}`, help, value)
  gauge('longest_tick_seconds', 'The longest decision.', figures.longestTickMs / 1_000)
  gauge('latest_tick_seconds', 'The latest a decision began.', figures.latestTickMs / 1_000)
  const interval = 'Time between reports of a host; longer than set while the proxy is too busy.'
  gauge('update_interval_seconds', interval, figures.updateIntervalMs / 1_000)
  gauge('guests', 'Guests with traffic in the window.', figures.guests)
  gauge('pairs', 'Pairs with traffic in the window.', figures.pairs)
  gauge('edges', 'Edges of the topology.', figures.edges)
}

function addTraffic(set: SetGauge, kind: 'port' | 'link', of: PortInfo | LinkInfo, labels: Labels) {
  const way = kind === 'port' ? ['into', 'out of'] : ['from', 'to']
  const place = kind === 'port' ? 'the overlay at a port' : 'a peer'
  set(`vnet_${kind}_rx_frames_total`, `Frames ${way[0]} ${place}.`, of.rxFrames, labels)
  set(`vnet_${kind}_rx_bytes_total`, `Bytes ${way[0]} ${place}.`, of.rxBytes, labels)
  set(`vnet_${kind}_tx_frames_total`, `Frames ${way[1]} ${place}.`, of.txFrames, labels)
  set(`vnet_${kind}_tx_bytes_total`, `Bytes ${way[1]} ${place}.`, of.txBytes, labels)
  for (const [reason, count] of Object.entries(of.drops)) {
    const help = `Frames dropped at a ${kind}.`
    set(`vnet_${kind}_drops_total`, help, count ?? 0, { ...labels, reason })
  }
}

function addPort(set: SetGauge, port: PortInfo): void {
  const labels = { port: port.name }
  set(
    'vnet_port_up',
    '1 while the port is up and not blocked.',
    port.state === 'up' ? 1 : 0,
    labels,
  )
  addTraffic(set, 'port', port, labels)
}

function addLink(set: SetGauge, link: LinkInfo): void {
  const labels = { peer: link.peer ?? '', role: link.role ?? '' }
  const seconds = (us: number | null) => (us === null ? null : us / 1e6)
  const rtt = 'Round trip between the daemons.'
  set('vnet_link_rtt_seconds', rtt, seconds(link.rttUs), labels)
  const tcpRtt = 'Round trip as TCP sees it.'
  set('vnet_link_tcp_rtt_seconds', tcpRtt, seconds(link.tcpRttUs), labels)
  set('vnet_link_retransmits_total', 'TCP segments sent again.', link.retransmits, labels)
  set('vnet_link_queued_bytes', 'Bytes waiting to be sent.', link.queuedBytes, labels)
  if (link.datagram !== null) addDatagrams(set, link, link.datagram, labels)
  addTraffic(set, 'link', link, labels)
}

function addDatagrams(
  set: SetGauge,
  { transport }: LinkInfo,
  path: DatagramInfo,
  labels: Labels,
): void {
  const isUsed = transport === 'udp' ? 1 : 0
  set('vnet_link_udp', '1 while frames go by UDP, 0 while they go by TLS.', isUsed, labels)
  const count = (what: string, help: string, value: number) =>
    set(`vnet_link_datagrams_${what}_total`, help, value, labels)
  count('sent', 'UDP datagrams to a peer.', path.sentDatagrams)
  count('received', 'UDP datagrams from a peer.', path.receivedDatagrams)
  count('lost', 'UDP datagrams from a peer that never came.', path.lostDatagrams)
  count('repaired', 'UDP datagrams from a peer that came when sent again.', path.repairedDatagrams)
  count('rejected', 'UDP datagrams forged, replayed or malformed.', path.rejectedDatagrams)
}
