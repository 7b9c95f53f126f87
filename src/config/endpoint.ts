// `HOST:PORT` as text and as a value; IPv6 addresses stand in brackets.

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Parses `HOST:PORT`, `[V6]:PORT` or, with a default port, a bare host. Null if it is neither. */
export function parseEndpoint(text: string, defaultPort?: number): HostPort | null {
  const match =
    /^\[([0-9a-fA-F:.%a-z]+)\](?::(\d{1,5}))?$/.exec(text) ??
    /^([^\s:[\]/]+)(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1]
  const port = match?.[2] === undefined ? defaultPort : Number(match[2])
  if (host === undefined || port === undefined || port > 65_535) return null
  return { host, port }
}

/** The text form; IPv6 addresses get their brackets. */
export function formatEndpoint(endpoint: HostPort): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return `${host}:${endpoint.port}`
}
