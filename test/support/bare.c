// Turns off what a device does for its sender (checksums, segmentation), so that the kernel does
// it before frames leave there: a wire, for end-to-end tests.
//
//   bare DEVICE

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: bare DEVICE\n");
    return 2;
  }
  // Without checksums and scatter-gather there is no segmentation of any kind either.
  const unsigned commands[] = {ETHTOOL_SGRO, ETHTOOL_SGSO, ETHTOOL_STSO, ETHTOOL_SSG,
                               ETHTOOL_STXCSUM};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    struct ethtool_value value = {.cmd = commands[i], .data = 0};
    struct ifreq request = {.ifr_data = (void *)&value};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", argv[1]);
    if (ioctl(fd, SIOCETHTOOL, &request) < 0) {
      fprintf(stderr, "bare: %s: %s\n", argv[1], strerror(errno));
      return 1;
    }
  }
  return 0;
}
