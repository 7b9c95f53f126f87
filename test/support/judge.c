// Judges the frames that come in at a device as a receiver without any offload sees them: how long
// they are, and whether every checksum in them is right. For end-to-end tests.
//
//   judge DEVICE max=BYTES
//       Prints "ready", judges until its standard input ends, then prints one JSON object (struct
//       tally). `max` counts from the destination MAC on, without a VLAN tag.
//
// A packet socket without PACKET_VNET_HDR: the bytes as they lie in memory. A checksum that a
// device is yet to complete is a wrong one there, and a super-frame is too long. Tagged TCP frames
// are held to the stream of craft.c as well.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_MAX = 70000, IPV4 = 0x0800, IPV6 = 0x86dd, VLAN = 0x8100, TCP = 6, UDP = 17 };
/** Sequence number of the first byte of the stream of craft.c. */
enum { STREAM_START = 1000000 };

struct tally {
  unsigned long frames, longest, too_long, fragments;
  unsigned long tcp, udp;           // with whole headers, not fragmented
  unsigned long bad_ip, bad_tcp, bad_udp;
  unsigned long unready;            // the kernel says that the checksum is open
  unsigned long tagged;             // TCP frames with a VLAN tag
  unsigned long tagged_bytes;       // payload in them that is what craft.c sends there
  unsigned long tagged_wrong;       // and what is not
  unsigned long lost;               // not seen: the socket's buffer was full
};

static void die(const char *what) {
  fprintf(stderr, "judge: %s: %s\n", what, strerror(errno));
  exit(1);
}

static unsigned get16(const uint8_t *at) { return (unsigned)(at[0] << 8 | at[1]); }

static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }

/** Internet checksum (RFC 1071), word by word: slow, and plainly right. */
static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t length) {
  uint32_t total = start;
  for (size_t i = 0; i + 1 < length; i += 2) total += get16(bytes + i);
  if (length & 1) total += (uint32_t)bytes[length - 1] << 8;
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return total;
}

static void judge_stream(struct tally *t, const uint8_t *tcp, size_t length) {
  size_t header = (size_t)(tcp[12] >> 4) * 4;
  uint32_t position = get32(tcp + 4) - STREAM_START;
  t->tagged++;
  for (size_t i = header; i < length; i++, position++) {
    uint8_t wanted = (uint8_t)(position * 31 + (position >> 8));
    if (tcp[i] == wanted) t->tagged_bytes++;
    else t->tagged_wrong++;
  }
}

/** `pseudo`: sum of both addresses. */
static void judge_l4(struct tally *t, int protocol, const uint8_t *at, size_t length,
                     uint32_t pseudo, int is_tagged) {
  if (protocol != TCP && protocol != UDP) return;
  uint32_t total = sum(pseudo + (uint32_t)protocol + (uint32_t)length, at, length);
  if (protocol == TCP) {
    t->tcp++;
    if (length < 20 || total != 0xffff) t->bad_tcp++;
    else if (is_tagged) judge_stream(t, at, length);
  } else {
    t->udp++;
    // Zero, "no checksum", is allowed, but no sender of these tests leaves it out.
    if (length < 8 || get16(at + 4) != length || get16(at + 6) == 0 || total != 0xffff) {
      t->bad_udp++;
    }
  }
}

static void judge_ipv4(struct tally *t, const uint8_t *ip, size_t room, int is_tagged) {
  size_t header = (size_t)(ip[0] & 15) * 4;
  size_t length = room >= 20 ? get16(ip + 2) : 0;
  if (room < 20 || header < 20 || length < header || length > room ||
      sum(0, ip, header) != 0xffff) {
    t->bad_ip++;
  } else if (get16(ip + 6) & 0x3fff) {
    t->fragments++;
  } else {
    judge_l4(t, ip[9], ip + header, length - header, sum(0, ip + 12, 8), is_tagged);
  }
}

