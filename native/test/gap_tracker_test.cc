// What is missing at the receiver: when it is asked for and how often, when it is given up, what
// reordering does to that, and the bounds.
// sources: gap_tracker.cc
#include "../gap_tracker.h"

#include <algorithm>
#include <random>

#include "check.h"

using namespace vnet;

static constexpr uint64_t kMs = 1'000'000;

using Ranges = std::vector<MissingRange>;

static bool isOnly(const Ranges& ranges, uint64_t first, uint16_t count) {
  return ranges.size() == 1 && ranges[0].first == first && ranges[0].count == count;
}

static void tolerance() {
  CASE("a gap is asked for when 3 behind it came, or after 1 ms");
  GapTracker gaps;
  Ranges ask;
  CHECK(gaps.arrived(1, 0) && gaps.firstOpen() == UINT64_MAX && gaps.nextDueNs() == UINT64_MAX);
  CHECK(gaps.arrived(3, 0) && gaps.firstOpen() == 2 && gaps.isOpen(2) && !gaps.isOpen(1));
  CHECK(gaps.nextDueNs() == kMs && gaps.due(0, 20 * kMs, &ask) == 0);
  CHECK(gaps.arrived(4, 100) && gaps.due(100, 20 * kMs, &ask) == 0);
  CHECK(gaps.arrived(5, 200) && gaps.nextDueNs() == 200);
  CHECK(gaps.due(200, 20 * kMs, &ask) == 1 && isOnly(ask, 2, 1));
  CHECK(gaps.due(300, 20 * kMs, &ask) == 0 && ask.empty());
  CHECK(gaps.arrived(2, 20 * kMs) && !gaps.arrived(0, 0));
  CHECK(gaps.repaired() == 1 && gaps.received() == 5 && gaps.lost() == 0);
  CHECK(gaps.firstOpen() == UINT64_MAX && gaps.nextDueNs() == UINT64_MAX);
  CHECK(gaps.arrived(9, 30 * kMs));  // 6, 7, 8: 6 has 3 behind it
  CHECK(gaps.due(30 * kMs, 20 * kMs, &ask) == 1 && isOnly(ask, 6, 1));
  CHECK(gaps.nextDueNs() == 31 * kMs);
  CHECK(gaps.due(31 * kMs, 20 * kMs, &ask) == 1 && isOnly(ask, 7, 2));
  gaps.gone(7);
  gaps.gone(7);
  gaps.gone(1);
  CHECK(gaps.firstOpen() == 6 && gaps.open() == 2 && gaps.lost() == 1);
  CHECK(gaps.arrived(6, 40 * kMs) && gaps.firstOpen() == 8);
  CHECK(gaps.arrived(7, 40 * kMs) && gaps.repaired() == 2);  // late, and still new
}

static void adapts() {
  CASE("waits longer where asking was too early, and less again when it is calm");
  GapTracker gaps;
  Ranges ask;
  uint64_t counter = 1, now = 1000 * kMs;
  gaps.arrived(1, now);
  // How long the tracker waits now; the gap is closed by a late original, or by an answer.
  auto toleranceOf = [&](bool isReordered) {
    gaps.arrived(counter + 10, now);
    uint64_t began = now;
    now = gaps.nextDueNs();
    CHECK(gaps.due(now, 20 * kMs, &ask) == 1 && ask[0].first == counter + 1);
    uint64_t tolerance = now - began;
    now += isReordered ? kMs : 21 * kMs;
    for (uint64_t c = counter + 1; c < counter + 10; c++) CHECK(gaps.arrived(c, now));
    counter += 10;
    now += 30 * kMs;
    return tolerance;
  };
  CHECK(toleranceOf(false) == 0 && toleranceOf(true) == 0);
  CHECK(toleranceOf(true) == 2 * kMs && toleranceOf(true) == 4 * kMs);
  CHECK(toleranceOf(true) == 8 * kMs && toleranceOf(true) == 10 * kMs);
  CHECK(toleranceOf(true) == 10 * kMs && toleranceOf(false) == 10 * kMs);
  now += 1000 * kMs;
  toleranceOf(false);
  CHECK(toleranceOf(false) == 5 * kMs);
  CHECK(!gaps.arrived(counter, now) && toleranceOf(false) == 10 * kMs);  // it came twice
  gaps.arrived(counter + 2, now);
  gaps.gone(counter + 1);
  CHECK(gaps.arrived(counter + 1, now + 100 * kMs));  // it came though it was gone
}

static void credit() {
  CASE("asks for a share of what arrives only; gives up the rest at once");
  GapTracker gaps;
  Ranges ask;
  uint64_t counter = 1, asked = 0;
  for (uint64_t i = 0; i < 20000; i++) {  // each arrives, and another one does not
    gaps.arrived(counter += 2, i * kMs / 10);
    gaps.due(i * kMs / 10, 20 * kMs, &ask);
    for (auto& range : ask) asked += range.count;
  }
  CHECK(asked <= 512 + 20000 / 8 && asked >= 20000 / 8);
  CHECK(gaps.open() < 512 && gaps.lost() > 17000);
}

