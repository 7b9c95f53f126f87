// The application of the three-tier web site: a program of its own, started in a guest. It answers
// every request with a page of ten articles, which it asks the database for by psql (libpq).
//
//   node web-app.ts PORT DATABASE-ADDRESS

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { ARTICLES } from './database.ts'

const CONNECTIONS = 4
const ARTICLES_A_PAGE = 10
/** Ends an answer; no article has it. */
const END = '--end--'

interface Connection {
  query(sql: string): Promise<string[]>
}

function connect(address: string): Connection {
  const psql: ChildProcessWithoutNullStreams = spawn('psql', [
    ...['-h', address, '-U', 'postgres', '-d', 'postgres', '-qAtX'],
  ])
  psql.stderr.pipe(process.stderr)
  psql.on('exit', () => process.exit(1))
  const waiting: ((rows: string[]) => void)[] = []
  let rows: string[] = []
  createInterface({ input: psql.stdout }).on('line', (line) => {
    if (line !== END) {
      rows.push(line)
      return
    }
    waiting.shift()?.(rows)
    rows = []
  })
  return {
    query: (sql) =>
      new Promise((resolve) => {
        waiting.push(resolve)
        psql.stdin.write(`${sql};\n\\echo ${END}\n`)
      }),
  }
}

const [port, address = ''] = process.argv.slice(2)
const connections = Array.from({ length: CONNECTIONS }, () => connect(address))
let requests = 0

const server = createServer(async (_request, response) => {
  requests += 1
  const first = (requests * ARTICLES_A_PAGE) % (ARTICLES - ARTICLES_A_PAGE)
  const connection = connections[requests % CONNECTIONS]
  const rows = await connection?.query(
    `SELECT title, body FROM article WHERE id BETWEEN ${first} AND ${first + ARTICLES_A_PAGE - 1}`,
  )
  const articles = (rows ?? []).map((row) => {
    const [title, body] = row.split('|')
    return `<article><h2>${title}</h2><p>${body}</p></article>`
  })
  response.setHeader('content-type', 'text/html')
  response.end(`<!doctype html><title>Articles</title>${articles.join('')}`)
})
server.keepAliveTimeout = 60_000 // longer than haproxy keeps its connections
server.listen(Number(port), '0.0.0.0')
