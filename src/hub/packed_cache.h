// Packed weights kept between runs: home/packed/<digest>-<precision>-<isa>-<version>.qpk, each
// checked section by section when it is read, so that a start trusts nothing and packs nothing. The
// folder can be removed at any time; it has a quota, and the least recently used files go first.
// Byte table in docs/format_packed.md.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/mapped_sections.h"
#include "base/part_file.h"
#include "base/status.h"
#include "hub/packed_file.h"

namespace quern::hub {

/// False when QUERN_PACKED is "off", "0" or "no": every start packs its weights anew.
bool is_packed_cache_on();

/// A packed file being written, section by section. Without publish() nothing of it stays.
class PackedWriter {
 public:
  /// The next section, of the size that was announced. Errors: kIo (disk full, ...).
  Status add(std::span<const std::byte> section);

  /// After the last section: the file takes its place, whole. Errors: kIo.
  Status publish();

 private:
  friend class PackedCache;
  PackedWriter(PackedKey key, std::vector<std::size_t> sizes, PartFile file)
      : key_(std::move(key)),
        sizes_(std::move(sizes)),
        n_bytes_(packed_head_bytes(sizes_.size())),
        file_(std::move(file)) {}

  PackedKey key_;
  std::vector<std::size_t> sizes_;
  std::vector<PackedSection> written_;
  std::size_t n_bytes_;  // Of the file so far.
  PartFile file_;
};

/// Threads: all functions may be called from any thread, and by any number of processes at once.
class PackedCache {
 public:
  explicit PackedCache(const std::string& home) : folder_(home + "/packed") {}

  /// The sections of this key, not read yet: who uses one checks it. Marks the file as used.
  /// Errors: kNotFound; kBadInput, kUnsupported or kIo when there is one that cannot be used.
  Result<MappedSections> find(const PackedKey& key) const;

  /// Begins a file of sections of these sizes under this key, to be in place of what is there,
  /// after removing what the quota asks for.
  /// Errors: kUnavailable when the folder cannot be written to; kExhausted when it is over the
  ///   quota; kIo.
  Result<PackedWriter> begin(const PackedKey& key, std::vector<std::size_t> sizes) const;

  /// Keeps `payload` as the only section of this key. Errors: of begin and PackedWriter.
  Status publish(const PackedKey& key, std::span<const std::byte> payload) const;

  /// Removes every file of this model, whatever its precision. Missing ones are no error.
  void clear(const std::string& model_digest) const;

  /// QUERN_PACKED_QUOTA ("2GB", "0"), else the smaller of 8 GB and a tenth of what the disk has
  /// free for it.
  std::size_t quota_bytes() const;

  const std::string& folder() const { return folder_; }

 private:
  std::string path_of(const PackedKey& key) const;
  Status make_room(const std::string& path, std::size_t need) const;

  std::string folder_;
};

}  // namespace quern::hub
