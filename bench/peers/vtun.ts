// vtun with a TAP device and AES-128-CBC, over TCP: over UDP it stalls under load.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOST_ADDRESS } from '../overlay.ts'
import { findProgram, type Peer, type Site, waitForListener } from './peer.ts'

const DEVICE = 'vtun0'
const COMMAND = 'vtund'
const PACKAGE = 'vtun'
const PORT = '5000'

export const vtunPeers: readonly Peer[] = [vtun('tcp')]

function vtun(transport: Peer['transport']): Peer {
  return {
    name: `vtun-${transport}`,
    transport,
    layer: 2,
    path: 'direct',
    isEncrypted: true,
    mtu: transport === 'tcp' ? 1500 : 1400,
    package: PACKAGE,
    about: 'TAP, AES-128-CBC',
    find: () =>
      findProgram({
        command: COMMAND,
        args: ['-h'],
        pattern: /^VTun ver (\S+)/m,
        package: PACKAGE,
      }),
    start: async (site) => {
      const { alpha, beta } = site.hosts
      const file = await writeSession(site, transport)
      site.spawn(beta, COMMAND, ['-n', '-s', '-P', PORT, '-f', file])
      await waitForListener(beta, PORT)
      site.spawn(alpha, COMMAND, ['-n', '-P', PORT, '-f', file, 'bench', HOST_ADDRESS.beta])
      return { alpha: DEVICE, beta: DEVICE }
    },
  }
}

async function writeSession(site: Site, transport: Peer['transport']): Promise<string> {
  const file = join(site.folder, 'vtund.conf')
  await writeFile(
    file,
    `options { type stand; timeout 5; }\n` +
      `default { compress no; speed 0; persist yes; keepalive yes; }\n` +
      `bench {\n  passwd bench;\n  type ether;\n  device ${DEVICE};\n  proto ${transport};\n` +
      `  encrypt aes128cbc;\n  stat no;\n` +
      // It ends when it writes to a device that is down.
      `  up { program /sbin/ip "link set %% up" wait; };\n}\n`,
  )
  return file
}
