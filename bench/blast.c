// Small UDP datagrams as fast as the kernel takes them (or at a rate), and a counter for them:
// iperf3 sends one at a time, which would measure iperf3. The generator shares the machine with
// what is measured, so it hands over many datagrams at once (UDP_SEGMENT, udp(7)) and has the
// kernel cut them before the device: the device is told that it cannot, and sees single frames.
//
// At a rate, a sender that was kept from running makes up for it at no more than 5/4 of that: no
// path owes it a queue for that. The counter reads once a millisecond, so that it takes little of
// the machine from what is measured.
//
//   blast send ADDRESS PORT PAYLOAD_BYTES MILLISECONDS [FRAMES_PER_SECOND]
//   blast receive PORT          until SIGTERM, and then until nothing more arrives
//
// Both print one JSON object at the end. The receiver prints "ready" once its socket is bound.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/** UDP_MAX_SEGMENTS was 64 before Linux 6.9. */
enum { BATCH = 64, PAYLOAD_MAX = 2048, DATAGRAM_MAX = 65000 };
enum { READ_INTERVAL_NS = 1000000, QUIET_NS = 100000000 };
#define DRAIN_NS_MAX INT64_C(3000000000)
/** What arrives at 1,000,000 frames a second in 60 ms; the kernel counts some 768 bytes a frame. */
enum { RECEIVE_BUFFER_BYTES = 48 << 20 };

static volatile sig_atomic_t is_over;

static void on_signal(int number) {
  (void)number;
  is_over = 1;
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void die(const char *what) {
  fprintf(stderr, "blast: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void sleep_until(int64_t at_ns) {
  struct timespec t = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/** Name of the interface that has the socket's own address. */
static void find_device(int fd, char name[IFNAMSIZ]) {
  struct sockaddr_in own;
  socklen_t size = sizeof own;
  struct ifaddrs *all, *one;
  if (getsockname(fd, (struct sockaddr *)&own, &size) < 0 || getifaddrs(&all) < 0) die("address");
  for (one = all; one != NULL; one = one->ifa_next) {
    if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET) continue;
    const struct sockaddr_in *its = (const struct sockaddr_in *)one->ifa_addr;
    if (its->sin_addr.s_addr == own.sin_addr.s_addr) strncpy(name, one->ifa_name, IFNAMSIZ - 1);
  }
  freeifaddrs(all);
}

static int ask_device(int fd, const char *name, void *question) {
  struct ifreq request = {.ifr_data = question};
  memcpy(request.ifr_name, name, IFNAMSIZ);
  return ioctl(fd, SIOCETHTOOL, &request);
}

/** Takes UDP segmentation from a device or gives it back (netdev-features.rst). False: neither. */
static int set_segmentation(int fd, const char *name, int is_on) {
  struct {
    struct ethtool_sset_info head;
    uint32_t count;
  } set = {.head = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES}};
  if (ask_device(fd, name, &set) < 0 || set.head.sset_mask == 0) return 0;
  const uint32_t count = set.count, blocks = (count + 31) / 32;
  struct ethtool_gstrings *names = calloc(1, sizeof *names + count * ETH_GSTRING_LEN);
  struct ethtool_sfeatures *change =
      calloc(1, sizeof *change + blocks * sizeof(struct ethtool_set_features_block));
  if (names == NULL || change == NULL) die("memory");
  names->cmd = ETHTOOL_GSTRINGS;
  names->string_set = ETH_SS_FEATURES;
  names->len = count;
  int is_done = ask_device(fd, name, names) == 0;
  change->cmd = ETHTOOL_SFEATURES;
  change->size = blocks;
  for (uint32_t i = 0; i < count; i++) {
    const char *feature = (const char *)names->data + i * ETH_GSTRING_LEN;
    if (strncmp(feature, "tx-udp-segmentation", ETH_GSTRING_LEN) != 0) continue;
    change->features[i / 32].valid |= 1u << i % 32;
    if (is_on) change->features[i / 32].requested |= 1u << i % 32;
  }
  is_done = is_done && ask_device(fd, name, change) >= 0;
  free(names);
  free(change);
  return is_done;
}

/** Whether datagrams of this size can be handed over many at once, and are from now on. */
static int set_segments(int fd, const char *name, size_t bytes) {
  const int size = (int)bytes, none = 0;
  if (name[0] == 0 || !set_segmentation(fd, name, 0)) return 0;
  if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof size) < 0) return 0;
  static const char two[2 * PAYLOAD_MAX];
  if (send(fd, two, 2 * bytes, 0) >= 0 || errno == ECONNREFUSED) return 1;
  setsockopt(fd, SOL_UDP, UDP_SEGMENT, &none, sizeof none);
  return 0; // before Linux 6.11: a device that leaves checksums to the kernel
}

