// Packed weights kept between runs: home/packed/<digest>-<precision>-<isa>-<version>.qpk, each
// checked whole whenever it is mapped, so that a start trusts nothing and packs nothing. The
// folder can be removed at any time; it has a quota, and the least recently used files go first.
// Byte table in docs/format_packed.md.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/mapped_file.h"
#include "base/status.h"
#include "hub/packed_file.h"

namespace quern::hub {

/// False when QUERN_PACKED is "off", "0" or "no": every start packs its weights anew.
bool is_packed_cache_on();

/// Threads: all functions may be called from any thread, and by any number of processes at once.
class PackedCache {
 public:
  explicit PackedCache(const std::string& home) : folder_(home + "/packed") {}

  /// The payload of this key, undamaged; marks it as used.
  /// Errors: kNotFound; kBadInput, kUnsupported or kIo when there is one that cannot be used.
  Result<MappedBytes> find(const PackedKey& key) const;

  /// Keeps `payload` under this key, in place of what was there, after removing what the quota asks
  /// for. On error nothing of it is left behind.
  /// Errors: kUnavailable when the folder cannot be written to; kExhausted when it is over the
  ///   quota; kIo (disk full, ...).
  Status publish(const PackedKey& key, std::span<const std::byte> payload) const;

  /// Removes every file of this model, whatever its precision. Missing ones are no error.
  void clear(const std::string& model_digest) const;

  /// QUERN_PACKED_QUOTA ("2GB", "0"), else the smaller of 8 GB and a tenth of what the disk has
  /// free for it.
  std::size_t quota_bytes() const;

  const std::string& folder() const { return folder_; }

 private:
  std::string path_of(const PackedKey& key) const;

  std::string folder_;
};

}  // namespace quern::hub
