// What bsp.c knows and how it begins: the plan that it reads, the other guests, the contents of
// messages, the connections.

#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { GUESTS_MAX = 64, SIZE_MAX_BYTES = 64 << 20, CONNECT_S = 15 };
enum kind { MESSAGE = 1, ARRIVED, GO_ON, ENOUGH };

struct header {
  uint32_t kind, iteration, source, bytes;
};

struct peer {
  int fd; // -1: no connection with this guest
  struct in_addr address;
  int is_known, is_source;
  uint32_t arrivals;      // at the barrier, so far
  uint8_t *out;           // header and content of the message to it
  struct header control;  // of the barrier
  const uint8_t *pending; // what is on its way to it
  size_t pending_left;
  struct header head; // of what comes in
  size_t head_done;
  uint8_t *in;
  size_t in_done;
  int is_received, is_sent;
};

static struct peer peers[GUESTS_MAX];
static struct {
  int guest, guests, port, iterations, in_flight, is_flow, stall_ms;
  uint32_t seed, bytes;
  int64_t reads, flops, writes; // per element of 8 bytes
  int send_to[GUESTS_MAX], sends, receives;
} plan = {.in_flight = GUESTS_MAX, .stall_ms = 20000};
static uint32_t iteration, due_iteration, release_kind, received_hash;
static int received, sent, begun; // messages of this iteration

static _Noreturn void fail(const char *format, ...) {
  va_list words;
  va_start(words, format);
  fprintf(stderr, "guest %d, iteration %u: ", plan.guest, iteration);
  vfprintf(stderr, format, words);
  fputc('\n', stderr);
  exit(1);
}

static void check(int is_good, const char *what) {
  if (!is_good) fail("%s: %s", what, strerror(errno));
}

static int64_t clock_us(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static int64_t now_us(void) {
  return clock_us(CLOCK_MONOTONIC);
}

// Contents: content.ts says what they are.

static uint32_t mix(uint32_t word) {
  word = (word ^ word >> 16) * 0x85ebca6bu;
  word = (word ^ word >> 13) * 0xc2b2ae35u;
  return word ^ word >> 16;
}

static uint32_t fold(uint32_t hash, uint32_t word) {
  const uint32_t mixed = hash ^ word;
  return (mixed << 5 | mixed >> 27) * 0x9e3779b9u;
}

static void fill(uint8_t *content, uint32_t source, uint32_t destination) {
  const uint32_t key = mix(mix(mix(mix(plan.seed) + iteration) + source) + destination);
  for (uint32_t word = 0; word < plan.bytes / 4; word++) {
    const uint32_t value = mix(key + word * 0x9e3779b9u);
    memcpy(content + word * 4, &value, 4);
  }
}

static uint32_t hash_of(const uint8_t *content) {
  uint32_t hash = 0;
  for (uint32_t at = 0; at < plan.bytes; at += 4) {
    uint32_t word;
    memcpy(&word, content + at, 4);
    hash = fold(hash, word);
  }
  return hash;
}

// Plan.

static struct peer *peer_of(int guest) {
  if (guest < 0 || guest >= plan.guests || guest == plan.guest) fail("no guest %d", guest);
  return &peers[guest];
}

/** Reads a line of the plan; 0: it was the last. */
static int read_line(char *line) {
  long long a = 0, b = 0, c = 0;
  char address[64];
  if (sscanf(line, "guest %lld of %lld", &a, &b) == 2 && a >= 0 && a < b && b <= GUESTS_MAX) {
    plan.guest = (int)a;
    plan.guests = (int)b;
  } else if (sscanf(line, "port %lld", &a) == 1) {
    plan.port = (int)a;
  } else if (sscanf(line, "seed %lld", &a) == 1) {
    plan.seed = (uint32_t)a;
  } else if (sscanf(line, "bytes %lld", &a) == 1 && a > 0 && a <= SIZE_MAX_BYTES && a % 8 == 0) {
    plan.bytes = (uint32_t)a;
  } else if (sscanf(line, "iterations %lld", &a) == 1 && a > 0) {
    plan.iterations = (int)a;
  } else if (sscanf(line, "work %lld %lld %lld", &a, &b, &c) == 3) {
    plan.reads = a, plan.flops = b, plan.writes = c;
  } else if (sscanf(line, "in-flight %lld", &a) == 1 && a > 0) {
    plan.in_flight = (int)a;
  } else if (sscanf(line, "flow %lld", &a) == 1) {
    plan.is_flow = a != 0;
  } else if (sscanf(line, "stall %lld ms", &a) == 1 && a > 0) {
    plan.stall_ms = (int)a;
  } else if (sscanf(line, "peer %lld %63s", &a, address) == 2) {
    struct peer *peer = peer_of((int)a);
    peer->is_known = 1;
    if (inet_pton(AF_INET, address, &peer->address) != 1) fail("no address: %s", address);
  } else if (sscanf(line, "send %lld", &a) == 1 && plan.sends < GUESTS_MAX) {
    struct peer *peer = peer_of((int)a);
    plan.send_to[plan.sends++] = (int)a;
    if (!peer->out) peer->out = malloc(sizeof(struct header) + plan.bytes);
    check(peer->out != NULL, "malloc");
  } else if (sscanf(line, "receive %lld", &a) == 1) {
    struct peer *peer = peer_of((int)a);
    plan.receives += !peer->is_source;
    peer->is_source = 1;
    if (!peer->in) peer->in = malloc(plan.bytes);
    check(peer->in != NULL, "malloc");
  } else if (strcmp(line, "end\n") == 0) {
    return 0;
  } else {
    fail("in the plan: %s", line);
  }
  return 1;
}

/** A line of standard input, read byte by byte: what comes behind it stays there. */
static int next_line(char *line, size_t room) {
  size_t length = 0;
  while (length + 1 < room && read(0, line + length, 1) == 1) {
    if (line[length++] == '\n') break;
  }
  line[length] = 0;
  return length > 0;
}

static void read_plan(void) {
  char line[256];
  for (int i = 0; i < GUESTS_MAX; i++) peers[i].fd = -1;
  do {
    if (!next_line(line, sizeof line)) fail("the plan has no end");
  } while (read_line(line));
  if (plan.bytes == 0 || plan.iterations == 0 || plan.port == 0) fail("the plan is not whole");
}

// Connections: each pair of guests that talk has one, for both directions.

static void set_options(int fd) {
  const int on = 1;
  check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
  check(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) == 0, "TCP_CONGESTION");
}

