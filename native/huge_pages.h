// Memory of large tables, in huge pages where the kernel has them: a look-up at random then misses
// the cache, but not the TLB as well (Documentation/admin-guide/mm/transhuge.rst).
#pragma once

#include <stdlib.h>
#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace vnet {

constexpr size_t kHugePageBytes = 2 * 1048576;

/** For containers. Below the size of a huge page it is as any other. */
template <class T>
struct HugePageAllocator {
  using value_type = T;
  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}

  static bool isHuge(size_t count) { return count * sizeof(T) >= kHugePageBytes; }

  T* allocate(size_t count) {
    size_t alignment = isHuge(count) ? kHugePageBytes : alignof(T) < 64 ? 64 : alignof(T);
    size_t bytes = (count * sizeof(T) + alignment - 1) / alignment * alignment;
    void* memory = aligned_alloc(alignment, bytes);
    if (!memory) throw std::bad_alloc();
    if (isHuge(count)) madvise(memory, bytes, MADV_HUGEPAGE);  // advice: a refusal is no failure
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t) { free(memory); }

  bool operator==(const HugePageAllocator&) const { return true; }
};

}  // namespace vnet
