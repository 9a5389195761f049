// Models from folders on disk: hub/ finds them, formats/ reads them, models/ runs them.

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/machine.h"
#include "engine/cache/head_identity.h"
#include "engine/load/encoder_servable.h"
#include "engine/load/generative_load.h"
#include "engine/load/golden_check.h"
#include "engine/load/model_source.h"
#include "engine/load/packed_encoder.h"
#include "engine/load/precision_choice.h"
#include "engine/load/precision_memory.h"
#include "engine/load/precision_record.h"
#include "engine/load/self_check.h"
#include "formats/decoder_model.h"
#include "formats/model_kind.h"
#include "hub/hub.h"
#include "hub/model_digest.h"
#include "hub/model_state.h"
#include "hub/packed_cache.h"
#include "kernels/numerics.h"
#include "kernels/table.h"

namespace quern::engine {
namespace {

namespace fs = std::filesystem;

// Spellings of names that are remembered: clients choose them, so there is a limit.
constexpr std::size_t kMaxNames = 1024;

// Text, parsed vocabulary and tokenizer together, for each byte of a tokenizer's file.
constexpr std::size_t kBytesPerFileByte = 4;
// A tokenizer is the small part of a .gguf file. Opening it to know would cost every start.
constexpr std::size_t kGgufShare = 8;
constexpr std::size_t kMaxGgufTokenizer = 32 << 20;

/// A path without links on the way, but with its own name: parts of split files are found by it.
Result<fs::path> canonical_place(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal();
  const fs::path named = whole.has_filename() ? whole : whole.parent_path();
  const bool is_folder = fs::is_directory(named, error);
  const fs::path parent = fs::canonical(is_folder ? named : named.parent_path(), error);
  if (error) {
    return Status(Code::kNotFound, "cannot open '" + path.string() + "': " + error.message());
  }
  return is_folder ? parent : parent / named.filename();
}

class FolderSource : public ModelSource {
 public:
  FolderSource(hub::Hub hub, PrecisionWish wish, std::optional<formats::Pooling> pooling)
      : hub_(std::move(hub)), precisions_(wish), pooling_(pooling) {}

  Result<ModelPlace> resolve(const std::string& model) const override {
    std::shared_ptr<const Known> known;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = known_.find(model);
      if (found != known_.end()) known = found->second;
    }
    if (known != nullptr && known->state.is_current()) return known->place;
    QUERN_ASSIGN(const std::string path, hub_.resolve(model));
    QUERN_ASSIGN(Known fresh, locate(path));
    known = std::make_shared<const Known>(std::move(fresh));
    const std::lock_guard<std::mutex> lock(mutex_);
    if (known_.size() >= kMaxNames) known_.clear();
    known_[model] = known;
    return known->place;
  }

  std::size_t tokenizer_bytes(const ModelPlace& place) const override {
    std::error_code error;
    for (const char* name : {"tokenizer.json", "vocab.txt"}) {
      const std::uintmax_t bytes = fs::file_size(fs::path(place.path) / name, error);
      if (!error) return static_cast<std::size_t>(bytes) * kBytesPerFileByte;
    }
    const Result<std::string> gguf = formats::find_gguf(place.path);
    const std::uintmax_t bytes = gguf.ok() ? fs::file_size(*gguf, error) : 0;
    return error ? 0 : std::min(static_cast<std::size_t>(bytes) / kGgufShare, kMaxGgufTokenizer);
  }

  Result<ModelCard> read(const ModelPlace& place) const override {
    ModelCard card;
    QUERN_ASSIGN(const formats::ModelKind kind, formats::model_kind(place.path));
    // Who chooses a pooling wants vectors.
    if (kind == formats::ModelKind::kDecoder && !pooling_) {
      QUERN_ASSIGN(card, read_generative_card(place.path));
      std::get<DecoderFacts>(card.facts).model.name = place.name;
      card.warnings = self_check(card.as_decoder().model);
    } else {
      QUERN_ASSIGN(formats::ModelFolder folder, read_folder(place.path, card.known));
      folder.name = place.name;
      QUERN_ASSIGN(text::TextEncoder encoder, read_encoder(place));
      card.warnings = self_check(folder, encoder, card.known);
      precisions_.remember(place.key, recorded(folder));
      QUERN_ASSIGN(card.facts, encoder_facts(std::move(folder), encoder));
      card.encoder = std::make_shared<const text::TextEncoder>(std::move(encoder));
    }
    card.name = place.name;
    card.key = place.key;
    card.digest = known_digest(place);
    for (const std::string& warning : card.warnings) {
      log_warn("model '{}': {}", card.name, warning);
    }
    return card;
  }

