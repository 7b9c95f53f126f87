// Raw Ethernet frames for end-to-end tests, sent and judged with AF_PACKET (which Node lacks).
//
//   frames send DEVICE dst=MAC [src=MAC] [sizes=60-9014 | sizes=1000] [step=1] [count=1] [vlan=ID]
//               [stream=1] [rate=FRAMES_PER_SECOND]
//       Sends `count` frames of every size (bytes from the destination MAC on, without the check
//       sequence; a VLAN tag comes on top), numbered from 0. Prints {"sent":N}.
//   frames receive DEVICE [stream=1] expect=N [settle=MS] [timeout=MS]
//       Prints "ready", then, once N different frames came and `settle` ms more passed (or after
//       `timeout` ms), one JSON object: received (all copies), distinct, duplicates, reordered
//       (numbers below their predecessor), corrupt, foreign (for another station), vlans, missing.
//
// Payload after the EtherType (0x88b5, IEEE 802 local experimental), big endian:
//
//    0      4       8         12      16        20
//    | VNFR | stream | sequence | size | checksum | pattern ...
//
// The checksum is 32-bit FNV-1a over everything else of the frame, MACs included.

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
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ETHER_TYPE = 0x88b5, ETHER_BYTES = 14, HEADER_BYTES = 20, FRAME_MAX = 65536 };
enum { SEQUENCES_MAX = 1 << 22, MISSING_SHOWN = 8 };
static const char MAGIC[4] = {'V', 'N', 'F', 'R'};

struct options {
  uint8_t dst[6], src[6];
  int has_src, has_dst, vlan;
  unsigned size_min, size_max, step, count, stream, expect, settle_ms, timeout_ms;
  double rate;
};

static void die(const char *what) {
  fprintf(stderr, "frames: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t now_ms(void) { return now_ns() / 1000000; }

static void parse_mac(const char *text, uint8_t *mac) {
  if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4,
             mac + 5) != 6) {
    errno = EINVAL;
    die(text);
  }
}

static struct options parse(int argc, char **argv) {
  struct options o = {.size_min = 60, .size_max = 60, .step = 1, .count = 1, .stream = 1,
                      .settle_ms = 300, .timeout_ms = 10000};
  for (int i = 0; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (value == NULL) value = "";
    else *value++ = 0;
    const char *key = argv[i];
    unsigned number = (unsigned)strtoul(value, NULL, 10);
    if (!strcmp(key, "dst")) parse_mac(value, o.dst), o.has_dst = 1;
    else if (!strcmp(key, "src")) parse_mac(value, o.src), o.has_src = 1;
    else if (!strcmp(key, "sizes")) {
      o.size_min = o.size_max = number;
      char *to = strchr(value, '-');
      if (to != NULL) o.size_max = (unsigned)strtoul(to + 1, NULL, 10);
    } else if (!strcmp(key, "step")) o.step = number;
    else if (!strcmp(key, "count")) o.count = number;
    else if (!strcmp(key, "vlan")) o.vlan = (int)number;
    else if (!strcmp(key, "stream")) o.stream = number;
    else if (!strcmp(key, "expect")) o.expect = number;
    else if (!strcmp(key, "settle")) o.settle_ms = number;
    else if (!strcmp(key, "timeout")) o.timeout_ms = number;
    else if (!strcmp(key, "rate")) o.rate = atof(value);
    else {
      errno = EINVAL;
      die(key);
    }
  }
  if (o.size_min < ETHER_BYTES + HEADER_BYTES || o.size_max > FRAME_MAX - 4 || o.step == 0) {
    errno = EINVAL;
    die("sizes");
  }
  return o;
}

static int open_device(const char *device, int protocol) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  struct sockaddr_ll at = {.sll_family = AF_PACKET,
                           .sll_protocol = htons((uint16_t)protocol),
                           .sll_ifindex = (int)if_nametoindex(device)};
  if (at.sll_ifindex == 0) die(device);
  int space = 64 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
  int on = 1;
  setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
  return fd;
}

static void put32(uint8_t *at, uint32_t value) {
  value = htonl(value);
  memcpy(at, &value, 4);
}

static uint32_t get32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return ntohl(value);
}

// `payload` is the part after the EtherType; the checksum field itself counts as zero.
static uint32_t checksum(const uint8_t *macs, const uint8_t *payload, size_t bytes) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < 12; i++) hash = (hash ^ macs[i]) * 16777619u;
  for (size_t i = 0; i < bytes; i++) {
    uint8_t octet = i >= 16 && i < 20 ? 0 : payload[i];
    hash = (hash ^ octet) * 16777619u;
  }
  return hash;
}

static size_t build(uint8_t *frame, const struct options *o, uint32_t sequence, unsigned size) {
  size_t at = 12;
  memcpy(frame, o->dst, 6);
  memcpy(frame + 6, o->src, 6);
  if (o->vlan > 0) {
    frame[at++] = 0x81, frame[at++] = 0x00;
    frame[at++] = (uint8_t)(o->vlan >> 8), frame[at++] = (uint8_t)o->vlan;
  }
  frame[at++] = ETHER_TYPE >> 8, frame[at++] = ETHER_TYPE & 0xff;
  uint8_t *payload = frame + at;
  size_t bytes = size - ETHER_BYTES;
  memcpy(payload, MAGIC, 4);
  put32(payload + 4, o->stream);
  put32(payload + 8, sequence);
  put32(payload + 12, size);
  for (size_t i = HEADER_BYTES; i < bytes; i++) payload[i] = (uint8_t)(i * 31 + sequence);
  put32(payload + 16, checksum(frame, payload, bytes));
  return at + bytes;
}

