// The case `tls-bulk`: one TLS connection between the two hosts, full of data, without any tunnel.

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCredentials } from './credentials.ts'
import type { Case, Measures } from './harness.ts'
import { machineCpuSeconds } from './machine.ts'
import type { Sandbox } from './netns.ts'
import { HOST_ADDRESS, type Underlay } from './overlay.ts'
import { buildTool } from './tool.ts'
import { until } from './wait.ts'

const PORT = '7710'

/** The case, as `PathBench.more` wants it. */
export function tlsCase(sandbox: Sandbox, underlay: Underlay): Case {
  return { name: 'tls-bulk', measure: () => measureTls(sandbox, underlay) }
}

/** How long it sends. */
const DURATION_MS = 1_000

async function measureTls(sandbox: Sandbox, { hosts }: Underlay): Promise<Measures> {
  const program = await buildTool(new URL('./tls-bulk.c', import.meta.url), ['-lssl', '-lcrypto'])
  const { beta } = await makeCredentials(['beta'])
  const certificate = join(sandbox.folder, 'tls-bulk.crt')
  const key = join(sandbox.folder, 'tls-bulk.key')
  await writeFile(certificate, beta.certificateChainPem)
  await writeFile(key, beta.privateKeyPem, { mode: 0o600 })
  const server = hosts.beta.spawn(program, ['serve', PORT, certificate, key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  server.stdout?.on('data', (chunk) => {
    output += chunk
  })
  await until(() => output.includes('ready'), { what: 'the TLS server', intervalMs: 10 })
  const isOver = once(server, 'close')
  const cpuBefore = await machineCpuSeconds()
  await hosts.alpha.exec(program, 'send', HOST_ADDRESS.beta, PORT, String(DURATION_MS))
  await isOver
  const cpuSeconds = (await machineCpuSeconds()) - cpuBefore
  const { bytes, seconds } = JSON.parse(output.replace('ready\n', ''))
  return {
    tcp1GbitPerSecond: (bytes * 8) / seconds / 1e9,
    cpuSecondsPerGB: cpuSeconds / (bytes / 1e9),
  }
}
