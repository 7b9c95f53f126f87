// nftables rules of a site's gateway: what the firewall lets through, and NAT.

import type { SiteShape } from './topology.ts'

/** Text for `nft -f -`, or null where there is nothing to filter or translate. */
export function firewallRules(site: SiteShape): string | null {
  const parts = ['flush ruleset']
  if (site.firewall === 'outgoing-tcp') {
    parts.push(`table inet filter {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "br0" oifname "wan" ip protocol tcp accept
  }
  chain input {
    type filter hook input priority 0; policy accept;
    iifname "wan" ct state new drop
  }
}`)
  }
  if (site.nat) {
    parts.push(`table ip nat {
  chain postrouting {
    type nat hook postrouting priority 100;
    oifname "wan" masquerade
  }
}`)
    if (site.firewall === 'none') parts.push(NOTHING_UNASKED)
  }
  return parts.length === 1 ? null : `${parts.join('\n')}\n`
}

/** NAT without a firewall still lets nothing in that was not asked for. */
const NOTHING_UNASKED = `table inet filter {
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname "wan" ct state new drop
  }
}`
