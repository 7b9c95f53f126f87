// Sends what ordinary sockets of Node do not, for end-to-end tests of offloads.
//
//   craft datagrams HOST PORT segment=BYTES bytes=BYTES
//       Hands the kernel `bytes` at once, to be cut into datagrams of `segment` bytes (UDP_SEGMENT,
//       udp(7)); waits for the echo of each. Prints {"sent":N,"answered":N}: datagrams, and echoes
//       that came back unchanged.
//   craft super DEVICE dst=MAC family=4|6 segment=BYTES bytes=BYTES [vlan=ID]
//       Puts a TCP super-frame with an open checksum out of DEVICE, as a guest's kernel would
//       (PACKET_VNET_HDR, packet(7)). Its payload is the stream that judge.c knows.
//   craft spoilt DEVICE dst=MAC family=4|6 bytes=BYTES fault=none|ip|tcp [vlan=ID]
//       Puts out one plain TCP frame, with or without one wrong bit in a checksum.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { BYTES_MAX = 65000, STREAM_START = 1000000, TCP = 6, TCP_BYTES = 20 };

struct options {
  uint8_t dst[6];
  unsigned family, vlan, segment, bytes;
  const char *fault;
};

/** Where the headers of a built frame begin, and where it ends. */
struct layout {
  size_t l3, l4, end;
};

static void die(const char *what) {
  fprintf(stderr, "craft: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct options parse(int argc, char **argv) {
  struct options o = {.family = 4, .segment = 1200, .bytes = 1000, .fault = "none"};
  for (int i = 0; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (value == NULL) value = "";
    else *value++ = 0;
    unsigned number = (unsigned)strtoul(value, NULL, 10);
    uint8_t *mac = o.dst;
    if (!strcmp(argv[i], "dst")) {
      sscanf(value, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4,
             mac + 5);
    } else if (!strcmp(argv[i], "family")) o.family = number;
    else if (!strcmp(argv[i], "vlan")) o.vlan = number;
    else if (!strcmp(argv[i], "segment")) o.segment = number;
    else if (!strcmp(argv[i], "bytes")) o.bytes = number;
    else if (!strcmp(argv[i], "fault")) o.fault = value;
    else {
      errno = EINVAL;
      die(argv[i]);
    }
  }
  if (o.bytes > BYTES_MAX || o.segment < 8) {
    errno = EINVAL;
    die("sizes");
  }
  return o;
}

static void put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

static uint32_t sum(uint32_t total, const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) total += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return total;
}

static size_t put_ip(uint8_t *ip, const struct options *o) {
  size_t header = o->family == 4 ? 20 : 40;
  memset(ip, 0, header);
  if (o->family == 4) {
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(header + TCP_BYTES + o->bytes));
    ip[8] = 64, ip[9] = TCP;
    memcpy(ip + 12, "\x0a\x4d\x00\xfe\x0a\x4d\x00\xff", 8);
    put16(ip + 10, ~sum(0, ip, header) & 0xffff);
  } else {
    ip[0] = 0x60;
    put16(ip + 4, TCP_BYTES + o->bytes);
    ip[6] = TCP, ip[7] = 64;
    ip[8] = 0xfd, ip[23] = 1, ip[24] = 0xfd, ip[39] = 2;
  }
  return header;
}

/** The checksum of TCP is left open: its field holds the sum of the pseudo header. */
static struct layout build(uint8_t *frame, int fd, const char *device, const struct options *o) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
  if (ioctl(fd, SIOCGIFHWADDR, &request) < 0) die("own address");
  memcpy(frame, o->dst, 6);
  memcpy(frame + 6, request.ifr_hwaddr.sa_data, 6);
  struct layout at = {.l3 = 14};
  if (o->vlan > 0) {
    put16(frame + 12, 0x8100);
    put16(frame + 14, o->vlan);
    at.l3 = 18;
  }
  put16(frame + at.l3 - 2, o->family == 4 ? 0x0800 : 0x86dd);
  at.l4 = at.l3 + put_ip(frame + at.l3, o);
  uint8_t *tcp = frame + at.l4;
  memset(tcp, 0, TCP_BYTES);
  put16(tcp, 5000), put16(tcp + 2, 5001);
  put32(tcp + 4, STREAM_START);
  tcp[12] = TCP_BYTES / 4 << 4, tcp[13] = 0x18; // ACK, PSH
  put16(tcp + 14, 0xffff);
  size_t addresses = o->family == 4 ? 8 : 32;
  uint32_t pseudo = sum(TCP + TCP_BYTES + o->bytes, tcp - addresses, addresses);
  put16(tcp + 16, pseudo);
  for (unsigned i = 0; i < o->bytes; i++) tcp[TCP_BYTES + i] = (uint8_t)(i * 31 + (i >> 8));
  at.end = at.l4 + TCP_BYTES + o->bytes;
  return at;
}

