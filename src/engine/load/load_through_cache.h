// Weights by way of the packed-weights cache (hub/packed_cache.h): mapped when they were packed
// before, else packed, kept for the next start, and mapped.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "hub/packed_cache.h"

namespace quern::engine {

/// One model's way into memory. `Model` has packed_bytes(), and a default-made one holds nothing.
template <typename Model>
struct CachedLoad {
  std::string name;                                // For messages.
  std::function<Result<Model>()> pack;             // From the model's own files.
  std::function<Result<Model>(MappedBytes)> bind;  // From what `pack` made of them once.
};

/// Publishes what was packed; true when it is kept for the next start.
bool publish_packed(const hub::PackedCache& cache, const hub::PackedKey& key,
                    std::span<const std::byte> packed);

/// A cache that is damaged, full or not writable costs time and nothing else: it is logged, and the
/// model is as good. After packing, the memory it was done in is given back before the packed file
/// is mapped.
/// Errors: of `pack` and `bind`.
template <typename Model>
Result<Model> load_through_cache(const hub::PackedCache& cache, const hub::PackedKey& key,
                                 const CachedLoad<Model>& load) {
  Result<MappedBytes> packed = cache.find(key);
  if (packed.ok()) {
    Result<Model> model = load.bind(std::move(*packed));
    if (model.ok() || model.status().code() != Code::kBadInput) return model;
    packed = model.status();  // Of another size than these files give, or the files are wrong.
  }
  if (packed.status().code() != Code::kNotFound) {
    log_info("packing '{}' again: {}", load.name, packed.status().message());
  }
  QUERN_ASSIGN(Model model, load.pack());
  if (!publish_packed(cache, key, model.packed_bytes())) return model;
  packed = cache.find(key);
  if (!packed.ok()) return model;
  model = {};  // Its memory goes back before the mapped bytes are reserved.
  return load.bind(std::move(*packed));
}

}  // namespace quern::engine
