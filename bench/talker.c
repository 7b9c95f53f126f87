// A guest that talks to others as a schedule says: UDP datagrams at an even rate to each.
//
//   talker PORT DATAGRAM_BYTES
//
// Reads lines `AT_US RATE ADDRESS...` in order of time: from AT_US on (real-time clock, us since
// 1970), RATE bytes a second of payload go to each address and to nobody else; none: silence.
// Prints "ready", and "sent US" with the time of the first datagram of each line that has
// addresses. What others send is read and thrown away. Ends with its standard input.

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

enum { PEERS_MAX = 64, LINES_MAX = 4096, LINE_BYTES_MAX = 2048, DATAGRAM_BYTES_MAX = 9000 };

struct line {
  int64_t at_us;
  double rate;
  int peers;
  struct sockaddr_in to[PEERS_MAX];
};

static struct line *lines[LINES_MAX];
static size_t first_line, line_count;

static void check(int is_good, const char *what) {
  if (is_good) return;
  fprintf(stderr, "talker: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void parse_line(char *text, int port) {
  char *rest = NULL;
  const char *at = strtok_r(text, " ", &rest), *rate = strtok_r(NULL, " ", &rest);
  struct line *line = calloc(1, sizeof *line);
  errno = EINVAL;
  check(at && rate && line && line_count < LINES_MAX, "a line of the schedule");
  line->at_us = strtoll(at, NULL, 10);
  line->rate = strtod(rate, NULL);
  for (char *address; (address = strtok_r(NULL, " ", &rest));) {
    errno = EINVAL;
    check(line->peers < PEERS_MAX, "addresses of a line");
    struct sockaddr_in *to = &line->to[line->peers++];
    to->sin_family = AF_INET;
    to->sin_port = htons((uint16_t)port);
    check(inet_pton(AF_INET, address, &to->sin_addr) == 1, address);
  }
  lines[(first_line + line_count++) % LINES_MAX] = line;
}

/** Takes in what is on standard input; 0: it has ended. */
static int read_schedule(int port) {
  static char held[LINE_BYTES_MAX];
  static size_t length;
  const ssize_t got = read(0, held + length, sizeof held - 1 - length);
  if (got <= 0) return 0;
  length += (size_t)got;
  held[length] = 0;
  char *start = held;
  for (char *end; (end = strchr(start, '\n')); start = end + 1) {
    *end = 0;
    parse_line(start, port);
  }
  length -= (size_t)(start - held);
  errno = EINVAL;
  check(length < sizeof held - 1, "a line is too long");
  memmove(held, start, length);
  return 1;
}

int main(int count, char **words) {
  if (count != 3) {
    fprintf(stderr, "usage: talker PORT DATAGRAM_BYTES\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_TIMERSLACK, 1000UL);
  const int port = atoi(words[1]), bytes = atoi(words[2]);
  errno = EINVAL;
  check(bytes > 0 && bytes <= DATAGRAM_BYTES_MAX, "DATAGRAM_BYTES");
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  check(bind(fd, (struct sockaddr *)&own, sizeof own) == 0, "bind");
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready\n");

  static char payload[DATAGRAM_BYTES_MAX], drain[65536];
  struct line *now = NULL;
  int is_told = 1;
  int64_t due_us[PEERS_MAX];
  for (;;) {
    const int64_t time_us = now_us();
    if (line_count > 0 && lines[first_line]->at_us <= time_us) {
      free(now);
      now = lines[first_line];
      first_line = (first_line + 1) % LINES_MAX;
      line_count--;
      is_told = now->peers == 0;
      for (int i = 0; i < now->peers; i++) due_us[i] = now->at_us;
      continue;
    }
    int64_t next_us = line_count > 0 ? lines[first_line]->at_us : time_us + 1000000;
    for (int i = 0; now && i < now->peers; i++) {
      if (due_us[i] <= time_us) {
        sendto(fd, payload, (size_t)bytes, 0, (struct sockaddr *)&now->to[i], sizeof now->to[i]);
        if (!is_told) printf("sent %lld\n", (long long)now_us());
        is_told = 1;
        due_us[i] += (int64_t)(bytes * 1e6 / now->rate);
        // After a pause of the machine: no burst that nobody asked for.
        if (due_us[i] < time_us - 20000) due_us[i] = time_us;
      }
      if (due_us[i] < next_us) next_us = due_us[i];
    }
    struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    const int64_t wait_us = next_us > time_us ? next_us - time_us : 0;
    const struct timespec wait = {wait_us / 1000000, (wait_us % 1000000) * 1000};
    if (ppoll(fds, 2, &wait, NULL) <= 0) continue;
    if (fds[1].revents) {
      while (recv(fd, drain, sizeof drain, 0) > 0) continue;
    }
    if (fds[0].revents && !read_schedule(port)) return 0;
  }
}
