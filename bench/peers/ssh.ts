// ssh -w with a TAP device: what an operator has at hand without installing an overlay.

import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOST_ADDRESS } from '../overlay.ts'
import { findProgram, type Peer, waitForListener } from './peer.ts'

const DEVICE = 'tap0'
const SERVER = '/usr/sbin/sshd'
const PORT = '2207'
const PACKAGES = 'openssh-server openssh-client'

export const sshPeer: Peer = {
  name: 'ssh-w',
  transport: 'tcp',
  layer: 2,
  path: 'direct',
  isEncrypted: true,
  mtu: 1500,
  package: PACKAGES,
  about: 'TAP, AES-128-GCM',
  find: () =>
    findProgram({ command: SERVER, args: ['-V'], pattern: /OpenSSH_([^ ,]+)/, package: PACKAGES }),
  start: async ({ hosts, folder, spawn }) => {
    const key = join(folder, 'key')
    await hosts.beta.exec('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key)
    await copyFile(`${key}.pub`, join(folder, 'authorized'))
    const config = join(folder, 'sshd_config')
    await writeFile(
      config,
      `ListenAddress ${HOST_ADDRESS.beta}:${PORT}\nHostKey ${key}\nPermitTunnel ethernet\n` +
        `AuthorizedKeysFile ${join(folder, 'authorized')}\nStrictModes no\nPidFile none\n` +
        `PermitRootLogin prohibit-password\n`,
    )
    // Its folder is fixed: it gets one of its own, in memory.
    const script = `mount -t tmpfs t /run && mkdir /run/sshd && exec ${SERVER} -D -e -f ${config}`
    spawn(hosts.beta, 'sh', ['-c', script])
    await waitForListener(hosts.beta, PORT)
    spawn(hosts.alpha, 'ssh', [
      ...['-F', 'none', '-N', '-i', key, '-p', PORT, '-c', 'aes128-gcm@openssh.com'],
      ...['-o', 'Tunnel=ethernet', '-w', '0:0', '-o', 'StrictHostKeyChecking=no'],
      ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes'],
      `root@${HOST_ADDRESS.beta}`,
    ])
    return { alpha: DEVICE, beta: DEVICE }
  },
}
