// The command as a process: bin/vnet, signals, closed pipes, exit statuses. Few, because each
// starts a Node; everything else is tested in this process.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FixedDaemon, MACS, startFixedDaemon } from '../../support/admin-data.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const VNET = join(ROOT, 'bin/vnet')
const folder = mkdtempSync(join(tmpdir(), 'vnet-process-'))
const pipe = join(folder, 'pipe')

/** A whole frame of 4 bytes and the beginning of another, as a capture goes. */
function pcapInTheMiddle(): Buffer {
  const file = Buffer.alloc(24 + 20 + 7)
  file.writeUInt32LE(0xa1b2c3d4)
  file.writeUInt32LE(4, 24 + 8)
  return file
}

let daemon: FixedDaemon
let pipeWriter = -1
beforeAll(async () => {
  execFileSync('mkfifo', [pipe])
  daemon = await startFixedDaemon(() => {
    // Kept open for writing: the capture does not end by itself.
    pipeWriter = openSync(pipe, 'r+')
    writeSync(pipeWriter, pcapInTheMiddle())
    return openSync(pipe, 'r')
  })
})
afterAll(async () => {
  if (pipeWriter >= 0) closeSync(pipeWriter)
  await daemon.close()
  rmSync(folder, { recursive: true })
})

const environment = () => ({
  ...process.env,
  VNET_NODE: process.execPath,
  VNET_SOCKET: daemon.socket,
})

interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function run(
  file: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = environment(),
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, [...words], { env, cwd: folder }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

/** Starts, waits for the text on either stream, interrupts, waits for the end. */
async function interruptAfter(text: string, words: readonly string[]): Promise<Ended> {
  const child = spawn(VNET, [...words], { env: environment(), cwd: folder })
  const seen = { stdout: '', stderr: '' }
  let isInterrupted = false
  const onData = (key: 'stdout' | 'stderr') => (chunk: Buffer) => {
    seen[key] += chunk.toString('utf8')
    if (isInterrupted || !seen[key].includes(text)) return
    isInterrupted = true
    child.kill('SIGINT')
  }
  child.stdout.on('data', onData('stdout'))
  child.stderr.on('data', onData('stderr'))
  const [status] = await once(child, 'close')
  return { status, ...seen }
}

describe('bin/vnet', () => {
  it('runs through symbolic links, from anywhere, and is quiet', async () => {
    symlinkSync(VNET, join(folder, 'first'))
    symlinkSync('first', join(folder, 'second'))
    const { status, stdout, stderr } = await run(join(folder, 'second'), ['version', '--json'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ node: process.versions.node })
  })

  it('says what to do where there is no fit Node, or no packages', async () => {
    const bare = join(folder, 'checkout')
    cpSync(join(ROOT, 'bin'), join(bare, 'bin'), { recursive: true })
    mkdirSync(join(bare, 'old'))
    writeFileSync(join(bare, 'old/node'), '#!/bin/sh\necho v20.20.2\n', { mode: 0o755 })
    const env = { PATH: `${join(bare, 'old')}:/usr/bin:/bin` }
    const noNode = await run(join(bare, 'bin/vnet'), ['version'], env)
    expect(noNode.status).toBe(1)
    expect(noNode.stderr).toMatch(/^error: vnet needs Node 22.12 .*\ntry: .*bootstrap/)
    const withNode = { ...env, VNET_NODE: process.execPath }
    const noPackages = await run(join(bare, 'bin/vnet'), ['version'], withNode)
    expect(noPackages.status).toBe(1)
    expect(noPackages.stderr).toMatch(/^error: the packages .*\ntry: .*bootstrap/)
  })

  it('gives status 2 for a wrong command line', async () => {
    expect((await run(VNET, ['statsu'])).status).toBe(2)
  })
})

describe('a reader that goes away', () => {
  it('ends --watch quietly', async () => {
    const script = `set -o pipefail; '${VNET}' macs --watch 0.1 --json | head -n 3`
    const { status, stdout, stderr } = await run('bash', ['-c', script])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const documents = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(documents).toEqual([MACS, MACS, MACS])
  })
})

describe('Ctrl-C', () => {
  it('ends ping with its summary', async () => {
    const ended = await interruptAfter('seq 1', ['ping', 'alpha', '-i', '60'])
    expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' })
    expect(ended.stdout).toContain('alpha: 1 sent, 1 received, 0 % lost')
  })

  it('ends a capture with a whole frame', async () => {
    const file = join(folder, 'out.pcap')
    const child = spawn(VNET, ['capture', 'vm1', '-w', file], { env: environment() })
    const whole = pcapInTheMiddle().subarray(0, 44)
    await expect.poll(() => sizeOf(file), { timeout: 10_000 }).toBe(whole.length)
    child.kill('SIGINT')
    const [status] = await once(child, 'close')
    expect(status).toBe(0)
    expect(readFileSync(file).equals(whole)).toBe(true)
  })
})

function sizeOf(file: string): number {
  try {
    return readFileSync(file).length
  } catch {
    return -1 // not there yet
  }
}
