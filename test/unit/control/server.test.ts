// The admin API over a real unix socket: both daemons (on the twin) behind it, the client before
// it.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MacAddress } from '../../../src/base/mac.ts'
import { AdminClient } from '../../../src/control/client.ts'
import { render } from '../../../src/control/metrics.ts'
import { type AdminServer, startAdminServer } from '../../../src/control/server.ts'
import { findSocket } from '../../../src/control/socket.ts'
import { Overlay } from '../../support/overlay.ts'

const M1 = '52:54:00:00:00:01' as MacAddress

let folder: string
let overlay: Overlay
const servers: AdminServer[] = []
const errors: unknown[] = []
let proxy: AdminClient
let host: AdminClient

async function serve(name: string): Promise<AdminClient> {
  const socket = join(folder, 'run', `${name}.sock`)
  const daemon = name === 'hub' ? overlay.proxy : overlay.host(name).daemon
  const logs = name === 'hub' ? overlay.log : overlay.host(name).log
  const onError = (error: unknown) => errors.push(error)
  servers.push(await startAdminServer({ socket, backend: daemon.admin, logs, onError }))
  return new AdminClient(socket)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vnet-control-'))
  overlay = new Overlay()
  await overlay.startProxy()
  await overlay.startHost('alpha', 'listen: { port: 7707 }\n')
  await overlay.startHost('beta')
  await overlay.until(() => overlay.proxy.parts.hosts.size === 2)
  proxy = await serve('hub')
  host = await serve('alpha')
})
afterAll(async () => {
  for (const server of servers) await server.close()
  await overlay.close()
  rmSync(folder, { recursive: true, force: true })
  expect(errors).toEqual([])
})

describe('socket', () => {
  test('only its owner may open it', () => {
    expect(statSync(proxy.socket).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o700)
  })

  test('a living one is not taken, a dead one is replaced', async () => {
    const { admin } = overlay.proxy
    const options = { backend: admin, logs: overlay.log, onError: () => {} }
    await expect(startAdminServer({ ...options, socket: proxy.socket })).rejects.toMatchObject({
      code: 'admin-socket-busy',
    })
    const dead = join(folder, 'dead.sock')
    writeFileSync(dead, '')
    const server = await startAdminServer({ ...options, socket: dead })
    expect(await new AdminClient(dead).status()).toMatchObject({ name: 'hub' })
    await server.close()
  })

  test('is gone after the end', async () => {
    const socket = join(folder, 'short.sock')
    const { admin } = overlay.proxy
    const server = await startAdminServer({
      socket,
      backend: admin,
      logs: overlay.log,
      onError: () => {},
    })
    await server.close()
    expect(existsSync(socket)).toBe(false)
    await expect(new AdminClient(socket).status()).rejects.toMatchObject({
      code: 'daemon-unreachable',
    })
  })
})

describe('views', () => {
  test('all of them at both daemons', async () => {
    for (const client of [proxy, host]) {
      expect((await client.status()).network).toBe('testnet')
      expect((await client.hosts()).length).toBeGreaterThan(0)
      const views = [
        client.ports(),
        client.links(),
        client.macs(),
        client.rules(),
        client.drops(),
        client.counters(),
      ]
      for (const rows of await Promise.all(views)) expect(Array.isArray(rows)).toBe(true)
    }
    expect(await host.links()).toMatchObject([{ peer: 'hub', role: 'star', state: 'admitted' }])
  })

  test('counters since the start', async () => {
    overlay.host('alpha').send({ from: M1, to: '52:54:00:00:00:02' as MacAddress })
    await overlay.run(1_100)
    expect(await host.counters()).toMatchObject([{ source: M1, frames: 1, bytes: 60 }])
    await overlay.run(1_000)
    expect(await host.counters()).toMatchObject([{ frames: 1, framesPerSecond: 0 }])
  })

  test('metrics', async () => {
    const text = await render(overlay.host('alpha').daemon.admin, 0.001)
    expect(text).toContain('vnet_star_up 1')
    expect(text).toMatch(/vnet_port_rx_frames_total\{port="p1"\} \d/)
    expect(text).toContain('vnet_link_rx_frames_total{peer="hub",role="star"}')
  })
})

