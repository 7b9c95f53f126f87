// Round-trip time of a path from samples: smoothed, the least of late, and whether a queue stands
// on the path. No clock: time is an argument, ns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace vnet {

class RttMeter {
 public:
  /** The minimum is that of the last 10 s. */
  static constexpr size_t kSlices = 10;
  static constexpr uint64_t kSliceNs = 1'000'000'000;
  /** What a sample may exceed the minimum by on an empty path: busy processors, slow wake-ups. */
  static constexpr uint64_t kNoiseNs = 4'000'000;

  void sample(uint64_t rttNs, uint64_t nowNs) {
    before_ = smoothed_ == 0 ? rttNs : latest_;
    samples_++;
    latest_ = rttNs;
    // RFC 6298 section 2, beta = 1/4, from 0 instead of half the first sample
    uint64_t off = smoothed_ > rttNs ? smoothed_ - rttNs : rttNs - smoothed_;
    if (smoothed_ != 0) deviation_ = deviation_ - deviation_ / 4 + off / 4;
    // RFC 6298 section 2, alpha = 1/8
    smoothed_ = smoothed_ == 0 ? rttNs : smoothed_ - smoothed_ / 8 + rttNs / 8;
    smoothed_ = std::max<uint64_t>(smoothed_, 1);
    uint64_t second = nowNs / kSliceNs;
    Slice& slice = slices_[second % kSlices];
    if (slice.second != second) slice = {second, UINT64_MAX};
    slice.min = std::min(slice.min, rttNs);
    min_ = UINT64_MAX;
    for (const Slice& s : slices_) {
      if (s.second + kSlices > second) min_ = std::min(min_, s.min);
    }
  }

  /** All of these are 0 until there is a sample. */
  uint64_t latestNs() const { return latest_; }
  uint64_t smoothedNs() const { return smoothed_; }
  uint64_t minNs() const { return min_; }
  /** Mean deviation from the smoothed one. */
  uint64_t deviationNs() const { return deviation_; }
  uint64_t samples() const { return samples_; }

  /** The last two samples, not only one, are clearly above the minimum. */
  bool isQueueing() const {
    return std::min(latest_, before_) > min_ + std::max(kNoiseNs, min_ / 2);
  }

 private:
  struct Slice {
    uint64_t second = 0;
    uint64_t min = UINT64_MAX;
  };
  Slice slices_[kSlices];
  uint64_t latest_ = 0, before_ = 0, smoothed_ = 0, deviation_ = 0, min_ = 0,
           samples_ = 0;
};

}  // namespace vnet
