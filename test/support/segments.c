/*
 * UDP datagrams handed to the kernel many at once (UDP_SEGMENT, udp(7)), so that a device which
 * takes such super-frames (USO) gets one whole. For end-to-end tests.
 *
 *   segments receive PORT EXPECT             "ready", then {"received", "corrupt"} as JSON
 *   segments send ADDRESS PORT BYTES CALLS   each call 40 datagrams of BYTES and a shorter one
 *
 * A datagram begins with its number (32 bits, network order); the bytes after it follow from it.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

enum { DATAGRAMS_PER_CALL = 41, BYTES_MAX = 1400, LAST_BYTES = 100, SILENCE_MS = 3000 };

static int fail(const char *what) {
  perror(what);
  return 1;
}

static void fill(uint8_t *bytes, size_t length, uint32_t number) {
  uint32_t wire = htonl(number);
  memcpy(bytes, &wire, 4);
  for (size_t i = 4; i < length; i++) bytes[i] = (uint8_t)(number * 31 + i);
}

static int receive_all(int port, long expect) {
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  int buffer = 8 * 1048576;
  if (fd < 0) return fail("socket");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0) return fail("bind");
  printf("ready\n");
  fflush(stdout);
  uint8_t *seen = calloc((size_t)expect, 1);
  long received = 0, corrupt = 0;
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  while (received < expect && poll(&wait, 1, SILENCE_MS) > 0) {
    uint8_t bytes[65536], wanted[65536];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 4) continue;
    uint32_t number;
    memcpy(&number, bytes, 4);
    number = ntohl(number);
    fill(wanted, (size_t)n, number);
    int is_new = number < (uint32_t)expect && !seen[number];
    if (!is_new || memcmp(bytes, wanted, (size_t)n) != 0) {
      corrupt++;
      continue;
    }
    seen[number] = 1;
    received++;
  }
  printf("{\"received\": %ld, \"corrupt\": %ld}\n", received, corrupt);
  return 0;
}

static int send_all(const char *address, const char *port, int bytes, int calls) {
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *to = NULL;
  if (bytes < 4 || bytes > BYTES_MAX || getaddrinfo(address, port, &hints, &to) != 0) return 2;
  int fd = socket(to->ai_family, SOCK_DGRAM, 0);
  if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) != 0) return fail("connect");
  if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &bytes, sizeof bytes) != 0) return fail("UDP_SEGMENT");
  static uint8_t block[DATAGRAMS_PER_CALL * BYTES_MAX];
  uint32_t number = 0;
  for (int call = 0; call < calls; call++) {
    size_t length = 0;
    for (int i = 0; i < DATAGRAMS_PER_CALL; i++) {
      size_t part = i + 1 < DATAGRAMS_PER_CALL || bytes < LAST_BYTES ? (size_t)bytes : LAST_BYTES;
      fill(block + length, part, number++);
      length += part;
    }
    if (send(fd, block, length, 0) != (ssize_t)length) return fail("send");
    usleep(2000); /* 41 datagrams in 2 ms: no test of speed */
  }
  freeaddrinfo(to);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "receive") == 0) {
    return receive_all(atoi(argv[2]), atol(argv[3]));
  }
  if (argc == 6 && strcmp(argv[1], "send") == 0) {
    return send_all(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]));
  }
  fprintf(stderr, "usage: segments receive PORT EXPECT | send ADDRESS PORT BYTES CALLS\n");
  return 2;
}
