#include "engine/load/packed_bert.h"

#include <utility>

#include "base/log.h"
#include "hub/model_digest.h"
#include "hub/packed_cache.h"
#include "kernels/numerics.h"
#include "kernels/table.h"

namespace quern::engine {
namespace {

using formats::TensorFiles;
using models::Encoder;

Result<Encoder> bind(const PackedBertSource& source, TensorFiles files, MappedBytes packed,
                     ByteLedger& ledger, ThreadPool& pool) {
  return models::load_encoder(
      {.folder = source.folder, .precision = source.precision, .packed = std::move(packed)},
      std::move(files), ledger, pool);
}

/// Publishes what was packed. kUnavailable is a cache that cannot be there, and no news.
bool publish(const hub::PackedCache& cache, const hub::PackedKey& key, const Encoder& model) {
  const Status status = cache.publish(key, model.packed_bytes());
  if (status.ok()) return true;
  const std::string line = "packed weights are not kept: " + status.message();
  if (status.code() == Code::kUnavailable) {
    log_info("{}", line);
  } else {
    log_warn("{}", line);
  }
  return false;
}

}  // namespace

Result<Encoder> load_packed_bert(const PackedBertSource& source, ByteLedger& ledger,
                                 ThreadPool& pool) {
  QUERN_ASSIGN(TensorFiles files, TensorFiles::open(source.folder.path));
  if (!hub::is_packed_cache_on()) return source.pack(std::move(files));
  const hub::PackedCache cache(source.home);
  QUERN_ASSIGN(const std::string digest, hub::model_digest(source.home, source.folder.path, files));
  const hub::PackedKey key{.model_digest = digest,
                           .precision = kernels::precision_name(source.precision),
                           .isa = kernels::active().isa,
                           .numerics_version = kernels::kNumericsVersion};
  Result<MappedBytes> packed = cache.find(key);
  if (packed.ok()) {
    Result<Encoder> model = bind(source, std::move(files), std::move(*packed), ledger, pool);
    if (model.ok() || model.status().code() != Code::kBadInput) return model;
    packed = model.status();  // Of another size than these files give.
    QUERN_ASSIGN(files, TensorFiles::open(source.folder.path));
  }
  if (packed.status().code() != Code::kNotFound) {
    log_info("packing '{}' again: {}", source.folder.name, packed.status().message());
  }
  QUERN_ASSIGN(Encoder model, source.pack(std::move(files)));
  if (!publish(cache, key, model)) return model;
  packed = cache.find(key);
  if (!packed.ok()) return model;
  model = {};  // Its memory goes back before the mapped bytes are reserved.
  QUERN_ASSIGN(files, TensorFiles::open(source.folder.path));
  return bind(source, std::move(files), std::move(*packed), ledger, pool);
}

}  // namespace quern::engine
