// The TAP device at one end of an emulated link: made inside its namespace, without a virtio-net
// header, so that the kernel cuts and checksums everything and each read is one packet of the wire.
#pragma once

#include <string>

#include "settings.h"

namespace vnet::emulator {

/**
 * Makes the device, which must not exist, and sets it up; it goes away with the descriptor.
 * @returns an error, empty on success.
 */
std::string openTap(const TapAddress& address, int mtu, int* fd);

}  // namespace vnet::emulator