static void send_one(int fd, const uint8_t *frame, size_t bytes) {
  while (send(fd, frame, bytes, 0) < 0) {
    if (errno == ENOBUFS || errno == EAGAIN) usleep(500);
    else if (errno != EINTR) die("send");
  }
}

static int send_frames(const char *device, struct options o) {
  int fd = open_device(device, 0);
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
  if (!o.has_src) {
    if (ioctl(fd, SIOCGIFHWADDR, &request) < 0) die("own address");
    memcpy(o.src, request.ifr_hwaddr.sa_data, 6);
  }
  if (!o.has_dst) {
    errno = EINVAL;
    die("dst");
  }
  static uint8_t frame[FRAME_MAX];
  uint32_t sequence = 0;
  int64_t due_ns = now_ns();
  for (unsigned size = o.size_min; size <= o.size_max; size += o.step) {
    for (unsigned copy = 0; copy < o.count; copy++, sequence++) {
      if (o.rate > 0) {
        // After a stall the pace goes on from there: catching up would be a burst.
        due_ns += (int64_t)(1e9 / o.rate);
        if (due_ns < now_ns()) due_ns = now_ns();
        struct timespec at = {due_ns / 1000000000, due_ns % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
      }
      send_one(fd, frame, build(frame, &o, sequence, size));
    }
  }
  printf("{\"sent\":%u}\n", sequence);
  return 0;
}

struct tally {
  uint8_t *copies; // of each sequence number, saturating
  uint64_t received, distinct, duplicates, reordered, corrupt, foreign, last;
  int vlan; // of the last frame; -1 while frames differ
};

static void judge(struct tally *t, const struct options *o, const uint8_t *frame, size_t bytes,
                  int vlan, int is_foreign) {
  size_t at = 12;
  if (bytes >= 18 && frame[at] == 0x81 && frame[at + 1] == 0x00) { // not stripped by the kernel
    vlan = (frame[at + 2] << 8 | frame[at + 3]) & 0xfff;
    at += 4;
  }
  if (bytes < at + 2 + HEADER_BYTES || (frame[at] << 8 | frame[at + 1]) != ETHER_TYPE) return;
  const uint8_t *payload = frame + at + 2;
  if (memcmp(payload, MAGIC, 4) != 0 || get32(payload + 4) != o->stream) return;
  uint32_t sequence = get32(payload + 8), size = get32(payload + 12);
  size_t length = size - ETHER_BYTES;
  // A frame may be longer than what was sent (padding), never shorter.
  if (size < ETHER_BYTES + HEADER_BYTES || length > bytes - at - 2 || sequence >= SEQUENCES_MAX ||
      checksum(frame, payload, length) != get32(payload + 16)) {
    t->corrupt++;
    return;
  }
  if (is_foreign) t->foreign++;
  if (t->received > 0 && sequence < t->last) t->reordered++;
  if (t->received > 0 && t->vlan != vlan) t->vlan = -1;
  else t->vlan = vlan;
  t->last = sequence;
  t->received++;
  if (t->copies[sequence] == 0) t->distinct++;
  else t->duplicates++;
  if (t->copies[sequence] < 255) t->copies[sequence]++;
}

static void receive_one(int fd, struct tally *t, const struct options *o) {
  static uint8_t frame[FRAME_MAX + 64];
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
  if (bytes < ETHER_BYTES || from.sll_pkttype == PACKET_OUTGOING) return;
  int vlan = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    struct tpacket_auxdata extra;
    memcpy(&extra, CMSG_DATA(c), sizeof extra);
    if (extra.tp_status & TP_STATUS_VLAN_VALID) vlan = extra.tp_vlan_tci & 0xfff;
  }
  judge(t, o, frame, (size_t)bytes, vlan, from.sll_pkttype == PACKET_OTHERHOST);
}

static int receive_frames(const char *device, const struct options *o) {
  struct tally t = {.copies = calloc(SEQUENCES_MAX, 1)};
  if (t.copies == NULL) die("memory");
  int fd = open_device(device, ETH_P_ALL);
  printf("ready\n");
  fflush(stdout);
  int64_t deadline = now_ms() + o->timeout_ms;
  int is_settling = 0;
  for (int64_t left; (left = deadline - now_ms()) > 0;) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, (int)left) <= 0) continue;
    receive_one(fd, &t, o);
    if (!is_settling && o->expect > 0 && t.distinct >= o->expect) {
      is_settling = 1; // late copies would still come
      deadline = now_ms() + o->settle_ms;
    }
  }
  printf("{\"received\":%llu,\"distinct\":%llu,\"duplicates\":%llu,\"reordered\":%llu,"
         "\"corrupt\":%llu,\"foreign\":%llu,\"vlan\":%d,\"missing\":[",
         (unsigned long long)t.received, (unsigned long long)t.distinct,
         (unsigned long long)t.duplicates, (unsigned long long)t.reordered,
         (unsigned long long)t.corrupt, (unsigned long long)t.foreign, t.vlan);
  int shown = 0;
  for (unsigned i = 0; i < o->expect && i < SEQUENCES_MAX && shown < MISSING_SHOWN; i++) {
    if (t.copies[i] == 0) printf("%s%u", shown++ > 0 ? "," : "", i);
  }
  printf("]}\n");
  return 0;
}

int main(int argc, char **argv) {
  if (argc >= 3 && !strcmp(argv[1], "send")) return send_frames(argv[2], parse(argc - 3, argv + 3));
  if (argc >= 3 && !strcmp(argv[1], "receive")) {
    struct options o = parse(argc - 3, argv + 3);
    return receive_frames(argv[2], &o);
  }
  fprintf(stderr, "usage: frames send|receive DEVICE KEY=VALUE...  (see the head of frames.c)\n");
  return 2;
}
