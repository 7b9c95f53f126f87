// See tap_pair.h; Documentation/networking/tuntap.rst.
#include "tap_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../device.h"

namespace vnet::emulator {

// Frames between the sender's stack and this program: what comes while it is kept from running.
// The queue of the link itself is in the pipe. 1 Gbit/s for 48 ms.
static constexpr int kTxQueueFrames = 4000;

std::string openTap(const TapAddress& address, int mtu, int* fd) {
  NetnsScope scope(address.netns);
  if (!scope.error().empty()) return scope.error();
  *fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (*fd < 0) return errnoText("cannot open", "/dev/net/tun");
  ifreq request{};
  memcpy(request.ifr_name, address.device.c_str(), address.device.size());
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL);
  std::string error;
  if (ioctl(*fd, TUNSETIFF, &request) != 0) error = errnoText("cannot make", address.device);
  if (error.empty()) error = setTxQueueLength(address.device, kTxQueueFrames);
  if (error.empty()) error = setMtu(address.device, mtu);
  if (error.empty()) error = setUp(address.device);
  if (error.empty()) return "";
  close(*fd);
  *fd = -1;
  return error;
}

}  // namespace vnet::emulator
