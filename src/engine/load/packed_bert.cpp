#include "engine/load/packed_bert.h"

#include <optional>
#include <utility>

#include "engine/load/load_through_cache.h"
#include "hub/model_digest.h"
#include "kernels/numerics.h"
#include "kernels/table.h"

namespace quern::engine {

using formats::TensorFiles;
using models::Encoder;

Result<Encoder> load_packed_bert(const PackedBertSource& source, ByteLedger& ledger,
                                 ThreadPool& pool) {
  const std::string& path = source.folder.path;
  QUERN_ASSIGN(TensorFiles files, TensorFiles::open(path));
  if (!hub::is_packed_cache_on()) return source.pack(std::move(files));
  QUERN_ASSIGN(const std::string digest, hub::model_digest(source.home, path, files));
  const hub::PackedKey key{.model_digest = digest,
                           .precision = kernels::precision_name(source.precision),
                           .isa = kernels::active().isa,
                           .numerics_version = kernels::kNumericsVersion};
  // The first use is of the files that the digest was taken of.
  std::optional<TensorFiles> opened = std::move(files);
  const auto take_files = [&]() -> Result<TensorFiles> {
    if (!opened) return TensorFiles::open(path);
    return *std::exchange(opened, std::nullopt);
  };
  const CachedLoad<Encoder> load{
      .name = source.folder.name,
      .pack = [&]() -> Result<Encoder> {
        QUERN_ASSIGN(TensorFiles own, take_files());
        return source.pack(std::move(own));
      },
      .bind = [&](MappedBytes packed) -> Result<Encoder> {
        QUERN_ASSIGN(TensorFiles own, take_files());
        return models::load_encoder(
            {.folder = source.folder, .precision = source.precision, .packed = std::move(packed)},
            std::move(own), ledger, pool);
      }};
  return load_through_cache(hub::PackedCache(source.home), key, load);
}

}  // namespace quern::engine
