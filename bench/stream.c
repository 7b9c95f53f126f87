// A stream of numbered UDP datagrams, to see what a path loses, doubles and reorders, and for how
// long nothing came.
//
//   stream send ADDRESS PORT FRAMES_PER_SECOND PAYLOAD_BYTES
//       Until SIGTERM; then prints {"sent":N,"refused":N}. Evenly, at most CATCH_UP at once after
//       it was kept from running.
//   stream receive PORT GAP_MS
//       Prints "ready"; after SIGTERM, and when nothing more arrives, one JSON object: distinct,
//       duplicates, reordered (numbers below one that came before), reorderedMax (by how many),
//       highest (number), and gaps: [from, to] in ns of CLOCK_MONOTONIC, of silences of GAP_MS and
//       more between two datagrams.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NUMBERS_MAX = 1 << 24, GAPS_MAX = 1024, PAYLOAD_MAX = 2048, BATCH = 64, CATCH_UP = 64 };
enum { QUIET_NS = 300000000, BUFFER_BYTES = 48 << 20 };
#define DRAIN_NS_MAX INT64_C(3000000000)

static volatile sig_atomic_t is_over;

static void on_signal(int number) {
  (void)number;
  is_over = 1;
}

static void die(const char *what) {
  fprintf(stderr, "stream: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void sleep_until(int64_t at_ns) {
  struct timespec t = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int send_stream(const char *address, int port, double rate, size_t bytes) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, address, &to.sin_addr) != 1) die("bad address");
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int space = BUFFER_BYTES;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &space, sizeof space);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("socket");
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  static uint8_t payload[PAYLOAD_MAX];
  const int64_t each_ns = (int64_t)(1e9 / rate);
  uint32_t number = 0;
  uint64_t refused = 0;
  for (int64_t due = now_ns(); !is_over && number < NUMBERS_MAX; due += each_ns) {
    const int64_t now = now_ns();
    if (now < due) sleep_until(due);
    else if (now - due > CATCH_UP * each_ns) due = now - CATCH_UP * each_ns;
    const uint32_t wire = htonl(number);
    memcpy(payload, &wire, sizeof wire);
    // What the kernel does not take was not sent: the number is used again.
    if (send(fd, payload, bytes, 0) >= 0) number++;
    else if (errno == ENOBUFS || errno == EAGAIN || errno == ECONNREFUSED) refused++;
    else if (errno != EINTR) die("send");
  }
  printf("{\"sent\":%u,\"refused\":%llu}\n", number, (unsigned long long)refused);
  return 0;
}

struct tally {
  uint8_t *copies;  // of each number
  uint64_t distinct, duplicates, reordered;
  uint32_t highest, reordered_max;
  int has_any, gaps;
  int64_t last, gap[GAPS_MAX][2];
};

static void take(struct tally *t, const uint8_t *payload, size_t bytes) {
  uint32_t number;
  if (bytes < sizeof number) return;
  memcpy(&number, payload, sizeof number);
  number = ntohl(number);
  if (number >= NUMBERS_MAX) return;
  if (t->copies[number]++ == 0) t->distinct++;
  else t->duplicates++;
  if (t->has_any && number < t->highest) {
    t->reordered++;
    if (t->highest - number > t->reordered_max) t->reordered_max = t->highest - number;
  } else {
    t->highest = number;
  }
  t->has_any = 1;
}

static void print(const struct tally *t) {
  printf("{\"distinct\":%llu,\"duplicates\":%llu,\"reordered\":%llu,\"reorderedMax\":%u,"
         "\"highest\":%u,\"gaps\":[",
         (unsigned long long)t->distinct, (unsigned long long)t->duplicates,
         (unsigned long long)t->reordered, t->reordered_max, t->highest);
  for (int i = 0; i < t->gaps; i++) {
    printf("%s[%lld,%lld]", i > 0 ? "," : "", (long long)t->gap[i][0], (long long)t->gap[i][1]);
  }
  printf("]}\n");
}

static int receive_stream(int port, int64_t gap_ns) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int space = BUFFER_BYTES;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
  struct tally t = {.copies = calloc(NUMBERS_MAX, 1)};
  if (t.copies == NULL) die("memory");
  printf("ready\n");
  fflush(stdout);
  static uint8_t space_for[BATCH][PAYLOAD_MAX];
  struct iovec parts[BATCH];
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){.iov_base = space_for[i], .iov_len = PAYLOAD_MAX};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (int64_t over = 0;;) {
    const int64_t now = now_ns();
    if (is_over && over == 0) over = now;
    const int64_t quiet_since = t.last > over ? t.last : over;
    if (is_over && (now - quiet_since > QUIET_NS || now - over > DRAIN_NS_MAX)) break;
    const int count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0) {
      struct pollfd wait = {.fd = fd, .events = POLLIN};
      poll(&wait, 1, 20);
      continue;
    }
    const int64_t came = now_ns();
    if (t.has_any && came - t.last >= gap_ns && t.gaps < GAPS_MAX) {
      t.gap[t.gaps][0] = t.last;
      t.gap[t.gaps++][1] = came;
    }
    t.last = came;
    for (int i = 0; i < count; i++) take(&t, space_for[i], messages[i].msg_len);
  }
  print(&t);
  return 0;
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  if (argc == 6 && strcmp(argv[1], "send") == 0) {
    size_t bytes = strtoul(argv[5], NULL, 10);
    if (bytes > PAYLOAD_MAX) bytes = PAYLOAD_MAX;
    return send_stream(argv[2], atoi(argv[3]), atof(argv[4]), bytes < 4 ? 4 : bytes);
  }
  if (argc == 4 && strcmp(argv[1], "receive") == 0) {
    return receive_stream(atoi(argv[2]), atoll(argv[3]) * 1000000);
  }
  fprintf(stderr, "usage: stream send ADDRESS PORT RATE BYTES | stream receive PORT GAP_MS\n");
  return 2;
}
