// Weights by way of the packed-weights cache (hub/packed_cache.h): mapped when they were packed
// before, else packed into the cache, section by section, and mapped.

#pragma once

#include <functional>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/mapped_sections.h"
#include "base/status.h"
#include "hub/packed_cache.h"
#include "models/sections.h"

namespace quern::engine {

/// One model's way into memory.
template <typename Model>
struct CachedLoad {
  std::string name;                                  // For messages.
  std::function<Status(models::SectionSink&)> pack;  // From the model's own files.
  // Bound to what was packed; without sections, packed into memory.
  std::function<Result<Model>(MappedSections)> load;
};

/// Packs into the cache. False when it cannot be kept there, which is logged.
/// Errors: of `pack`.
Result<bool> pack_into_cache(const hub::PackedCache& cache, const hub::PackedKey& key,
                             const std::function<Status(models::SectionSink&)>& pack);

/// A cache that is damaged, full or not writable costs time and nothing else: it is logged, and the
/// model is as good.
/// Errors: of `pack` and `load`.
template <typename Model>
Result<Model> load_through_cache(const hub::PackedCache& cache, const hub::PackedKey& key,
                                 const CachedLoad<Model>& load) {
  const auto load_found = [&]() -> Result<Model> {
    QUERN_ASSIGN(MappedSections packed, cache.find(key));
    return load.load(std::move(packed));
  };
  // The packed file's fault, or else the model's own files', and then packing says so again.
  const auto is_of_cache = [](const Status& status) {
    return status.code() == Code::kBadInput || status.code() == Code::kUnsupported ||
           status.code() == Code::kNotFound || status.code() == Code::kIo;
  };
  Result<Model> found = load_found();
  if (found.ok() || !is_of_cache(found.status())) return found;
  if (found.status().code() != Code::kNotFound) {
    log_info("packing '{}' again: {}", load.name, found.status().message());
  }
  QUERN_ASSIGN(const bool is_kept, pack_into_cache(cache, key, load.pack));
  if (is_kept) {
    found = load_found();
    if (found.ok() || !is_of_cache(found.status())) return found;
  }
  return load.load({});
}

}  // namespace quern::engine
