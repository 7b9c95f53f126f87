// What the service manager is told (sd_notify(3)).
#pragma once

#include <string>

namespace vnet {

/**
 * Sends one datagram to the socket that the service manager named (NOTIFY_SOCKET). False: there is
 * none, or it does not take it.
 */
bool sdNotify(const std::string& path, const std::string& state);

}  // namespace vnet
