#include "hub/packed_cache.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "base/byte_ledger.h"
#include "base/check.h"
#include "base/checksum.h"
#include "base/log.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;
using FileClock = fs::file_time_type::clock;

constexpr std::string_view kSuffix = ".qpk";
constexpr std::string_view kPart = ".part";
constexpr std::size_t kDigestInName = 32;  // The header holds all 64 digits.
constexpr std::size_t kMaxQuota = std::size_t{8} << 30;
constexpr auto kStalePart = std::chrono::hours(1);
constexpr auto kTouchEvery = std::chrono::minutes(1);

struct CacheFile {
  fs::path path;
  std::size_t n_bytes = 0;
  fs::file_time_type used;
};

/// Files of the cache whose names end in `suffix`, least recently used first.
std::vector<CacheFile> files_in(const std::string& folder, std::string_view suffix) {
  std::vector<CacheFile> files;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code gone;  // Another process may remove it meanwhile.
    if (!at->path().filename().string().ends_with(suffix)) continue;
    CacheFile file{.path = at->path(), .n_bytes = at->file_size(gone), .used = {}};
    if (!gone) file.used = at->last_write_time(gone);
    if (!gone) files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const CacheFile& a, const CacheFile& b) {
    return std::pair(a.used, a.path) < std::pair(b.used, b.path);
  });
  return files;
}

std::size_t total_bytes(const std::vector<CacheFile>& files) {
  std::size_t n = 0;
  for (const CacheFile& file : files) n += file.n_bytes;
  return n;
}

void remove_file(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

void touch(const std::string& path) {
  std::error_code error;
  const fs::file_time_type used = fs::last_write_time(path, error);
  if (error || FileClock::now() - used < kTouchEvery) return;
  fs::last_write_time(path, FileClock::now(), error);  // A read-only home keeps the old time.
}

}  // namespace

bool is_packed_cache_on() {
  const char* value = std::getenv("QUERN_PACKED");
  if (value == nullptr) return true;
  const std::string_view text(value);
  return text != "off" && text != "0" && text != "no";
}

std::string PackedCache::path_of(const PackedKey& key) const {
  return fmt::format("{}/{}-{}-{}-{}{}", folder_, key.model_digest.substr(0, kDigestInName),
                     key.precision, key.isa, key.numerics_version, kSuffix);
}

Result<MappedSections> PackedCache::find(const PackedKey& key) const {
  const std::string path = path_of(key);
  MappedSections out;
  QUERN_ASSIGN(out.file, MappedFile::open(path));
  Result<PackedFile> parsed = parse_packed_file(out.file.bytes());
  if (!parsed.ok()) return parsed.status().in(path);
  if (parsed->key != key) return {Code::kBadInput, fmt::format("'{}' belongs elsewhere", path)};
  out.sections = std::move(parsed->sections);
  touch(path);
  return out;
}

std::size_t PackedCache::quota_bytes() const {
  if (const char* text = std::getenv("QUERN_PACKED_QUOTA"); text != nullptr) {
    const Result<std::size_t> quota = parse_bytes(text);
    if (quota.ok()) return *quota;
    log_warn("QUERN_PACKED_QUOTA is not used: {}", quota.status().message());
  }
  std::error_code error;
  const fs::space_info space = fs::space(folder_, error);
  if (error) return kMaxQuota;
  return std::min(kMaxQuota, (space.available + total_bytes(files_in(folder_, kSuffix))) / 10);
}

Status PackedCache::make_room(const std::string& path, std::size_t need) const {
  const std::size_t quota = quota_bytes();
  if (need > quota) {
    return {Code::kExhausted, fmt::format("'{}' takes {}, the quota is {}", path, human_bytes(need),
                                          human_bytes(quota))};
  }
  const std::vector<CacheFile> files = files_in(folder_, kSuffix);
  std::size_t held = total_bytes(files);
  for (const CacheFile& file : files) {
    if (held + need <= quota) break;
    remove_file(file.path);
    held -= file.n_bytes;
  }
  return {};
}

Result<PackedWriter> PackedCache::begin(const PackedKey& key,
                                        std::vector<std::size_t> sizes) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error || ::access(folder_.c_str(), W_OK) != 0) {
    return {Code::kUnavailable, fmt::format("cannot write to '{}'", folder_)};
  }
  for (const CacheFile& part : files_in(folder_, kPart)) {
    if (FileClock::now() - part.used > kStalePart) remove_file(part.path);
  }
  const std::string path = path_of(key);
  const std::string head(packed_head_bytes(sizes.size()), '\0');
  std::size_t need = head.size();
  for (const std::size_t n : sizes) need = packed_next(need) + n;
  QUERN_TRY(make_room(path, need));
  QUERN_ASSIGN(PartFile file, PartFile::create(path, 0644));
  QUERN_TRY(file.write(head));  // The checksums are known at the end.
  return PackedWriter(key, std::move(sizes), std::move(file));
}

Status PackedCache::publish(const PackedKey& key, std::span<const std::byte> payload) const {
  QUERN_ASSIGN(PackedWriter writer, begin(key, {payload.size()}));
  QUERN_TRY(writer.add(payload));
  return writer.publish();
}

Status PackedWriter::add(std::span<const std::byte> section) {
  QUERN_CHECK(written_.size() < sizes_.size() && section.size() == sizes_[written_.size()]);
  written_.push_back({.n_bytes = section.size(), .checksum = checksum64(section)});
  QUERN_TRY(file_.write(std::string(packed_next(n_bytes_) - n_bytes_, '\0')));
  n_bytes_ = packed_next(n_bytes_) + section.size();
  return file_.write({reinterpret_cast<const char*>(section.data()), section.size()});
}

Status PackedWriter::publish() {
  QUERN_CHECK(written_.size() == sizes_.size());
  QUERN_TRY(file_.write_front(packed_head(key_, written_)));
  return file_.publish();
}

void PackedCache::clear(const std::string& model_digest) const {
  const std::string prefix = model_digest.substr(0, kDigestInName) + "-";
  for (const CacheFile& file : files_in(folder_, kSuffix)) {
    if (file.path.filename().string().starts_with(prefix)) remove_file(file.path);
  }
}

}  // namespace quern::hub
