// TAP over plain TCP, the ceiling that encryption is compared with: the same means as our data
// plane (virtio-net header, GSO frames, batches, a thread a direction), but no encryption and no
// switching.
//
//   plain-tap DEVICE listen|dial ADDRESS PORT          until SIGTERM
//
// On the wire: length (4 bytes, host order), virtio-net header (10 bytes) and frame.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH_BYTES = 65536, FRAME_BYTES_MAX = 70000, BUFFER_BYTES = 262144 };
/** What may wait in the socket, as with ours: a standing queue is latency. Then `send` waits. */
enum { NOTSENT_BYTES = 131072 };

static int tap_fd, link_fd;

static void check(int is_good, const char *what) {
  if (is_good) return;
  perror(what);
  exit(1);
}

static void open_tap(const char *device) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
  strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  tap_fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  check(tap_fd >= 0, "/dev/net/tun");
  check(ioctl(tap_fd, TUNSETIFF, &request) == 0, device);
  check(ioctl(tap_fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) == 0, "offload");
}

static void connect_link(int is_listener, const char *address, const char *port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  check(inet_pton(AF_INET, address, &to.sin_addr) == 1, address);
  const int on = 1, unsent = NOTSENT_BYTES;
  if (is_listener) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    check(bind(listener, (struct sockaddr *)&to, sizeof to) == 0, "bind");
    check(listen(listener, 1) == 0, "listen");
    link_fd = accept(listener, NULL, NULL);
  } else {
    for (int attempt = 0; attempt < 100; attempt++) { // until the other end listens
      link_fd = socket(AF_INET, SOCK_STREAM, 0);
      if (connect(link_fd, (struct sockaddr *)&to, sizeof to) == 0) break;
      close(link_fd);
      link_fd = -1;
      usleep(50000);
    }
  }
  check(link_fd >= 0, "link");
  setsockopt(link_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(link_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

/** Link to TAP. */
static void *receive(void *unused) {
  static uint8_t buffer[BUFFER_BYTES];
  size_t held = 0;
  for (;;) {
    const ssize_t got = recv(link_fd, buffer + held, sizeof buffer - held, 0);
    if (got <= 0) exit(0); // the other end is gone
    held += (size_t)got;
    size_t at = 0;
    for (uint32_t length; held - at >= sizeof length; at += sizeof length + length) {
      memcpy(&length, buffer + at, sizeof length);
      check(length <= FRAME_BYTES_MAX, "frame");
      if (held - at < sizeof length + length) break;
      // A refused frame is lost, as on any network.
      if (write(tap_fd, buffer + at + sizeof length, length) < 0 && errno == EBADF) exit(1);
    }
    held -= at;
    memmove(buffer, buffer + at, held);
  }
  return unused;
}

/** TAP to link: all that is ready in one write. */
static void send_frames(void) {
  static uint8_t buffer[BATCH_BYTES + FRAME_BYTES_MAX + 4];
  struct pollfd ready = {.fd = tap_fd, .events = POLLIN};
  for (;;) {
    size_t held = 0;
    while (held < BATCH_BYTES) {
      const ssize_t got = read(tap_fd, buffer + held + 4, FRAME_BYTES_MAX);
      if (got <= 0) break;
      const uint32_t length = (uint32_t)got;
      memcpy(buffer + held, &length, sizeof length);
      held += sizeof length + length;
    }
    if (held == 0) poll(&ready, 1, -1);
    for (size_t at = 0; at < held;) {
      const ssize_t sent = send(link_fd, buffer + at, held - at, MSG_NOSIGNAL);
      if (sent < 0) exit(0);
      at += (size_t)sent;
    }
  }
}

int main(int count, char **words) {
  if (count != 5) {
    fprintf(stderr, "usage: plain-tap DEVICE listen|dial ADDRESS PORT\n");
    return 2;
  }
  open_tap(words[1]);
  connect_link(strcmp(words[2], "listen") == 0, words[3], words[4]);
  pthread_t receiver;
  check(pthread_create(&receiver, NULL, receive, NULL) == 0, "thread");
  send_frames();
}
