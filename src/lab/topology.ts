// Reads the description of a test bed (topologies/*.yaml): sites with their WAN links and
// firewalls, the proxy with the user's LAN, hosts and guests. What does not fit is refused, every
// problem with its line.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { messageOf, VnetError } from '../base/errors.ts'
import { nearest } from '../config/nearest.ts'
import { findContradictions } from './topology-check.ts'
import { isLabName, PARTS, type Topology, topologySchema } from './topology-schema.ts'

export type { LinkShape, SiteShape, Topology } from './topology-schema.ts'

/**
 * Reads a topology file.
 * @throws VnetError `topology-unreadable` or `topology-invalid`, with every problem and its line.
 */
export function loadTopology(path: string): Topology {
  return parseTopology(readTopologyText(path), path)
}

/** The text of a topology file. @throws VnetError `topology-unreadable`. */
export function readTopologyText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new VnetError('topology-unreadable', `cannot read ${path}: ${messageOf(error)}`, {
      hint: 'the files that come with VNET are in topologies/',
      cause: error,
    })
  }
}

/** The same for a text; `path` is for messages and the default name. */
export function parseTopology(text: string, path: string): Topology {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const syntax = document.errors.map(({ pos, message }) => {
    return `${path}:${lines.linePos(pos[0]).line}: ${message}`
  })
  if (syntax.length > 0) throw invalid(syntax)
  const at = (keys: readonly PropertyKey[]) => {
    const offset = offsetOf(document.contents, keys)
    return `${path}:${offset === null ? 1 : lines.linePos(offset).line}`
  }
  const parsed = topologySchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => describe(issue, at)))
  const name = parsed.data.name ?? basename(path).replace(/\.ya?ml$/, '')
  if (!isLabName(name)) {
    throw invalid([`${path}:1: '${name}' cannot be a lab's name; add a line such as 'name: mine'`])
  }
  const topology = { ...parsed.data, name }
  const wrong = findContradictions(topology)
  if (wrong.length > 0) throw invalid(wrong.map(({ keys, why }) => `${at(keys)}: ${why}`))
  return topology
}

function invalid(problems: readonly string[]): VnetError {
  return new VnetError('topology-invalid', problems.join('\n'), {
    hint: 'docs/lab.md lists all keys, topologies/demo.yaml shows most',
  })
}

const ALL_KEYS = [...new Set(Object.values(PARTS).flatMap(({ shape }) => Object.keys(shape)))]

function describe(
  issue: z.core.$ZodIssue,
  at: (keys: readonly PropertyKey[]) => string,
): readonly string[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearest(key, ALL_KEYS)
      const suggestion = near === null ? '' : `; did you mean '${near}'?`
      return `${at([...path, key])}: unknown key '${key}'${suggestion}`
    })
  }
  // Of a key that is no good the reason is one level down.
  const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message
  return [`${at(path)}: ${path.length === 0 ? 'the file' : path.join('.')}: ${message}`]
}

/** Where the key at the end of a path is, or the nearest key above it. */
function offsetOf(contents: unknown, keys: readonly PropertyKey[]): number | null {
  let node: unknown = contents
  let offset: number | null = null
  for (const key of keys) {
    if (!isMap(node)) break
    const pair = node.items.find((item) => isScalar(item.key) && `${item.key.value}` === key)
    if (pair === undefined || !isScalar(pair.key)) break
    offset = pair.key.range?.[0] ?? offset
    node = pair.value
  }
  return offset
}