static std::vector<uint64_t> asksOf(uint64_t rttNs, uint64_t* givenUpNs) {
  GapTracker gaps;
  gaps.arrived(1, kMs);
  gaps.arrived(10, kMs);
  std::vector<uint64_t> asks;
  Ranges ask;
  uint64_t now = kMs;
  while (gaps.open() > 0) {
    CHECK(gaps.nextDueNs() >= now && gaps.nextDueNs() != UINT64_MAX);
    now = gaps.nextDueNs();
    if (gaps.due(now, rttNs, &ask) > 0 && ask[0].first == 2) asks.push_back(now - kMs);
    CHECK(gaps.open() == 0 || gaps.nextDueNs() > now);  // each call gets somewhere
  }
  CHECK(gaps.lost() == 8 && gaps.nextDueNs() == UINT64_MAX);
  *givenUpNs = now - kMs;
  return asks;
}

static void times() {
  CASE("asks at most three times, never too late, and gives up in time");
  using Times = std::vector<uint64_t>;
  uint64_t end;
  CHECK((asksOf(20 * kMs, &end) == Times{0, 27 * kMs, 54 * kMs}) && end == 80 * kMs);
  CHECK((asksOf(0, &end) == Times{0, 2 * kMs, 4 * kMs}) && end == 10 * kMs);
  CHECK((asksOf(60 * kMs, &end) == Times{0, 77 * kMs}) && end == 150 * kMs);
  CHECK((asksOf(100 * kMs, &end) == Times{0}) && end == 150 * kMs);
  CHECK(asksOf(151 * kMs, &end).empty() && end <= kMs);
  CHECK(asksOf(UINT64_MAX, &end).empty() && end <= kMs);
}

static void bounds() {
  CASE("an outage is given up at once; what is open is bounded");
  GapTracker gaps;
  Ranges ask;
  gaps.arrived(1, 0);
  gaps.arrived(2 + 4097, 0);
  CHECK(gaps.open() == 0 && gaps.lost() == 4097 && gaps.nextDueNs() == UINT64_MAX);
  gaps.arrived(UINT64_MAX - 100'000, 0);
  CHECK(gaps.open() == 0 && gaps.arrived(UINT64_MAX - 100'001, 0));  // late, and new

  GapTracker every;  // every second one is missing
  for (uint64_t c = 1; c <= 12000; c += 2) every.arrived(c, 0);
  CHECK(every.open() == GapTracker::kOpenMax && every.lost() == 5999 - GapTracker::kOpenMax);
  std::vector<bool> isAsked(12000);
  size_t calls = 0, asked = 0;
  while (every.nextDueNs() == 0) {
    size_t count = every.due(0, 20 * kMs, &ask);
    CHECK(count <= kMissingRangesMax && ++calls < 100);
    for (auto& range : ask) {
      for (uint64_t c = range.first; c < range.first + range.count; c++) {
        CHECK(!isAsked[c]);
        isAsked[c] = true;
        asked++;
      }
    }
  }
  CHECK(asked == GapTracker::kAsksBurst && calls >= asked / kMissingRangesMax);
  CHECK(every.open() == asked && isAsked[every.firstOpen()]);

  GapTracker behind;  // so far that nobody could tell whether it came before
  for (uint64_t c = 1; c <= 2 + ReplayWindow::kCounters; c++) {
    if (c != 2 && c != 3) behind.arrived(c, 0);
  }
  behind.due(0, 20 * kMs, &ask);
  CHECK(behind.lost() == 1 && behind.firstOpen() == 3 && ask.size() == 1);
}

static void againstAModel() {
  CASE("any order of arrivals: each counter once, open gaps as counted");
  for (uint64_t seed = 1; seed <= 20; seed++) {
    std::mt19937_64 random(seed);
    GapTracker gaps;
    Ranges ask;
    std::vector<bool> came(12000);
    uint64_t top = 1, now = 0;
    for (int i = 0; i < 30000; i++) {
      now += random() % 100'000;
      bool isNew = random() % 3 != 0 && top + 5 < came.size();
      uint64_t back = random() % std::min<uint64_t>(top, 500);
      uint64_t counter = isNew ? top += random() % 4 : top - back;
      bool isFirst = gaps.arrived(counter, now);
      CHECK(isFirst == !came[counter]);
      came[counter] = true;
      CHECK(!gaps.isOpen(counter));
      if (random() % 50 == 0) gaps.gone(1 + random() % top);
      if (gaps.nextDueNs() <= now) gaps.due(now, 5 * kMs, &ask);
      for (auto& range : ask) CHECK(range.first + range.count <= top);
      CHECK((gaps.open() == 0) == (gaps.firstOpen() == UINT64_MAX));
      CHECK(gaps.open() == 0 || !came[gaps.firstOpen()]);
    }
    CHECK(gaps.repaired() > 0 && gaps.lost() > 0);
  }
}

int main() {
  tolerance();
  adapts();
  credit();
  times();
  bounds();
  againstAModel();
  return 0;
}
