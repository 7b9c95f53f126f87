// WireGuard in userspace (wireguard-go): IP packets only, so no bridge for guests; a mark for what
// UDP with ChaCha20-Poly1305 and GSO reaches.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOST_ADDRESS, type HostName } from '../overlay.ts'
import { until } from '../wait.ts'
import { findProgram, type Peer, type Site } from './peer.ts'

/** All namespaces, also those of a run beside this one, share the folder of the control sockets. */
const RUN = process.pid.toString(36)
const DEVICES = { alpha: `vnwg-${RUN}-a`, beta: `vnwg-${RUN}-b` } as const
const PORT = 51820
const PACKAGES = 'wireguard-go wireguard-tools'
const OTHER: Readonly<Record<HostName, HostName>> = { alpha: 'beta', beta: 'alpha' }
const NAMES = ['alpha', 'beta'] as const

export const wireguardPeer: Peer = {
  name: 'wireguard-go',
  transport: 'udp',
  layer: 3,
  path: 'direct',
  isEncrypted: true,
  mtu: 1420,
  package: PACKAGES,
  about: 'ChaCha20-Poly1305',
  find: async () => {
    const tools = { args: ['--version'], package: PACKAGES }
    const control = await findProgram({ ...tools, command: 'wg', pattern: /v(\S+)/ })
    if (control.version === null) return control
    return findProgram({ ...tools, command: 'wireguard-go', pattern: /wireguard-go v?(\S+)/ })
  },
  start: async (site) => {
    const keys = { alpha: await makeKey(site, 'alpha'), beta: await makeKey(site, 'beta') }
    for (const name of NAMES) {
      const host = site.hosts[name]
      site.spawn(host, 'wireguard-go', ['--foreground', DEVICES[name]])
      const set = [
        'set',
        DEVICES[name],
        'listen-port',
        String(PORT),
        'private-key',
        keys[name].file,
      ]
      const peer = ['peer', keys[OTHER[name]].publicKey, 'allowed-ips', '0.0.0.0/0']
      const endpoint = ['endpoint', `${HOST_ADDRESS[OTHER[name]]}:${PORT}`]
      await until(() => host.exec('wg', ...set, ...peer, ...endpoint), {
        what: `wireguard-go of ${name}`,
      })
    }
    return DEVICES
  },
}

async function makeKey(
  site: Site,
  name: HostName,
): Promise<{ readonly file: string; readonly publicKey: string }> {
  const file = join(site.folder, name)
  await writeFile(file, await site.relay.exec('wg', 'genkey'), { mode: 0o600 })
  return { file, publicKey: (await site.relay.exec('sh', '-c', `wg pubkey < ${file}`)).trim() }
}