static void judge_ipv6(struct tally *t, const uint8_t *ip, size_t room, int is_tagged) {
  size_t length = room >= 40 ? get16(ip + 4) : 0;
  if (room < 40 || length > room - 40) {
    t->bad_ip++;
  } else if (ip[6] == 44) {
    t->fragments++;
  } else {
    judge_l4(t, ip[6], ip + 40, length, sum(0, ip + 8, 32), is_tagged);
  }
}

static void judge(struct tally *t, const uint8_t *frame, size_t bytes, size_t max, int is_tagged) {
  if (bytes < ETH_HLEN + 4) return;
  size_t at = 14;
  if (get16(frame + 12) == VLAN) is_tagged = 1, at = 18;
  size_t untagged = bytes - (at - 14);
  unsigned type = get16(frame + at - 2);
  t->frames++;
  if (untagged > t->longest) t->longest = untagged;
  if (untagged > max) t->too_long++;
  if (type == IPV4) judge_ipv4(t, frame + at, bytes - at, is_tagged);
  if (type == IPV6) judge_ipv6(t, frame + at, bytes - at, is_tagged);
}

/** @returns 0 where nothing waits */
static int receive_one(int fd, struct tally *t, size_t max) {
  static uint8_t frame[FRAME_MAX];
  struct sockaddr_ll from;
  union {
    char space[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct cmsghdr align;
  } control;
  struct iovec part = {frame, sizeof frame};
  struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part,
                           .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t bytes = recvmsg(fd, &message, MSG_DONTWAIT);
  if (bytes < 0) return errno == EINTR;
  if (from.sll_pkttype == PACKET_OUTGOING) return 1;
  int is_tagged = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    struct tpacket_auxdata extra;
    memcpy(&extra, CMSG_DATA(c), sizeof extra);
    is_tagged = (extra.tp_status & TP_STATUS_VLAN_VALID) != 0;
    if (extra.tp_status & TP_STATUS_CSUMNOTREADY) t->unready++;
  }
  judge(t, frame, (size_t)bytes, max, is_tagged);
  return 1;
}

static int open_device(const char *device) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  struct sockaddr_ll at = {.sll_family = AF_PACKET,
                           .sll_protocol = htons(ETH_P_ALL),
                           .sll_ifindex = (int)if_nametoindex(device)};
  if (at.sll_ifindex == 0) die(device);
  int space = 64 << 20, on = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
  if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0) die("PACKET_AUXDATA");
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
  return fd;
}

static void print(const struct tally *t) {
  printf("{\"frames\":%lu,\"longest\":%lu,\"tooLong\":%lu,\"fragments\":%lu,"
         "\"tcp\":%lu,\"udp\":%lu,\"badIp\":%lu,\"badTcp\":%lu,\"badUdp\":%lu,\"unready\":%lu,"
         "\"tagged\":%lu,\"taggedBytes\":%lu,\"taggedWrong\":%lu,\"lost\":%lu}\n",
         t->frames, t->longest, t->too_long, t->fragments, t->tcp, t->udp, t->bad_ip, t->bad_tcp,
         t->bad_udp, t->unready, t->tagged, t->tagged_bytes, t->tagged_wrong, t->lost);
}

int main(int argc, char **argv) {
  if (argc != 3 || strncmp(argv[2], "max=", 4) != 0) {
    fprintf(stderr, "usage: judge DEVICE max=BYTES  (see the head of judge.c)\n");
    return 2;
  }
  size_t max = strtoul(argv[2] + 4, NULL, 10);
  struct tally t = {0};
  int fd = open_device(argv[1]);
  printf("ready\n");
  fflush(stdout);
  struct pollfd wait[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  while (wait[1].revents == 0) {
    if (poll(wait, 2, -1) < 0 && errno != EINTR) die("poll");
    while (receive_one(fd, &t, max)) continue;
  }
  struct tpacket_stats stats;
  socklen_t length = sizeof stats;
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) < 0) die("statistics");
  t.lost = stats.tp_drops;
  print(&t);
  return 0;
}
