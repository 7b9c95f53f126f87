// OpenVPN with a TAP device: TLS for the keys, AES-128-GCM for the frames, over TCP or UDP;
// straight from host to host, or through a server that joins its clients.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCredentials } from '../credentials.ts'
import { HOST_ADDRESS, PROXY_ADDRESS } from '../overlay.ts'
import { until } from '../wait.ts'
import { type Devices, findProgram, type Peer, type Site, waitForListener } from './peer.ts'

const DEVICE = 'ovpn0'
const COMMAND = 'openvpn'
const PACKAGE = 'openvpn'
const PORT = '1194'

type Transport = Peer['transport']

export const openvpnPeers: readonly Peer[] = [
  openvpn('tcp', 'direct'),
  openvpn('udp', 'direct'),
  openvpn('tcp', 'relayed'),
  openvpn('udp', 'relayed'),
]

function openvpn(transport: Transport, path: Peer['path']): Peer {
  return {
    name: `openvpn-${transport}${path === 'relayed' ? '-relayed' : ''}`,
    transport,
    layer: 2,
    path,
    isEncrypted: true,
    mtu: transport === 'tcp' ? 1500 : 1420,
    package: PACKAGE,
    about: 'TAP, AES-128-GCM',
    find: () =>
      findProgram({
        command: COMMAND,
        args: ['--version'],
        pattern: /^OpenVPN (\S+)/m,
        package: PACKAGE,
      }),
    start: (site) =>
      path === 'direct' ? startDirect(site, transport) : startRelay(site, transport),
  }
}

async function startDirect(site: Site, transport: Transport): Promise<Devices> {
  const options = await writeIdentities(site)
  const { alpha, beta } = site.hosts
  const server = transport === 'tcp' ? 'tcp-server' : 'udp'
  const client = transport === 'tcp' ? 'tcp-client' : 'udp'
  const listen = ['--dev', DEVICE, '--proto', server, '--tls-server', '--dh', 'none']
  const dial = ['--dev', DEVICE, '--proto', client, '--tls-client', '--remote', HOST_ADDRESS.beta]
  site.spawn(beta, COMMAND, [...options('beta'), ...listen])
  if (transport === 'tcp') await waitForListener(beta, PORT)
  site.spawn(alpha, COMMAND, [...options('alpha'), ...dial, '--nobind'])
  return { alpha: DEVICE, beta: DEVICE }
}

async function startRelay(site: Site, transport: Transport): Promise<Devices> {
  const options = await writeIdentities(site)
  const listen = ['--proto', transport === 'tcp' ? 'tcp-server' : 'udp', '--tls-server']
  const server = ['--dev', DEVICE, '--mode', 'server', '--dh', 'none', '--client-to-client']
  site.spawn(site.relay, COMMAND, [...options('proxy'), ...listen, ...server])
  if (transport === 'tcp') await waitForListener(site.relay, PORT)
  // What the server would give to its own device must not queue up.
  await until(() => site.relay.ip(`link set ${DEVICE} up`), { what: 'the device of the server' })
  const dial = ['--dev', DEVICE, '--client', '--remote', PROXY_ADDRESS, '--nobind']
  for (const name of ['alpha', 'beta'] as const) {
    const proto = ['--proto', transport === 'tcp' ? 'tcp-client' : 'udp']
    site.spawn(site.hosts[name], COMMAND, [...options(name), ...dial, ...proto])
  }
  return { alpha: DEVICE, beta: DEVICE }
}

type Name = 'proxy' | 'alpha' | 'beta'

/** Writes keys and certificates; returns the options that all have in common. */
async function writeIdentities(site: Site): Promise<(name: Name) => string[]> {
  const names = ['proxy', 'alpha', 'beta'] as const
  const credentials = await makeCredentials(names)
  const file = (name: Name, what: string) => join(site.folder, `${name}.${what}`)
  for (const name of names) {
    await writeFile(file(name, 'crt'), credentials[name].certificateChainPem)
    await writeFile(file(name, 'key'), credentials[name].privateKeyPem, { mode: 0o600 })
    await writeFile(file(name, 'ca'), credentials[name].trustedCaPem)
  }
  return (name) => [
    ...['--dev-type', 'tap', '--data-ciphers', 'AES-128-GCM', '--persist-tun', '--verb', '1'],
    ...['--ca', file(name, 'ca'), '--cert', file(name, 'crt'), '--key', file(name, 'key')],
    // Only used with TCP: else it waits to fill segments, and a ping takes 6 ms and more.
    ...['--socket-flags', 'TCP_NODELAY', '--port', PORT],
    ...['--connect-retry', '1', '--ping', '10', '--ping-restart', '60', '--txqueuelen', '1000'],
  ]
}
