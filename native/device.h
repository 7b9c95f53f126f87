// Small calls on network devices that TAP and packet ports share: network namespaces, MTU, MAC, up.
// Errors come back as text, empty on success.
#pragma once

#include <cstdint>
#include <string>

namespace vnet {

/** Puts the calling thread into another network namespace for the life of the object. */
class NetnsScope {
 public:
  /** An empty path: nothing happens. */
  explicit NetnsScope(const std::string& path);
  ~NetnsScope();
  NetnsScope(const NetnsScope&) = delete;
  NetnsScope& operator=(const NetnsScope&) = delete;
  const std::string& error() const { return error_; }

 private:
  int before_ = -1;
  std::string error_;
};

std::string errnoText(const char* what, const std::string& device);
std::string setMtu(const std::string& device, int mtu);
std::string getMtu(const std::string& device, int* mtu);
std::string setMac(const std::string& device, uint64_t mac);
std::string getMac(const std::string& device, uint64_t* mac);
std::string setUp(const std::string& device);
std::string setTxQueueLength(const std::string& device, int frames);
std::string getIndex(const std::string& device, int* index);

}  // namespace vnet
