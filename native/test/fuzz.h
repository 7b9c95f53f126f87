// The driver of the fuzz targets where libFuzzer is missing: random changes of the target's seeds.
// A target defines LLVMFuzzerTestOneInput and fuzzSeeds; it is built either way by
// scripts/fuzz-native, which also stores the seeds as libFuzzer's first corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

using Bytes = std::vector<uint8_t>;

/** Inputs to start from. */
std::vector<Bytes> fuzzSeeds();

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#ifndef VNET_LIBFUZZER
inline void mutate(Bytes& bytes, std::mt19937_64& random) {
  for (uint64_t changes = random() % 6; changes > 0 && !bytes.empty(); changes--) {
    size_t at = random() % bytes.size();
    switch (random() % 6) {
      case 0:
        bytes[at] = static_cast<uint8_t>(random());
        break;
      case 1:
        bytes[at] ^= static_cast<uint8_t>(1u << random() % 8);
        break;
      case 2:
        bytes[at] = random() % 2 ? 0 : 0xff;
        break;
      case 3:
        bytes.resize(at);
        break;
      case 4:
        bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), random() % 40, 0);
        break;
      case 5:
        bytes.resize(bytes.size() + random() % 2000, static_cast<uint8_t>(random()));
        break;
    }
  }
}

/** FUZZER RUNS SEED | FUZZER --seeds FOLDER. A failure is replayed by the seed it prints. */
int main(int count, char** words) {
  std::vector<Bytes> seeds = fuzzSeeds();
  if (count > 2 && std::string(words[1]) == "--seeds") {
    for (size_t i = 0; i < seeds.size(); i++) {
      FILE* file = fopen((std::string(words[2]) + "/seed" + std::to_string(i)).c_str(), "wb");
      if (!file) return 1;
      fwrite(seeds[i].data(), 1, seeds[i].size(), file);
      fclose(file);
    }
    return 0;
  }
  uint64_t runs = count > 1 ? strtoull(words[1], nullptr, 10) : 100000;
  uint64_t seed = count > 2 ? strtoull(words[2], nullptr, 10) : std::random_device()();
  fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (uint64_t i = 0; i < runs; i++) {
    Bytes bytes = seeds[random() % seeds.size()];
    mutate(bytes, random);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  return 0;
}
#endif