  Result<text::TextEncoder> read_encoder(const ModelPlace& place) const override {
    QUERN_ASSIGN(const text::TokenizerSpec spec, formats::read_tokenizer(place.path));
    return text::TextEncoder::make(spec);
  }

  Result<std::shared_ptr<const LoadedWeights>> load(std::shared_ptr<const ModelCard> card,
                                                    models::Residency residency, ByteLedger& ledger,
                                                    ThreadPool& pool) const override {
    if (card->generates()) {
      return load_generative(hub_.home(), std::move(card), residency, ledger, pool);
    }
    QUERN_ASSIGN(models::Encoder model, load_model(*card, residency, ledger, pool));
    if (card->task() == Task::kClassify && model.classifier.n_labels() != card->n_values()) {
      return Status(Code::kBadInput, "the classifier has " +
                                         std::to_string(model.classifier.n_labels()) +
                                         " outputs, config.json names " +
                                         std::to_string(card->n_values()) + " labels");
    }
    std::shared_ptr<const Servable> servable = make_encoder_servable(card, std::move(model));
    if (const Status golden = check_golden(*card, *servable, ledger, pool); !golden.ok()) {
      return golden.in("model '" + card->name + "'");
    }
    return std::shared_ptr<const LoadedWeights>(std::move(servable));
  }

  WeightInfo weights(const ModelCard& card) const override {
    if (card.generates()) return card.as_decoder().weights;
    const formats::ModelFolder& folder = card.as_encoder().folder;
    const Result<WeightInfo> info = info_of(folder, precisions_.find(card.key));
    return info.ok() ? *info : WeightInfo();
  }

  // Weights that no digest is known of yet, or that lie beside those it is of, are told by the
  // state of the files. Files that are not any more as the card says may have any digest.
  std::string result_identity(const ModelCard& card) const override {
    const std::string weights_are = weights_identity(card);
    const std::string precision = weights(card).precision;
    if (weights_are.empty() || precision.empty() || precision == wish_name(std::nullopt)) return "";
    return fmt::format("{}\n{}\n{}, {}, numerics {}, {}, {}", weights_are,
                       head_identity(card.as_encoder().folder.head), precision,
                       kernels::active().isa, kernels::kNumericsVersion, cpu_name(), c_library());
  }

  std::string weights_identity(const ModelCard& card) const override {
    if (card.generates()) return "";
    const formats::ModelFolder& folder = card.as_encoder().folder;
    const std::string digest =
        known_digest({.key = {}, .where = {}, .path = folder.path, .name = {}});
    const bool is_told_by_digest = !has_weights_elsewhere(folder.head);
    // Loading finds it out; then it is the same in every run.
    if (is_told_by_digest && digest.empty()) return "";
    const Result<Known> now = locate(folder.path);
    if (!now.ok() || now->place.key != card.key) return "";
    return is_told_by_digest ? "digest " + digest : "files " + card.key;
  }

  Result<std::string> digest(const ModelCard& card) const override {
    const std::string& path =
        card.generates() ? card.as_decoder().model.path : card.as_encoder().folder.path;
    const Result<std::string> gguf = formats::find_gguf(path);
    return hub::model_digest(hub_.home(), gguf.ok() && !gguf->empty() ? *gguf : path);
  }

