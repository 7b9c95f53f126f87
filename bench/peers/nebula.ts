// Nebula: IP packets only, AES-256-GCM under the Noise protocol over UDP; one of the two hosts is
// the lighthouse.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOST_ADDRESS } from '../overlay.ts'
import { findProgram, PEER_ADDRESS, type Peer, type Site } from './peer.ts'

const DEVICE = 'nebula0'
const PACKAGE = 'nebula'
const PORT = 4242
/** 16 bytes of header and 16 of tag in a datagram of the underlay. */
const MTU = 1440
const NAMES = ['alpha', 'beta'] as const

export const nebulaPeer: Peer = {
  name: 'nebula',
  transport: 'udp',
  layer: 3,
  path: 'direct',
  isEncrypted: true,
  mtu: MTU,
  package: PACKAGE,
  about: 'AES-256-GCM',
  find: async () => {
    const tools = { args: ['-version'], pattern: /Version: (\S+)/, package: PACKAGE }
    const issuer = await findProgram({ ...tools, command: 'nebula-cert' })
    return issuer.version === null ? issuer : findProgram({ ...tools, command: 'nebula' })
  },
  start: async (site) => {
    const inFolder = (name: string) => join(site.folder, name)
    const issue = (...args: readonly string[]) => site.relay.exec('nebula-cert', ...args)
    const authority = [inFolder('ca.crt'), inFolder('ca.key')] as const
    await issue('ca', '-name', 'bench', '-out-crt', authority[0], '-out-key', authority[1])
    for (const name of NAMES) {
      await issue(
        ...(['sign', '-ca-crt', authority[0], '-ca-key', authority[1], '-name', name] as const),
        ...(['-ip', `${PEER_ADDRESS[name]}/24`] as const),
        ...['-out-crt', inFolder(`${name}.crt`), '-out-key', inFolder(`${name}.key`)],
      )
      const file = inFolder(`${name}.yaml`)
      await writeFile(file, JSON.stringify(configure(site, name))) // JSON is YAML
      site.spawn(site.hosts[name], 'nebula', ['-config', file])
    }
    return { alpha: DEVICE, beta: DEVICE }
  },
}

function configure({ folder }: Site, name: (typeof NAMES)[number]) {
  const lighthouse = PEER_ADDRESS.beta
  const all = [{ port: 'any', proto: 'any', host: 'any' }]
  return {
    pki: {
      ca: join(folder, 'ca.crt'),
      cert: join(folder, `${name}.crt`),
      key: join(folder, `${name}.key`),
    },
    static_host_map: { [lighthouse]: [`${HOST_ADDRESS.beta}:${PORT}`] },
    lighthouse: {
      am_lighthouse: name === 'beta',
      hosts: name === 'beta' ? [] : [lighthouse],
    },
    listen: { host: HOST_ADDRESS[name], port: PORT },
    cipher: 'aes',
    tun: { dev: DEVICE, mtu: MTU },
    logging: { level: 'warning', format: 'text' },
    firewall: { outbound: all, inbound: all },
  }
}