static int send_all(const char *address, int port, size_t bytes, int64_t for_ns, double rate) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, address, &to.sin_addr) != 1) die("bad address");
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("socket");
  char device[IFNAMSIZ] = "";
  find_device(fd, device);
  const int has_segments = set_segments(fd, device, bytes);
  static char payload[BATCH * PAYLOAD_MAX];
  struct iovec part = {.iov_base = payload, .iov_len = bytes};
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    messages[i].msg_hdr.msg_iov = &part;
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  // At a rate, batches of a quarter of a millisecond at most keep the bursts short.
  int batch = BATCH;
  if (rate > 0 && rate / 4000 < batch) batch = rate / 4000 < 1 ? 1 : (int)(rate / 4000);
  if (batch > 1 && (size_t)batch * bytes > DATAGRAM_MAX) batch = (int)(DATAGRAM_MAX / bytes);
  const int64_t batch_ns = rate > 0 ? (int64_t)(batch / rate * 1e9) : 0;
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  int64_t start = now_ns(), now = start, next = start, last = 0;
  uint64_t sent = has_segments ? 2 : 0, refused = 0; // the two of the trial
  while ((now = now_ns()) - start < for_ns) {
    if (rate > 0) {
      const int64_t soonest = last + batch_ns * 4 / 5, at = next > soonest ? next : soonest;
      if (at > now) sleep_until(at);
      last = now_ns();
      next += batch_ns;
    }
    int done = has_segments ? (send(fd, payload, (size_t)batch * bytes, 0) < 0 ? -1 : batch)
                            : sendmmsg(fd, messages, (unsigned)batch, 0);
    if (done >= 0) sent += (uint64_t)done;
    else if (errno == ENOBUFS || errno == EAGAIN || errno == ECONNREFUSED) refused++;
    else if (errno != EINTR) die("sendmmsg");
  }
  printf("{\"sent\":%llu,\"refused\":%llu,\"seconds\":%.6f}\n", (unsigned long long)sent,
         (unsigned long long)refused, (double)(now - start) / 1e9);
  // Tunnels over UDP that are measured next must find the device as it was.
  if (device[0] != 0) set_segmentation(fd, device, 1);
  return 0;
}

static int receive_all(int port) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int space = RECEIVE_BUFFER_BYTES;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
  printf("ready\n");
  fflush(stdout);
  static char space_for[BATCH][PAYLOAD_MAX];
  struct iovec parts[BATCH];
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){.iov_base = space_for[i], .iov_len = PAYLOAD_MAX};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  uint64_t received = 0;
  int64_t first = 0, last = 0, over = 0;
  for (;;) {
    // What waits in a queue somewhere is late, not lost, and must not count in the next run.
    if (is_over && over == 0) over = now_ns();
    const int64_t quiet_since = last > over ? last : over, now = now_ns();
    if (is_over && (now - quiet_since > QUIET_NS || now - over > DRAIN_NS_MAX)) break;
    int count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0) {
      sleep_until(now_ns() + READ_INTERVAL_NS);
      continue;
    }
    last = now_ns();
    if (first == 0) first = last;
    received += (uint64_t)count;
  }
  printf("{\"received\":%llu,\"seconds\":%.6f}\n", (unsigned long long)received,
         (double)(last - first) / 1e9);
  return 0;
}

int main(int argc, char **argv) {
  if (argc >= 6 && strcmp(argv[1], "send") == 0) {
    size_t bytes = strtoul(argv[4], NULL, 10);
    if (bytes > PAYLOAD_MAX) bytes = PAYLOAD_MAX;
    return send_all(argv[2], atoi(argv[3]), bytes, atoll(argv[5]) * 1000000,
                    argc > 6 ? atof(argv[6]) : 0);
  }
  if (argc == 3 && strcmp(argv[1], "receive") == 0) return receive_all(atoi(argv[2]));
  fprintf(stderr, "usage: blast send ADDRESS PORT BYTES MS [RATE] | blast receive PORT\n");
  return 2;
}