static int start_listening(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)plan.port)};
  const int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  check(bind(listener, (struct sockaddr *)&at, sizeof at) == 0, "bind");
  check(listen(listener, GUESTS_MAX) == 0, "listen");
  return listener;
}

static void limit_time(int fd) {
  const struct timeval limit = {.tv_sec = CONNECT_S};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit); // holds for connect as well
}

static void connect_to(int guest) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)plan.port)};
  to.sin_addr = peers[guest].address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  limit_time(fd);
  set_options(fd);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
    fail("cannot connect to guest %d: %s", guest, strerror(errno));
  }
  const uint32_t who = (uint32_t)plan.guest;
  check(send(fd, &who, sizeof who, MSG_NOSIGNAL) == sizeof who, "send");
  peers[guest].fd = fd;
}

static void accept_one(int listener) {
  uint32_t who;
  limit_time(listener);
  const int fd = accept(listener, NULL, NULL);
  if (fd < 0) fail("not all guests have connected within %d s", CONNECT_S);
  limit_time(fd);
  set_options(fd);
  check(recv(fd, &who, sizeof who, MSG_WAITALL) == sizeof who, "recv");
  if (who >= GUESTS_MAX || !peers[who].is_known || peers[who].fd >= 0) fail("a stranger came");
  peers[who].fd = fd;
}

/** The greater number dials. */
static void connect_all(int listener) {
  for (int guest = 0; guest < plan.guest; guest++) {
    if (peers[guest].is_known) connect_to(guest);
  }
  int missing = 0;
  for (int guest = plan.guest + 1; guest < plan.guests; guest++) missing += peers[guest].is_known;
  for (; missing > 0; missing--) accept_one(listener);
  close(listener);
  for (int guest = 0; guest < plan.guests; guest++) {
    if (peers[guest].fd >= 0) check(fcntl(peers[guest].fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
  }
}
