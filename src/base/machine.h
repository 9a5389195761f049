// What this process may use of the machine: processors, memory, caches. Read from affinity,
// cgroup v1 or v2 and the system, never from the host alone.

#pragma once

#include <cstddef>
#include <string>

namespace quern {

/// Processors this process may use at once: the affinity mask, cut by the cgroup's CPU quota
/// (rounded up), at least 1.
int usable_cpus();

/// The smaller of the machine's memory and the cgroup's limit, in bytes.
std::size_t memory_limit_bytes();

/// This process's resident set now, and its highest so far, in bytes.
std::size_t resident_bytes();
std::size_t peak_resident_bytes();

/// Resident bytes of the program itself: its code and data and those of its libraries; no mapping
/// that was noted (mapped_ranges.h). Source: proc(5), /proc/PID/pagemap.
std::size_t program_resident_bytes();

/// What the allocator has of the system, and how much of that nobody uses.
struct HeapBytes {
  std::size_t held = 0;
  std::size_t free = 0;
};
HeapBytes heap_bytes();

/// Has the allocator give large blocks back to the system when they are freed, and keep few arenas:
/// free memory of it counts as resident. Once, before there are many threads.
void bound_allocator(int n_threads);

struct CacheSizes {
  std::size_t l1d_bytes;  // per core
  std::size_t l2_bytes;   // per core
  std::size_t l3_bytes;   // shared; 0 if there is none
};

/// What the machine reports; 32 kB, 512 kB, 0 where it reports nothing.
CacheSizes cache_sizes();

/// The processor's name, as in /proc/cpuinfo.
std::string cpu_name();

/// The C library and its version, whose mathematics round in their own way: "glibc 2.36".
std::string c_library();

}  // namespace quern
