// Small requests and answers over TCP connections that stay: what an interactive guest does beside
// a bulk transfer.
//
//   talk serve PORT                                              until SIGTERM
//   talk ask ADDRESS PORT CLIENTS INTERVAL_US MILLISECONDS
//
// A client asks again an interval after its last question, or as soon as that is answered where it
// takes longer. `ask` prints one JSON object with the time to each answer; a question that stays
// open at the end counts with the time that it waited. `serve` prints "ready".

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_BYTES = 64, ANSWER_BYTES = 512, CLIENTS_MAX = 100, SAMPLES_MAX = 1000000 };

static void check(int is_good, const char *what) {
  if (is_good) return;
  fprintf(stderr, "talk: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void set_no_delay(int fd) {
  const int on = 1;
  check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
}

/** Answers as many requests as have come whole; `held` bytes of one may remain. False: the end. */
static int answer(int fd, size_t *held) {
  static char bytes[65536];
  const ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return 0;
  if (got > 0) *held += (size_t)got;
  for (; *held >= REQUEST_BYTES; *held -= REQUEST_BYTES) {
    if (send(fd, bytes, ANSWER_BYTES, MSG_NOSIGNAL) != ANSWER_BYTES) return 0;
  }
  return 1;
}

static _Noreturn void serve(int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  const int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  check(bind(listener, (struct sockaddr *)&at, sizeof at) == 0, "bind");
  check(listen(listener, CLIENTS_MAX) == 0, "listen");
  printf("ready\n");
  fflush(stdout);
  struct pollfd watched[CLIENTS_MAX + 1] = {{.fd = listener, .events = POLLIN}};
  size_t held[CLIENTS_MAX + 1] = {0};
  nfds_t count = 1;
  for (;;) {
    check(poll(watched, count, -1) >= 0, "poll");
    for (nfds_t i = count - 1; i > 0; i--) {
      if (watched[i].revents == 0 || answer(watched[i].fd, &held[i])) continue;
      close(watched[i].fd);
      watched[i] = watched[--count];
      held[i] = held[count];
    }
    if (watched[0].revents == 0) continue;
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    if (count > CLIENTS_MAX) {
      close(fd);
      continue;
    }
    set_no_delay(fd);
    watched[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    held[count++] = 0;
  }
}

struct client {
  int64_t next_ns;  // when it asks again
  int64_t asked_ns; // 0: no question is open
  size_t missing;   // bytes of the answer
};

static int64_t samples_ns[SAMPLES_MAX];
static size_t sample_count;

static void keep(int64_t ns) {
  if (sample_count < SAMPLES_MAX) samples_ns[sample_count++] = ns;
}

static void ask_one(int fd, struct client *client, int64_t now) {
  static const char request[REQUEST_BYTES];
  check(send(fd, request, sizeof request, MSG_NOSIGNAL) == sizeof request, "send");
  client->asked_ns = now;
  client->missing = ANSWER_BYTES;
}

static void hear_one(int fd, struct client *client, int64_t interval_ns) {
  char bytes[ANSWER_BYTES];
  const ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  check(got > 0 || (got < 0 && errno == EAGAIN), "recv");
  if (got > 0) client->missing -= (size_t)got;
  if (client->missing > 0 || client->asked_ns == 0) return;
  const int64_t now = now_ns();
  keep(now - client->asked_ns);
  client->next_ns = client->asked_ns + interval_ns;
  if (client->next_ns < now) client->next_ns = now;
  client->asked_ns = 0;
}

static int ask(const struct sockaddr_in *to, int count, int64_t interval_ns, int64_t for_ns) {
  struct pollfd watched[CLIENTS_MAX];
  struct client clients[CLIENTS_MAX];
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  for (int i = 0; i < count; i++) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(connect(fd, (const struct sockaddr *)to, sizeof *to) == 0, "connect");
    set_no_delay(fd);
    watched[i] = (struct pollfd){.fd = fd, .events = POLLIN};
  }
  const int64_t start = now_ns(), end = start + for_ns;
  for (int i = 0; i < count; i++) { // spread over the interval
    clients[i] = (struct client){.next_ns = start + interval_ns * i / count};
  }
  for (int64_t now = start; now < end; now = now_ns()) {
    int64_t wake = end;
    for (int i = 0; i < count; i++) {
      struct client *client = &clients[i];
      if (client->asked_ns == 0 && client->next_ns <= now) ask_one(watched[i].fd, client, now);
      if (client->asked_ns == 0 && client->next_ns < wake) wake = client->next_ns;
    }
    const int64_t wait = wake > now ? wake - now : 0;
    struct timespec timeout = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
    check(ppoll(watched, (nfds_t)count, &timeout, NULL) >= 0, "poll");
    for (int i = 0; i < count; i++) {
      if (watched[i].revents != 0) hear_one(watched[i].fd, &clients[i], interval_ns);
    }
  }
  for (int i = 0; i < count; i++) {
    if (clients[i].asked_ns != 0) keep(now_ns() - clients[i].asked_ns);
  }
  printf("{\"answeredUs\":[");
  for (size_t i = 0; i < sample_count; i++) {
    printf("%s%.1f", i == 0 ? "" : ",", (double)samples_ns[i] / 1e3);
  }
  printf("]}\n");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "serve") == 0) serve(atoi(argv[2]));
  if (argc == 7 && strcmp(argv[1], "ask") == 0) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
    check(inet_pton(AF_INET, argv[2], &to.sin_addr) == 1, argv[2]);
    const int clients = atoi(argv[4]);
    if (clients >= 1 && clients <= CLIENTS_MAX) {
      return ask(&to, clients, atoll(argv[5]) * 1000, atoll(argv[6]) * 1000000);
    }
  }
  fprintf(stderr, "usage: talk serve PORT | talk ask ADDRESS PORT CLIENTS INTERVAL_US MS\n");
  return 2;
}
