// A model's packed weights as a run of sections, each a unit that can be written, checked, bound or
// read alone: what all layers share, and one section a layer.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "models/weight_placer.h"
#include "tensor/buffer.h"

namespace quern::models {

/// Walks one section of a model: counting, filling or binding (weight_placer.h).
using PlaceSection = std::function<void(int section, WeightPlacer& placer)>;

struct SectionSizes {
  std::vector<std::size_t> bytes;  // Multiples of 64.

  int n() const { return static_cast<int>(bytes.size()); }
  std::size_t total() const;
};

SectionSizes count_sections(int n_sections, const PlaceSection& place);

/// Binds every section to its place in `all`, where they lie one after another.
void bind_sections(const SectionSizes& sizes, const PlaceSection& place,
                   std::span<const std::byte> all);

/// Where the packed bytes of a loaded model are.
struct PackedWeights {
  Buffer storage;      // Packed by this process,
  MappedBytes mapped;  // or by an earlier one.
  Reservation held;    // The bytes of `mapped`.

  std::span<const std::byte> bytes() const {
    return mapped.bytes.empty() ? std::span<const std::byte>(storage.as<const std::byte>())
                                : mapped.bytes;
  }
};

/// Binds to `packed` if it has bytes, else packs into memory; `packed_section` is called after each
/// section that was packed.
/// Errors: kBadInput when `packed` has another size than these sections; kExhausted.
Result<PackedWeights> place_sections(const SectionSizes& sizes, const PlaceSection& place,
                                     MappedBytes packed, ByteLedger& ledger,
                                     const std::string& tenant, ThreadPool& pool,
                                     const std::function<void()>& packed_section);

}  // namespace quern::models
