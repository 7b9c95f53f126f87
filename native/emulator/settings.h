// The words of a command: `rate=200mbit delay-ab=25ms a=/run/netns/x:wan0` read into settings of a
// link. Pure text. Errors come back as text, empty on success.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipe.h"

namespace vnet::emulator {

/** Where a link ends: a device to make, and the namespace to make it in (empty = this one). */
struct TapAddress {
  std::string netns;
  std::string device;
};

struct LinkSettings {
  TapAddress ends[2];     // a, b
  PipeSettings pipes[2];  // a to b, b to a
  int mtu = 1500;
};

/** The words of a line, without those after a `#` at the start of a word. */
std::vector<std::string> splitWords(std::string_view line);
/** Whether the text can name a link: 1 to 64 of letters, digits and `._:-`. */
bool isLinkName(const std::string& text);
/**
 * Reads `KEY=VALUE` words from `first` on into `settings`. Keys for both directions come before
 * those for one (`rate-ab`), whatever their order. `isNew`: the ends and the MTU may be given, and
 * the ends must be.
 */
std::string readSettings(const std::vector<std::string>& words, size_t first, bool isNew,
                         LinkSettings* settings);

}  // namespace vnet::emulator
