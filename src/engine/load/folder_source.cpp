// Models from folders on disk: hub/ finds them, formats/ reads them, models/ runs them.

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/machine.h"
#include "engine/batch.h"
#include "engine/load/generative_load.h"
#include "engine/load/model_source.h"
#include "engine/load/packed_bert.h"
#include "engine/load/precision_choice.h"
#include "engine/load/precision_record.h"
#include "formats/decoder_model.h"
#include "formats/safetensors.h"
#include "hub/hub.h"
#include "hub/model_digest.h"
#include "hub/packed_cache.h"
#include "kernels/weight.h"

namespace quern::engine {
namespace {

class BertServable : public Servable {
 public:
  BertServable(std::shared_ptr<const ModelCard> card, models::Encoder model)
      : card_(std::move(card)), model_(std::move(model)) {}

  Result<text::Encoding> encode(const Plan& plan, const Input& input) const override {
    return encode_input(*card_, plan, input);
  }

  int n_values() const override { return card_->n_values(); }

  int batch_tokens() const override {
    return default_batch_tokens(model_.config.d_model, model_.config.d_ff, cache_sizes());
  }

  std::size_t scratch_bytes(int n_tokens, int longest, int n_threads) const override {
    return hidden_bytes(n_tokens) +
           models::encoder_scratch_bytes(model_, n_tokens, longest, n_threads);
  }

  void forward(const models::RaggedBatch& batch, std::span<std::byte> scratch, ThreadPool& pool,
               Matrix<float> out) const override {
    const Matrix<float> hidden(reinterpret_cast<float*>(scratch.data()), batch.n_tokens(),
                               model_.config.d_model);
    models::encoder_forward(model_, batch, scratch.subspan(hidden_bytes(batch.n_tokens())), pool,
                            hidden);
    if (card_->task() == Task::kClassify) {
      models::classify_sequences(model_.classifier, batch, hidden, out);
    } else {
      models::pool_sequences(batch, hidden, card_->folder.head.pooling,
                             card_->folder.head.normalize, out);
    }
  }

  void finish(const Plan& plan, std::vector<float>& values) const override {
    if (plan.slice_to == 0) return;
    if (plan.slice == Slice::kCutOnly) {
      values.resize(static_cast<std::size_t>(plan.slice_to));
    } else {
      models::slice_and_normalize(values, plan.slice_to);
    }
  }

 private:
  std::size_t hidden_bytes(int n_tokens) const {
    const std::size_t bytes = static_cast<std::size_t>(n_tokens) *
                              static_cast<std::size_t>(model_.config.d_model) * sizeof(float);
    return (bytes + Buffer::kAlignment - 1) / Buffer::kAlignment * Buffer::kAlignment;
  }

  const std::shared_ptr<const ModelCard> card_;
  const models::Encoder model_;
};

using Wish = std::optional<kernels::Precision>;  // Nothing: "auto".

class FolderSource : public ModelSource {
 public:
  FolderSource(hub::Hub hub, Wish wish) : hub_(std::move(hub)), wish_(wish) {}

  // "/path/to/model@f32", "/path/to/model@auto": path_of() is the part before the '@'.
  Result<std::string> resolve(const std::string& model) const override {
    QUERN_ASSIGN(const std::string path, hub_.resolve(model));
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(path, error);
    if (error) return {Code::kNotFound, "cannot open '" + path + "': " + error.message()};
    return real.string() + "@" + name_of(wish_);
  }

  Result<ModelCard> read(const std::string& key) const override {
    const std::string path = path_of(key);
    QUERN_ASSIGN(const formats::ModelKind kind, formats::model_kind(path));
    if (kind == formats::ModelKind::kDecoder) return read_generative_card(path);
    ModelCard card;
    QUERN_ASSIGN(card.folder, formats::read_model_folder(path));
    card.name = card.folder.name;
    QUERN_ASSIGN(text::TextEncoder encoder, read_encoder(key));
    card.encoder = std::make_shared<const text::TextEncoder>(std::move(encoder));
    measure_template(card);
    remember(path, wish_ ? wish_ : recorded(path));
    return card;
  }

  Result<text::TextEncoder> read_encoder(const std::string& key) const override {
    QUERN_ASSIGN(const text::TokenizerSpec spec, formats::read_tokenizer(path_of(key)));
    return text::TextEncoder::make(spec);
  }

  Result<std::shared_ptr<const LoadedWeights>> load(std::shared_ptr<const ModelCard> card,
                                                    ByteLedger& ledger,
                                                    ThreadPool& pool) const override {
    if (card->decoder) return load_generative(hub_.home(), std::move(card), ledger, pool);
    QUERN_ASSIGN(models::Encoder model, load_model(*card, ledger, pool));
    if (card->task() == Task::kClassify && model.classifier.n_labels() != card->n_values()) {
      return Status(Code::kBadInput, "the classifier has " +
                                         std::to_string(model.classifier.n_labels()) +
                                         " outputs, config.json names " +
                                         std::to_string(card->n_values()) + " labels");
    }
    return std::shared_ptr<const LoadedWeights>(
        std::make_shared<BertServable>(std::move(card), std::move(model)));
  }