  // A model that was listed is not opened again until its files change.
  std::vector<ModelInfo> installed() const override {
    std::map<std::string, ModelInfo> listed;  // By key.
    std::vector<ModelInfo> out;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      listed = listed_;
    }
    const Result<std::vector<std::string>> names = hub_.names();
    if (!names.ok()) {
      log_error("{}", names.status().message());
      return out;
    }
    std::map<std::string, ModelInfo> now;
    for (const std::string& name : *names) {
      const Result<ModelPlace> place = resolve(name);
      if (!place.ok()) continue;
      const auto found = listed.find(place->key);
      // What was not measured yet may be by now.
      if (found != listed.end() && found->second.precision != wish_name(std::nullopt)) {
        now.insert(*found);
      } else if (const Result<ModelInfo> info = describe(*place); info.ok()) {
        now[place->key] = *info;
      }
    }
    for (const auto& [key, info] : now) out.push_back(info);
    const std::lock_guard<std::mutex> lock(mutex_);
    listed_ = std::move(now);
    return out;
  }

 private:
  struct Known {
    ModelPlace place;
    hub::ModelState state;
  };

  Result<Known> locate(const std::string& named) const {
    QUERN_ASSIGN(const fs::path path, canonical_place(named));
    QUERN_ASSIGN(const std::string gguf, formats::find_gguf(path.string()));
    // A folder that holds a .gguf file and the file itself are one model.
    const std::string files = gguf.empty() ? path.string() : gguf;
    Known out;
    QUERN_ASSIGN(out.state, hub::ModelState::of(files));
    out.place.where = files + "@" + wish_name(precisions_.wish());
    if (pooling_) out.place.where += std::string("@") + formats::pooling_name(*pooling_);
    out.place.key = out.place.where + "#" + out.state.fingerprint();
    out.place.path = path.string();
    out.place.name = hub_.name_at(files);
    if (out.place.name.empty()) {
      const fs::path own(files);
      out.place.name = (gguf.empty() ? own.filename() : own.stem()).string();
      // A name that is an installed model's stays that one's.
      QUERN_ASSIGN(const std::vector<std::string> taken, hub_.names());
      if (std::find(taken.begin(), taken.end(), out.place.name) != taken.end()) {
        out.place.name = files;
      }
    }
    return out;
  }

  /// With what is known of the model; a pooling that was chosen goes before that too.
  Result<formats::ModelFolder> read_folder(const std::string& path, hub::KnownFacts& known) const {
    QUERN_ASSIGN(formats::ModelFolder folder, formats::read_model_folder(path, pooling_));
    known = hub::add_known_facts(folder);
    if (pooling_) QUERN_TRY(formats::override_pooling(*pooling_, folder.head));
    return folder;
  }

  /// Of an installed model that is whole.
  Result<ModelInfo> describe(const ModelPlace& place) const {
    QUERN_ASSIGN(const hub::InstalledModel installed, hub_.find(place.name));
    if (!installed.problem.empty()) return Status(Code::kBadInput, installed.problem);
    ModelCard card;
    WeightInfo weights;
    if (installed.task == task_name(Task::kGenerate)) {
      QUERN_ASSIGN(card, read_generative_facts(place.path));
      weights = card.as_decoder().weights;
    } else {
      formats::ModelFolder& folder = std::get<EncoderFacts>(card.facts).folder;
      QUERN_ASSIGN(folder, read_folder(place.path, card.known));
      QUERN_ASSIGN(weights, info_of(folder, recorded(folder)));
    }
    card.name = place.name;
    card.digest = known_digest(place);
    return info_from(card, weights);
  }

  std::string known_digest(const ModelPlace& place) const {
    const Result<std::string> gguf = formats::find_gguf(place.path);
    const std::string& files = gguf.ok() && !gguf->empty() ? *gguf : place.path;
    return hub::known_model_digest(hub_.home(), files).value_or("");
  }

  // Before "auto" is measured, what measuring takes: f32.
  static Result<WeightInfo> info_of(const formats::ModelFolder& folder, PrecisionWish precision) {
    if (precision != kernels::Precision::kStored) {
      const models::EncoderWeightInfo info =
          models::encoder_weight_bytes(folder, precision.value_or(kernels::Precision::kF32));
      return weight_info(wish_name(precision), info);
    }
    QUERN_ASSIGN(const models::EncoderWeightInfo info,
                 models::encoder_weight_info(folder, *precision));
    return weight_info(block_layout(info.main_format).name, info);
  }

