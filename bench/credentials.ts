// A throw-away network for benchmarks of bare planes: one CA and a certificate a daemon, made by
// openssl(1) in a temporary folder. Real daemons get theirs by joining (src/trust).

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Credentials } from '../src/plane/plane.ts'

const run = promisify(execFile)
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']

/** Credentials of each named daemon; the name decides the role, `proxy` or host. */
export async function makeCredentials<N extends string>(
  names: readonly N[],
): Promise<Record<N, Credentials>> {
  const folder = await mkdtemp(join(tmpdir(), 'vnet-bench-'))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: readonly string[]) => run('openssl', [...args], { cwd: folder })
  try {
    await openssl(
      ...['req', '-x509', ...KEY, '-days', '2', '-subj', '/CN=bench CA'],
      ...[
        '-keyout',
        'ca.key',
        '-out',
        'ca.pem',
        '-addext',
        'keyUsage=critical,keyCertSign,cRLSign',
      ],
    )
    const ca = await readFile(file('ca.pem'), 'utf8')
    const entries: [N, Credentials][] = []
    for (const name of names) {
      const role = name === 'proxy' ? 'proxy' : 'host'
      await writeFile(
        file('extensions'),
        `subjectAltName=URI:vnet://bench/${role}/${name}\n` +
          'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n' +
          'extendedKeyUsage=serverAuth,clientAuth\n',
      )
      await openssl(
        ...['req', ...KEY, '-subj', `/CN=${name}`],
        ...['-keyout', 'key.pem', '-out', 'request.pem'],
      )
      await openssl(
        ...['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
        ...['-days', '2', '-extfile', 'extensions', '-out', 'certificate.pem'],
      )
      const certificate = await readFile(file('certificate.pem'), 'utf8')
      entries.push([
        name,
        {
          certificateChainPem: certificate + ca,
          privateKeyPem: await readFile(file('key.pem'), 'utf8'),
          trustedCaPem: ca,
        },
      ])
    }
    return Object.fromEntries(entries) as Record<N, Credentials>
  } finally {
    await rm(folder, { recursive: true })
  }
}