  WeightInfo weights(const ModelCard& card) const override {
    if (card.decoder) return card.decoder_weights;
    return info_of(card.folder, remembered(card.folder.path));
  }

  std::vector<ModelInfo> installed() const override {
    std::vector<ModelInfo> out;
    const Result<std::vector<hub::InstalledModel>> models = hub_.list();
    if (!models.ok()) {
      log_error("{}", models.status().message());
      return out;
    }
    for (const hub::InstalledModel& m : *models) {
      if (!m.problem.empty()) continue;
      ModelCard card;
      if (m.task == task_name(Task::kGenerate)) {
        Result<ModelCard> generative = read_generative_facts(m.path);
        if (!generative.ok()) continue;
        generative->name = m.name;
        out.push_back(info_from(*generative, generative->decoder_weights));
        continue;
      }
      Result<formats::ModelFolder> folder = formats::read_model_folder(m.path);
      if (!folder.ok()) continue;
      card.name = m.name;
      card.folder = std::move(*folder);
      out.push_back(info_from(card, info_of(card.folder, wish_ ? wish_ : recorded(m.path))));
    }
    return out;
  }

 private:
  static std::string path_of(const std::string& key) { return key.substr(0, key.rfind('@')); }

  static const char* name_of(Wish precision) {
    return precision ? kernels::precision_name(*precision) : "auto";
  }

  // Before "auto" is measured, what measuring takes: f32.
  static WeightInfo info_of(const formats::ModelFolder& folder, Wish precision) {
    return {.precision = name_of(precision),
            .bytes =
                models::encoder_weight_bytes(folder, precision.value_or(kernels::Precision::kF32))};
  }

  Result<models::Encoder> load_model(const ModelCard& card, ByteLedger& ledger,
                                     ThreadPool& pool) const {
    const std::string& path = card.folder.path;
    if (const Wish known = remembered(path)) return load_at(card, *known, ledger, pool);
    std::string digest;
    if (hub::is_packed_cache_on()) {
      QUERN_ASSIGN(const formats::TensorFiles files, formats::TensorFiles::open(path));
      QUERN_ASSIGN(digest, hub::model_digest(hub_.home(), path, files));
      const Result<PrecisionRecord> record = find_precision_record(hub_.home(), digest);
      if (record.ok()) {
        remember(path, record->chosen);
        return load_at(card, record->chosen, ledger, pool);
      }
    }
    Result<ChosenModel> measured = choose_precision(card, ledger, pool);
    if (!measured.ok()) return measured.status().in("choosing a precision, in f32 first");
    if (!digest.empty()) keep_precision_record(hub_.home(), digest, measured->record);
    remember(path, measured->record.chosen);
    const PackedBertSource source{.home = hub_.home(),
                                  .folder = card.folder,
                                  .precision = measured->record.chosen,
                                  .pack = [&](formats::TensorFiles) -> Result<models::Encoder> {
                                    return std::move(measured->model);
                                  }};
    return load_packed_bert(source, ledger, pool);
  }

  Result<models::Encoder> load_at(const ModelCard& card, kernels::Precision precision,
                                  ByteLedger& ledger, ThreadPool& pool) const {
    const PackedBertSource source{.home = hub_.home(),
                                  .folder = card.folder,
                                  .precision = precision,
                                  .pack = [&](formats::TensorFiles files) {
                                    return pack_bert(card, precision, std::move(files), ledger,
                                                     pool);
                                  }};
    return load_packed_bert(source, ledger, pool);
  }

  Wish recorded(const std::string& path) const {
    if (!hub::is_packed_cache_on()) return std::nullopt;
    const auto record = known_precision_record(hub_.home(), path);
    return record ? Wish(record->chosen) : std::nullopt;
  }

  void remember(const std::string& path, Wish precision) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    precisions_[path] = precision;
  }

  Wish remembered(const std::string& path) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = precisions_.find(path);
    return found == precisions_.end() ? wish_ : found->second;
  }

  const hub::Hub hub_;
  const Wish wish_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Wish> precisions_;  // By path, as last read or measured.
};

}  // namespace

Result<std::unique_ptr<ModelSource>> make_folder_source(const std::string& home,
                                                        const std::string& precision) {
  QUERN_ASSIGN(const Wish wish, parse_precision_wish(precision));
  return std::unique_ptr<ModelSource>(
      std::make_unique<FolderSource>(hub::Hub(home.empty() ? hub::home_folder() : home), wish));
}

}  // namespace quern::engine