  static WeightInfo weight_info(std::string precision, const models::EncoderWeightInfo& info) {
    return {
        .precision = std::move(precision), .bytes = info.n_bytes, .least_bytes = info.least_bytes};
  }

  Result<models::Encoder> load_model(const ModelCard& card, models::Residency residency,
                                     ByteLedger& ledger, ThreadPool& pool) const {
    if (const PrecisionWish known = precisions_.find(card.key)) {
      return load_at(card, *known, residency, ledger, pool);
    }
    const formats::ModelFolder& folder = card.as_encoder().folder;
    std::string digest;
    if (hub::is_packed_cache_on()) {
      QUERN_ASSIGN(const models::TensorSource files,
                   models::TensorSource::open(folder.path, folder.weights));
      QUERN_ASSIGN(digest, encoder_digest(hub_.home(), folder, files));
      const Result<PrecisionRecord> record = find_precision_record(hub_.home(), digest);
      if (record.ok()) {
        precisions_.remember(card.key, record->chosen);
        return load_at(card, record->chosen, residency, ledger, pool);
      }
    }
    if (residency != models::Residency::kWhole) {
      log_info(
          "model '{}' runs in f32: what else is faithful for it is measured where all of it "
          "fits into memory",
          card.name);
      return load_at(card, kernels::Precision::kF32, residency, ledger, pool);
    }
    Result<ChosenPrecision> measured = choose_precision(card, ledger, pool);
    if (!measured.ok()) return measured.status().in("choosing a precision, in f32 first");
    if (!digest.empty()) keep_precision_record(hub_.home(), digest, measured->record);
    precisions_.remember(card.key, measured->record.chosen);
    return load_packed_encoder(
        {.home = hub_.home(),
         .folder = folder,
         .precision = measured->record.chosen,
         .calibrate = [&]() -> Result<models::Int8Calibration> { return measured->seen; }},
        ledger, pool);
  }

  Result<models::Encoder> load_at(const ModelCard& card, kernels::Precision precision,
                                  models::Residency residency, ByteLedger& ledger,
                                  ThreadPool& pool) const {
    return load_packed_encoder(
        {.home = hub_.home(),
         .folder = card.as_encoder().folder,
         .precision = precision,
         .residency = residency,
         .calibrate = [&] { return calibrate(card, precision, ledger, pool); }},
        ledger, pool);
  }

  /// The precision asked for, that of a GGUF file's own blocks, or the one that was measured in an
  /// earlier run.
  PrecisionWish recorded(const formats::ModelFolder& folder) const {
    if (precisions_.wish()) return precisions_.wish();
    if (folder.weights == formats::WeightFiles::kGguf) return kernels::Precision::kStored;
    if (folder.config.n_layers == 0) return kernels::Precision::kF32;  // Nothing is multiplied.
    if (!hub::is_packed_cache_on()) return std::nullopt;
    const auto record = known_precision_record(hub_.home(), folder.path);
    return record ? PrecisionWish(record->chosen) : std::nullopt;
  }

  const hub::Hub hub_;
  mutable PrecisionMemory precisions_;
  const std::optional<formats::Pooling> pooling_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const Known>> known_;  // As requested.
  mutable std::map<std::string, ModelInfo> listed_;                    // Installed ones, by key.
};

}  // namespace

Result<std::unique_ptr<ModelSource>> make_folder_source(const std::string& home,
                                                        const std::string& precision,
                                                        const std::string& pooling) {
  QUERN_ASSIGN(const PrecisionWish wish, parse_precision_wish(precision));
  std::optional<formats::Pooling> own_pooling;
  if (!pooling.empty()) {
    QUERN_ASSIGN(own_pooling, formats::parse_pooling(pooling));
  }
  return std::unique_ptr<ModelSource>(std::make_unique<FolderSource>(
      hub::Hub(home.empty() ? hub::home_folder() : home), wish, own_pooling));
}

}  // namespace quern::engine
