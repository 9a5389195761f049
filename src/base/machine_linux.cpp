#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

#include <gnu/libc-version.h>
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/machine.h"
#include "base/mapped_ranges.h"

namespace quern {
namespace {

// The folders of this process's cgroup and its parents: a limit anywhere above counts.
// `controller` is "" for v2. Source: cgroups(7), /proc/self/cgroup.
template <typename Visit>
void visit_cgroup_folders(const std::string& controller, const std::string& root,
                          const Visit& visit) {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string names = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool match = controller.empty() ? names == ",,"
                                          : names.find("," + controller + ",") != std::string::npos;
    if (!match) continue;
    std::string path = line.substr(second + 1);
    for (;;) {
      visit(root + path);
      if (path.empty() || path == "/") break;
      path = path.substr(0, path.rfind('/'));
    }
  }
  visit(root);  // In a container the path may be the host's: its own root is mounted here.
}

template <typename T>
bool read_number(const std::string& path, T& value) {
  std::ifstream file(path);
  return static_cast<bool>(file >> value);
}

double cpu_quota() {
  double quota = std::numeric_limits<double>::infinity();
  visit_cgroup_folders("", "/sys/fs/cgroup", [&](const std::string& folder) {
    std::ifstream file(folder + "/cpu.max");
    std::string limit;
    double period = 0;
    if (file >> limit >> period && limit != "max" && period > 0) {
      quota = std::min(quota, std::stod(limit) / period);
    }
  });
  visit_cgroup_folders("cpu", "/sys/fs/cgroup/cpu", [&](const std::string& folder) {
    double limit = -1;
    double period = 0;
    if (read_number(folder + "/cpu.cfs_quota_us", limit) &&
        read_number(folder + "/cpu.cfs_period_us", period) && limit > 0 && period > 0) {
      quota = std::min(quota, limit / period);
    }
  });
  return quota;
}

std::size_t status_kb(const char* key) {
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind(key, 0) == 0) {
      std::istringstream rest(line.substr(std::string(key).size()));
      std::size_t kb = 0;
      rest >> kb;
      return kb;
    }
  }
  return 0;
}

std::size_t cache_bytes(int name, std::size_t otherwise) {
  const long bytes = ::sysconf(name);
  return bytes > 0 ? static_cast<std::size_t>(bytes) : otherwise;
}

}  // namespace

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int n = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) n = std::max(1, CPU_COUNT(&set));
  const double quota = cpu_quota();
  if (quota < n) n = std::max(1, static_cast<int>(quota + 0.999));
  return n;
}

std::size_t memory_limit_bytes() {
  const std::size_t machine = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                              static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::size_t limit = machine;
  const auto lower = [&](const std::string& path) {
    std::size_t bytes = 0;
    if (read_number(path, bytes) && bytes > 0) limit = std::min(limit, bytes);
  };
  visit_cgroup_folders("", "/sys/fs/cgroup",
                       [&](const std::string& folder) { lower(folder + "/memory.max"); });
  visit_cgroup_folders("memory", "/sys/fs/cgroup/memory", [&](const std::string& folder) {
    lower(folder + "/memory.limit_in_bytes");
  });
  return limit;
}

std::size_t resident_bytes() { return status_kb("VmRSS:") * 1024; }

std::size_t peak_resident_bytes() { return status_kb("VmHWM:") * 1024; }

std::size_t program_resident_bytes() {
  constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::ifstream maps("/proc/self/maps");
  std::ifstream pagemap("/proc/self/pagemap", std::ios::binary);
  std::vector<std::uint64_t> entries;
  std::size_t n_pages = 0;
  std::string line;
  while (std::getline(maps, line)) {
    std::uintptr_t first = 0;
    std::uintptr_t end = 0;
    const bool has_range = std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR, &first, &end) == 2;
    const bool is_file = line.find('/') != std::string::npos;
    if (!has_range || !is_file || mapped_path(reinterpret_cast<const void*>(first)) != nullptr) {
      continue;
    }
    entries.resize((end - first) / page);
    pagemap.clear();
    pagemap.seekg(static_cast<std::streamoff>(first / page * sizeof(std::uint64_t)));
    pagemap.read(reinterpret_cast<char*>(entries.data()),
                 static_cast<std::streamsize>(entries.size() * sizeof(std::uint64_t)));
    const auto n_read = static_cast<std::size_t>(pagemap.gcount()) / sizeof(std::uint64_t);
    for (std::size_t i = 0; i < n_read; ++i) n_pages += (entries[i] & kPresent) != 0 ? 1 : 0;
  }
  return n_pages * page;
}

HeapBytes heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return {.held = info.arena + info.hblkhd, .free = info.fordblks};
}

void bound_allocator(int n_threads) {
  constexpr int kLargeBlock = 1 << 20;
  constexpr int kKept = 2 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  ::mallopt(M_TRIM_THRESHOLD, kKept);
  ::mallopt(M_ARENA_MAX, std::clamp(n_threads, 2, 8));
}

CacheSizes cache_sizes() {
  static const CacheSizes sizes = {
      .l1d_bytes = cache_bytes(_SC_LEVEL1_DCACHE_SIZE, 32 << 10),
      .l2_bytes = cache_bytes(_SC_LEVEL2_CACHE_SIZE, 512 << 10),
      .l3_bytes = cache_bytes(_SC_LEVEL3_CACHE_SIZE, 0),
  };
  return sizes;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string c_library() { return std::string("glibc ") + ::gnu_get_libc_version(); }

}  // namespace quern