static int open_device(const char *device) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(device)};
  if (fd < 0 || at.sll_ifindex == 0) die(device);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
  return fd;
}

static int send_super(const char *device, struct options o) {
  static uint8_t message[sizeof(struct virtio_net_hdr) + BYTES_MAX + 100];
  uint8_t *frame = message + sizeof(struct virtio_net_hdr);
  int fd = open_device(device), on = 1;
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0) die("PACKET_VNET_HDR");
  struct layout at = build(frame, fd, device, &o);
  struct virtio_net_hdr header = {
      .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
      .gso_type = o.family == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6,
      .hdr_len = (uint16_t)(at.l4 + TCP_BYTES),
      .gso_size = (uint16_t)o.segment,
      .csum_start = (uint16_t)at.l4,
      .csum_offset = 16,
  };
  memcpy(message, &header, sizeof header);
  if (send(fd, message, sizeof header + at.end, 0) < 0) die("send");
  return 0;
}

static int send_spoilt(const char *device, struct options o) {
  static uint8_t frame[BYTES_MAX + 100];
  int fd = open_device(device);
  struct layout at = build(frame, fd, device, &o);
  uint8_t *tcp = frame + at.l4;
  put16(tcp + 16, ~sum(0, tcp, at.end - at.l4) & 0xffff);
  if (!strcmp(o.fault, "tcp")) tcp[17] ^= 1;
  if (!strcmp(o.fault, "ip")) frame[at.l3 + 11] ^= 1;
  if (send(fd, frame, at.end, 0) < 0) die("send");
  return 0;
}

/** Bytes of the datagram `index`: its number, then a pattern. */
static void fill(uint8_t *at, size_t length, unsigned index) {
  for (size_t i = 0; i < length; i++) at[i] = (uint8_t)(i * 31 + index * 7 + (i >> 8));
  put32(at, index);
}

static int connect_to(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found;
  if (getaddrinfo(host, port, &hints, &found) != 0) die(host);
  int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0) die("connect");
  freeaddrinfo(found);
  struct timeval patience = {.tv_sec = 2};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

static int send_datagrams(const char *host, const char *port, struct options o) {
  static uint8_t all[BYTES_MAX], echo[BYTES_MAX], wanted[BYTES_MAX];
  int fd = connect_to(host, port), segment = (int)o.segment;
  if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) < 0) die("UDP_SEGMENT");
  unsigned sent = 0, answered = 0;
  for (unsigned at = 0; at < o.bytes; at += o.segment, sent++) {
    fill(all + at, o.bytes - at < o.segment ? o.bytes - at : o.segment, sent);
  }
  if (send(fd, all, o.bytes, 0) != (ssize_t)o.bytes) die("send");
  while (answered < sent) {
    ssize_t length = recv(fd, echo, sizeof echo, 0);
    if (length < 0) break; // the patience is over
    unsigned index = length >= 4 ? ntohl(*(uint32_t *)(void *)echo) : sent;
    unsigned left = index < sent ? o.bytes - index * o.segment : 0;
    unsigned size = left < o.segment ? left : o.segment;
    if (size >= 4) fill(wanted, size, index);
    if (size == (unsigned)length && memcmp(echo, wanted, size) == 0) answered++;
  }
  printf("{\"sent\":%u,\"answered\":%u}\n", sent, answered);
  return 0;
}

int main(int argc, char **argv) {
  if (argc >= 4 && !strcmp(argv[1], "datagrams")) {
    return send_datagrams(argv[2], argv[3], parse(argc - 4, argv + 4));
  }
  if (argc >= 3 && !strcmp(argv[1], "super")) {
    return send_super(argv[2], parse(argc - 3, argv + 3));
  }
  if (argc >= 3 && !strcmp(argv[1], "spoilt")) {
    return send_spoilt(argv[2], parse(argc - 3, argv + 3));
  }
  fprintf(stderr, "usage: craft datagrams|super|spoilt ...  (see the head of craft.c)\n");
  return 2;
}
