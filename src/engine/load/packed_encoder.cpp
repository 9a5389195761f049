#include "engine/load/packed_encoder.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "engine/load/load_through_cache.h"
#include "hub/model_digest.h"
#include "kernels/numerics.h"
#include "kernels/table.h"

namespace quern::engine {
namespace {

using models::Encoder;
using models::TensorSource;

Result<TensorSource> open_files(const formats::ModelFolder& folder) {
  return TensorSource::open(folder.path, folder.weights);
}

/// One load: opens the files and calibrates when, and only when, it comes to that.
class Load {
 public:
  Load(const PackedEncoderSource& source, TensorSource opened, ByteLedger& ledger, ThreadPool& pool)
      : source_(source), opened_(std::move(opened)), ledger_(ledger), pool_(pool) {}

  Status pack(models::SectionSink& sink) {
    QUERN_TRY(calibrate());
    QUERN_ASSIGN(TensorSource files, take_files());
    return models::pack_encoder(facts(), std::move(files), ledger_, pool_, sink);
  }

  /// Packs into memory when there are no sections.
  Result<Encoder> load(MappedSections packed) {
    if (packed.n() == 0) QUERN_TRY(calibrate());
    QUERN_ASSIGN(TensorSource files, take_files());
    models::EncoderLoad load = facts();
    load.packed = std::move(packed);
    load.residency = source_.residency;
    return models::load_encoder(std::move(load), std::move(files), ledger_, pool_);
  }

 private:
  Status calibrate() {
    if (seen_) return {};
    QUERN_ASSIGN(seen_, source_.calibrate());
    return {};
  }

  models::EncoderLoad facts() const {
    return {.folder = source_.folder,
            .precision = source_.precision,
            .calibration = seen_ && !seen_->blocks.empty() ? &*seen_ : nullptr};
  }

  // The first use is of the files that the digest was taken of.
  Result<TensorSource> take_files() {
    if (!opened_) return open_files(source_.folder);
    return *std::exchange(opened_, std::nullopt);
  }

  const PackedEncoderSource& source_;
  std::optional<TensorSource> opened_;
  std::optional<models::Int8Calibration> seen_;
  ByteLedger& ledger_;
  ThreadPool& pool_;
};

}  // namespace

Result<std::string> encoder_digest(const std::string& home, const formats::ModelFolder& folder,
                                   const TensorSource& files) {
  const bool is_gguf = folder.weights == formats::WeightFiles::kGguf;
  const std::string at =
      is_gguf ? std::filesystem::path(folder.path).parent_path().string() : folder.path;
  return hub::model_digest(home, at, files.mapped());
}

Result<Encoder> load_packed_encoder(const PackedEncoderSource& source, ByteLedger& ledger,
                                    ThreadPool& pool) {
  QUERN_ASSIGN(TensorSource files, open_files(source.folder));
  if (!hub::is_packed_cache_on()) return Load(source, std::move(files), ledger, pool).load({});
  QUERN_ASSIGN(const std::string digest, encoder_digest(source.home, source.folder, files));
  const hub::PackedKey key{.model_digest = digest,
                           .precision = kernels::precision_name(source.precision),
                           .isa = kernels::active().isa,
                           .numerics_version = kernels::kNumericsVersion};
  Load load(source, std::move(files), ledger, pool);
  return load_through_cache<Encoder>(
      hub::PackedCache(source.home), key,
      {.name = source.folder.name,
       .pack = [&](models::SectionSink& sink) { return load.pack(sink); },
       .load = [&](MappedSections packed) { return load.load(std::move(packed)); }});
}

}  // namespace quern::engine
