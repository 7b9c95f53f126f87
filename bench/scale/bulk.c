// Bulk TCP over many connections by one thread at each end, as cheap as it can be: the receiver
// throws data away inside the kernel (MSG_TRUNC, tcp(7)), the sender sends the same bytes for ever.
//
//   bulk receive PORT CONNECTIONS WARM_UP_MS MS
//   bulk send PORT ADDRESS...           one connection to each, until the receiver has enough
//
// The receiver prints "ready", "counting" once all are there and warm, and at the end one JSON
// object: how long it counted, the bytes of each connection and the processor time that it took.
// The sender prints one with all bytes that it sent, and its processor time.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/** As iperf3 writes. */
enum { CHUNK_BYTES = 131072, READ_BYTES = 1 << 20, CONNECTIONS_MAX = 4096, EVENTS = 64 };
/** Nothing arrives for so long: a path has broken down. */
enum { STALL_MS = 10000 };

static void check(int is_good, const char *what) {
  if (is_good) return;
  fprintf(stderr, "bulk: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static double cpu_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *word) {
  printf("%s\n", word);
  fflush(stdout);
}

static void watch(int epoll, int fd, uint32_t events, uint32_t index) {
  struct epoll_event event = {.events = events, .data.u64 = (uint64_t)index << 32 | (uint32_t)fd};
  check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
}

static uint64_t received[CONNECTIONS_MAX];

/** Reads what is there, until `until_ms`. */
static void receive_until(int epoll, int64_t until_ms) {
  struct epoll_event events[EVENTS];
  for (int64_t left; (left = until_ms - now_ms()) > 0;) {
    const int count = epoll_wait(epoll, events, EVENTS, (int)left);
    for (int i = 0; i < count; i++) {
      const ssize_t n = recv((int)(uint32_t)events[i].data.u64, NULL, READ_BYTES,
                             MSG_TRUNC | MSG_DONTWAIT);
      check(n != 0, "a connection ended");
      if (n > 0) received[events[i].data.u64 >> 32] += (uint64_t)n;
      else check(errno == EAGAIN || errno == EINTR, "recv");
    }
  }
}

static int receive(int port, int connections, int64_t warm_up_ms, int64_t for_ms) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  const int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const struct timeval patience = {.tv_sec = STALL_MS / 1000};
  setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  check(bind(listener, (struct sockaddr *)&at, sizeof at) == 0, "bind");
  check(listen(listener, connections) == 0, "listen");
  say("ready");
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < connections; i++) {
    const int fd = accept(listener, NULL, NULL);
    check(fd >= 0, "accept");
    watch(epoll, fd, EPOLLIN, (uint32_t)i);
  }
  receive_until(epoll, now_ms() + warm_up_ms);
  memset(received, 0, sizeof received);
  say("counting");
  const double cpu_before = cpu_seconds();
  const int64_t start = now_ms();
  receive_until(epoll, start + for_ms);
  printf("{\"seconds\":%.3f,\"cpuSeconds\":%.6f,\"bytes\":[", (double)(now_ms() - start) / 1e3,
         cpu_seconds() - cpu_before);
  for (int i = 0; i < connections; i++) {
    printf("%s%llu", i == 0 ? "" : ",", (unsigned long long)received[i]);
  }
  printf("]}\n");
  return 0;
}

static int send_all(int port, char **addresses, int count) {
  static const char chunk[CHUNK_BYTES];
  struct epoll_event events[EVENTS];
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < count; i++) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    check(inet_pton(AF_INET, addresses[i], &to.sin_addr) == 1, addresses[i]);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, addresses[i]);
    watch(epoll, fd, EPOLLOUT, (uint32_t)i);
  }
  uint64_t sent = 0;
  for (int open = count; open > 0;) {
    const int ready = epoll_wait(epoll, events, EVENTS, STALL_MS);
    check(ready > 0 || (ready < 0 && errno == EINTR), "nothing can be sent");
    for (int i = 0; i < ready; i++) {
      const int fd = (int)(uint32_t)events[i].data.u64;
      const ssize_t n = send(fd, chunk, CHUNK_BYTES, MSG_DONTWAIT);
      if (n > 0) sent += (uint64_t)n;
      if (n >= 0 || errno == EAGAIN) continue;
      check(errno == ECONNRESET || errno == EPIPE, "send"); // the receiver has enough
      close(fd);
      open--;
    }
  }
  printf("{\"bytes\":%llu,\"cpuSeconds\":%.6f}\n", (unsigned long long)sent, cpu_seconds());
  return 0;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc == 6 && strcmp(argv[1], "receive") == 0) {
    const int connections = atoi(argv[3]);
    if (connections < 1 || connections > CONNECTIONS_MAX) return 2;
    return receive(atoi(argv[2]), connections, atoll(argv[4]), atoll(argv[5]));
  }
  if (argc >= 4 && strcmp(argv[1], "send") == 0) {
    return send_all(atoi(argv[2]), argv + 3, argc - 3);
  }
  fprintf(stderr,
          "usage: bulk receive PORT CONNECTIONS WARM_UP_MS MS | bulk send PORT ADDRESS...\n");
  return 2;
}