describe('acts', () => {
  test('rules: set, listed, removed', async () => {
    await host.setRule({ destination: M1, target: 'drop' })
    expect(await host.rules()).toMatchObject([{ destination: M1, target: 'drop' }])
    await host.removeRule({ destination: M1 })
    expect(await host.rules()).toEqual([])
    await expect(host.removeRule({ destination: M1 })).rejects.toMatchObject({
      code: 'rule-unknown',
    })
  })

  test('rules of a host, set at the proxy', async () => {
    const rule = { destination: M1, target: 'port:p1' }
    await overlay.during(proxy.setRule(rule, 'alpha'))
    expect(await host.rules()).toMatchObject([{ target: 'port p1' }])
    await overlay.during(proxy.removeRule(rule, 'alpha'))
  })

  test('links and pings', async () => {
    const added = await overlay.during(proxy.addLink({ a: 'alpha', b: 'beta' }))
    expect(added.state).toBe('up')
    const pong = await overlay.during(proxy.ping({ host: 'alpha', sequence: 9 }))
    expect(pong).toMatchObject({ host: 'alpha', sequence: 9, via: 'direct' })
    const removed = await overlay.during(proxy.removeLink({ a: 'alpha', b: 'beta' }))
    expect(removed.state).toBe('removed')
  })

  test('tokens, pins, audit log', async () => {
    const { id, token, command } = await proxy.createToken({ ttlSeconds: 60, name: 'gamma' })
    expect(command).toContain(token)
    expect(await proxy.tokens()).toMatchObject([{ id, name: 'gamma', usesLeft: 1 }])
    expect(JSON.stringify(await proxy.tokens())).not.toContain('ecret')
    await proxy.removeToken(id)
    await expect(proxy.removeToken(id)).rejects.toMatchObject({ code: 'token-unknown' })
    await proxy.setPin({ mac: M1, host: 'alpha' })
    expect(await proxy.pins()).toEqual([{ mac: M1, host: 'alpha' }])
    await proxy.removePin(M1)
    const actions = (await proxy.audit(100)).map((row) => row.action)
    expect(actions).toEqual(expect.arrayContaining(['token-created', 'pin-set', 'link-added']))
    await expect(proxy.revoke('nobody')).rejects.toMatchObject({ code: 'host-unknown' })
  })

  test('what only the proxy can do is refused at a host, with the reason', async () => {
    await expect(host.createToken()).rejects.toMatchObject({ code: 'only-at-proxy' })
    await expect(host.addLink({ a: 'alpha', b: 'beta' })).rejects.toMatchObject({
      code: 'only-at-proxy',
      hint: expect.stringContaining('vnet proxy'),
    })
  })

  test('reload without a file changes nothing', async () => {
    expect(await host.reload()).toEqual({ changed: [], restartNeeded: [], failed: [] })
  })
})

describe('bad requests', () => {
  test.each([
    ['GET', '/v1/nothing', undefined, 404, 'not-found'],
    ['POST', '/v1/rules', '{', 400, 'request-invalid'],
    ['POST', '/v1/rules', '{"destination":"x","target":"drop"}', 400, 'request-invalid'],
    ['POST', '/v1/rules', '{"destination":"52:54:00:00:00:01"}', 400, 'request-invalid'],
    ['POST', '/v1/links', '{"a":"alpha"}', 400, 'request-invalid'],
    ['POST', '/v1/links', '{"a":"alpha","b":"beta","c":1}', 400, 'request-invalid'],
    ['POST', '/v1/links', '{"a":"alpha","b":"nobody"}', 404, 'host-unknown'],
    ['GET', '/v1/capture', undefined, 400, 'request-invalid'],
    ['GET', '/v1/capture?port=nope', undefined, 404, 'port-unknown'],
    ['GET', '/v1/audit?lines=x', undefined, 400, 'request-invalid'],
    ['POST', '/v1/rules', 'x'.repeat(100_000), 413, 'request-invalid'],
  ])('%s %s %s', async (method, path, body, status, code) => {
    const answer = await call(method, path, body)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ error: { code, message: expect.any(String) } })
  })

  function call(method: string, path: string, body?: string) {
    return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const sent = request({ socketPath: proxy.socket, method, path, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
})

describe('logs', () => {
  test('the last lines, and what follows', async () => {
    const past = await host.logs({ lines: 1 })
    const chunks: Buffer[] = []
    for await (const chunk of past) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString().trim().split('\n')).toHaveLength(1)
    const stream = await host.logs({ follow: true, lines: 0 })
    const first = new Promise<string>((resolve) => {
      stream.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    })
    overlay.host('alpha').log.log.info('hello follower')
    expect(JSON.parse(await first)).toMatchObject({ msg: 'hello follower' })
    stream.destroy()
  })
})

describe('findSocket', () => {
  test('given, environment, the only one', () => {
    const environment = undefined
    expect(findSocket('/a.sock', { environment: '/b.sock' })).toBe('/a.sock')
    expect(findSocket(undefined, { environment: '/b.sock' })).toBe('/b.sock')
    expect(() => findSocket(undefined, { environment, folder: '/nowhere' })).toThrow(/no daemon/)
    expect(() => findSocket(undefined, { environment, folder: join(folder, 'run') })).toThrow(
      /2 daemons/,
    )
  })

  test('one socket in the folder', async () => {
    const lone = mkdtempSync(join(tmpdir(), 'vnet-socket-'))
    const path = join(lone, 'x.sock')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    expect(findSocket('', { environment: '', folder: lone })).toBe(path)
    server.close()
    rmSync(lone, { recursive: true })
  })
})

test('every path of the contract is served', async () => {
  const contract = readFileSync('src/control/api.ts', 'utf8')
  const paths = [...contract.matchAll(/^\/\/ GET +(\/v1\/[a-z]+)/gm)].map((match) => match[1] ?? '')
  expect(paths.length).toBeGreaterThan(10)
  const server = readFileSync('src/control/server.ts', 'utf8')
  for (const path of paths) expect(server).toContain(`'${path}`)
})
