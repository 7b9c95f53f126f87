// A topology with every part, for the tests of this folder; they count on its lines.

export const SMALL = `sites:
  bare:
  home: { wan: { rate: 1gbit, delay: 2ms } }
  far:
    wan: { delay: 10ms, jitter: 5ms, loss: 0.5%, burst: 3 }
    firewall: outgoing-tcp
    nat: true
proxy:
  { site: home, lan: { subnet: 10.77.0.0/24 } }
hosts:
  alpha: { site: far, listens: false }
  beta: { site: bare }
guests:
  vm1: { host: alpha, ip: 10.77.0.11 }
  vm2: { host: beta, mac: "52:54:00:00:00:02", mtu: 9000 }
lan: { desk: { ip: 10.77.0.2 } }
`
