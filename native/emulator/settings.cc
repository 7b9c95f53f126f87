// See settings.h.
#include "settings.h"

#include <net/if.h>

#include <charconv>
#include <cmath>

namespace vnet::emulator {

static constexpr double kRateMax = 100e9;   // bits a second
static constexpr double kTimeNsMax = 60e9;  // a minute: farther than any link on earth
static constexpr double kQueueBytesMax = kPipeBytesMax;
static constexpr double kBurstMax = 1e6;  // packets
static constexpr int kMtuMin = 68, kMtuMax = 65521;  // of a TAP device

struct Unit {
  std::string_view name;
  double factor;
};

static constexpr Unit kRateUnits[] = {
    {"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}};
static constexpr Unit kTimeUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
static constexpr Unit kByteUnits[] = {
    {"b", 1}, {"kb", 1e3}, {"mb", 1e6}, {"kib", 1024}, {"mib", 1048576}};
static constexpr Unit kShareUnits[] = {{"%", 0.01}};
static constexpr Unit kNoUnits[] = {{"", 1}};

/** A number from 0 to `max` (after the unit) with one of the units; only 0 may be without. */
template <size_t N>
static bool readQuantity(std::string_view text, const Unit (&units)[N], double max, double* value) {
  double number = 0;
  const char* end = text.data() + text.size();
  auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || !(number >= 0)) return false;
  std::string_view name(rest, static_cast<size_t>(end - rest));
  if (name.empty() && number == 0) return *value = 0, true;
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    *value = number * unit.factor;
    return *value <= max;
  }
  return false;
}

static uint64_t whole(double value) { return static_cast<uint64_t>(std::llround(value)); }

/** One setting of one direction; false if the value does not fit, and `wanted` says what would. */
static bool readPipeKey(std::string_view key, std::string_view value, PipeSettings* pipe,
                        const char** wanted) {
  double number = 0;
  if (key == "rate") {
    *wanted = "a rate up to 100gbit such as 200mbit, or 0 for none";
    if (!readQuantity(value, kRateUnits, kRateMax, &number)) return false;
    if (number > 0 && number < 1000) return false;  // a frame would take minutes
    pipe->rateBitsPerSecond = whole(number);
  } else if (key == "delay" || key == "jitter") {
    *wanted = "a time up to 60s such as 25ms";
    if (!readQuantity(value, kTimeUnits, kTimeNsMax, &number)) return false;
    (key == "delay" ? pipe->delayNs : pipe->jitterNs) = whole(number);
  } else if (key == "loss") {
    *wanted = "a share from 0% to 100% such as 0.1%";
    if (!readQuantity(value, kShareUnits, 1, &number)) return false;
    pipe->lossShare = number;
  } else if (key == "burst") {
    *wanted = "a mean number of packets from 1 on such as 3";
    if (!readQuantity(value, kNoUnits, kBurstMax, &number) || number < 1) return false;
    pipe->lossBurst = number;
  } else {  // queue
    *wanted = "a time such as 50ms, bytes such as 64kib, or 0 for the default";
    bool isTime = readQuantity(value, kTimeUnits, kTimeNsMax, &number);
    if (!isTime && !readQuantity(value, kByteUnits, kQueueBytesMax, &number)) return false;
    pipe->queueNs = isTime ? whole(number) : 0;
    pipe->queueBytes = isTime ? 0 : whole(number);
  }
  return true;
}

static bool isPipeKey(std::string_view key) {
  for (const char* known : {"rate", "delay", "jitter", "loss", "burst", "queue"}) {
    if (key == known) return true;
  }
  return false;
}

static bool isDeviceName(std::string_view name) {
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == "..") return false;
  for (char c : name) {
    if (c <= ' ' || c > '~' || c == '/' || c == ':' || c == '%' || c == '"' || c == '\\') {
      return false;
    }
  }
  return true;
}

static std::string readEnd(const std::string& word, std::string_view value, TapAddress* end) {
  size_t colon = value.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !isDeviceName(value.substr(colon + 1))) {
    return "'" + word + "': wanted NAMESPACE:DEVICE such as /run/netns/x:wan0 or self:wan0";
  }
  std::string_view netns = value.substr(0, colon);
  end->netns = netns == "self" ? "" : netns;
  end->device = value.substr(colon + 1);
  return "";
}

std::vector<std::string> splitWords(std::string_view line) {
  std::vector<std::string> words;
  size_t at = 0;
  for (;;) {
    at = line.find_first_not_of(" \t\r", at);
    if (at == std::string_view::npos || line[at] == '#') return words;
    size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.emplace_back(line.substr(at, end - at));
    at = end;
  }
}

bool isLinkName(const std::string& text) {
  static constexpr std::string_view kExtra = "._:-";
  if (text.empty() || text.size() > 64) return false;
  for (char c : text) {
    bool isPlain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!isPlain && kExtra.find(c) == std::string_view::npos) return false;
  }
  return true;
}

/** Reads one word in the pass it belongs to: 0 = both directions, 1 = one. */
static std::string readWord(const std::string& word, int pass, bool isNew, LinkSettings* settings) {
  size_t equals = word.find('=');
  if (equals == std::string::npos) return "'" + word + "': wanted KEY=VALUE";
  std::string_view key = std::string_view(word).substr(0, equals);
  std::string_view value = std::string_view(word).substr(equals + 1);
  if (key == "a" || key == "b" || key == "mtu") {
    if (!isNew) return "'" + word + "': cannot change on a link that exists; remove and add it";
    if (pass != 0) return "";
    if (key != "mtu") return readEnd(word, value, &settings->ends[key == "b"]);
    const char* last = value.data() + value.size();
    auto [rest, failure] = std::from_chars(value.data(), last, settings->mtu);
    bool isWhole = failure == std::errc() && rest == last;
    if (isWhole && settings->mtu >= kMtuMin && settings->mtu <= kMtuMax) return "";
    return "'" + word + "': wanted an MTU from 68 to 65521";
  }
  int side = key.ends_with("-ab") ? 0 : key.ends_with("-ba") ? 1 : -1;
  if (side >= 0) key.remove_suffix(3);
  if (!isPipeKey(key)) {
    return "'" + word + "': no such key; there are rate, delay, jitter, loss, burst, queue" +
           (isNew ? ", a, b, mtu" : "") + "; the first six also with -ab or -ba";
  }
  if ((side >= 0) != (pass == 1)) return "";
  const char* wanted = "";
  for (int i = 0; i < 2; i++) {
    if (side >= 0 && side != i) continue;
    if (!readPipeKey(key, value, &settings->pipes[i], &wanted)) {
      return "'" + word + "': wanted " + wanted;
    }
  }
  return "";
}

std::string readSettings(const std::vector<std::string>& words, size_t first, bool isNew,
                         LinkSettings* settings) {
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = first; i < words.size(); i++) {
      std::string error = readWord(words[i], pass, isNew, settings);
      if (!error.empty()) return error;
    }
  }
  for (const PipeSettings& pipe : settings->pipes) {
    if (pipe.jitterNs > pipe.delayNs) return "the jitter must not be larger than the delay";
  }
  if (!isNew) return "";
  for (const TapAddress& end : settings->ends) {
    if (end.device.empty()) return "wanted both ends: a=NAMESPACE:DEVICE b=NAMESPACE:DEVICE";
  }
  return "";
}

}  // namespace vnet::emulator
