// Models from folders on disk: hub/ finds them, formats/ reads them, models/ runs them.

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/machine.h"
#include "engine/batch.h"
#include "engine/calibration.h"
#include "engine/model_source.h"
#include "engine/packed_bert.h"
#include "formats/safetensors.h"
#include "hub/hub.h"
#include "kernels/weight.h"

namespace quern::engine {
namespace {

class BertServable : public Servable {
 public:
  BertServable(std::shared_ptr<const ModelCard> card, models::BertModel model)
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
           models::bert_scratch_bytes(model_, n_tokens, longest, n_threads);
  }

  void forward(const models::RaggedBatch& batch, std::span<std::byte> scratch, ThreadPool& pool,
               Matrix<float> out) const override {
    const Matrix<float> hidden(reinterpret_cast<float*>(scratch.data()), batch.n_tokens(),
                               model_.config.d_model);
    models::bert_forward(model_, batch, scratch.subspan(hidden_bytes(batch.n_tokens())), pool,
                         hidden);
    if (card_->task() == Task::kClassify) {
      models::classify_sequences(model_, batch, hidden, out);
    } else {
      models::pool_sequences(batch, hidden, card_->folder.pooling, card_->folder.normalize, out);
    }
  }

  void finish(const Plan& plan, std::vector<float>& values) const override {
    if (plan.slice_to > 0) models::slice_and_normalize(values, plan.slice_to);
  }

 private:
  std::size_t hidden_bytes(int n_tokens) const {
    const std::size_t bytes = static_cast<std::size_t>(n_tokens) *
                              static_cast<std::size_t>(model_.config.d_model) * sizeof(float);
    return (bytes + Buffer::kAlignment - 1) / Buffer::kAlignment * Buffer::kAlignment;
  }

  const std::shared_ptr<const ModelCard> card_;
  const models::BertModel model_;
};

class FolderSource : public ModelSource {
 public:
  FolderSource(hub::Hub hub, kernels::Precision precision)
      : hub_(std::move(hub)), precision_(precision) {}

  // "/path/to/model@f32": path_of() is the part before the '@'.
  Result<std::string> resolve(const std::string& model) const override {
    QUERN_ASSIGN(const std::string path, hub_.resolve(model));
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(path, error);
    if (error) return {Code::kNotFound, "cannot open '" + path + "': " + error.message()};
    return real.string() + "@" + precision();
  }

  Result<ModelCard> read(const std::string& key) const override {
    const std::string path = path_of(key);
    ModelCard card;
    QUERN_ASSIGN(card.folder, formats::read_model_folder(path));
    card.name = card.folder.name;
    QUERN_ASSIGN(text::TextEncoder encoder, read_encoder(key));
    card.encoder = std::make_shared<const text::TextEncoder>(std::move(encoder));
    measure_template(card);
    card.weight_bytes = models::bert_weight_bytes(card.folder, precision_);
    return card;
  }

  Result<text::TextEncoder> read_encoder(const std::string& key) const override {
    QUERN_ASSIGN(const text::TokenizerSpec spec, formats::read_tokenizer(path_of(key)));
    return text::TextEncoder::make(spec);
  }

  Result<std::shared_ptr<const Servable>> load(std::shared_ptr<const ModelCard> card,
                                               ByteLedger& ledger,
                                               ThreadPool& pool) const override {
    const PackedBertSource source{.home = hub_.home(),
                                  .folder = card->folder,
                                  .precision = precision_,
                                  .pack = [&](formats::TensorFiles files) {
                                    return pack(*card, std::move(files), ledger, pool);
                                  }};
    QUERN_ASSIGN(models::BertModel model, load_packed_bert(source, ledger, pool));
    if (card->task() == Task::kClassify && model.n_labels() != card->n_values()) {
      return Status(Code::kBadInput, "the classifier has " + std::to_string(model.n_labels()) +
                                         " outputs, config.json names " +
                                         std::to_string(card->n_values()) + " labels");
    }
    return std::shared_ptr<const Servable>(
        std::make_shared<BertServable>(std::move(card), std::move(model)));
  }

  std::vector<ModelInfo> installed() const override {
    std::vector<ModelInfo> out;
    for (const hub::InstalledModel& m : hub_.list()) {
      if (!m.problem.empty()) continue;
      ModelCard card;
      Result<formats::ModelFolder> folder = formats::read_model_folder(m.path);
      if (!folder.ok()) continue;
      card.name = m.name;
      card.folder = std::move(*folder);
      card.weight_bytes = models::bert_weight_bytes(card.folder, precision_);
      out.push_back(info_from(card));
      out.back().precision = precision();
    }
    return out;
  }

  std::string precision() const override { return kernels::precision_name(precision_); }

 private:
  static std::string path_of(const std::string& key) { return key.substr(0, key.rfind('@')); }

  // Int8 is equalised by what the f32 model shows on the sample texts.
  Result<models::BertModel> pack(const ModelCard& card, formats::TensorFiles files,
                                 ByteLedger& ledger, ThreadPool& pool) const {
    models::Int8Calibration seen;
    if (precision_ == kernels::Precision::kInt8) {
      QUERN_ASSIGN(formats::TensorFiles again, formats::TensorFiles::open(card.folder.path));
      QUERN_ASSIGN(
          const models::BertModel f32,
          models::load_bert(card.folder, std::move(again), kernels::Precision::kF32, ledger, pool));
      QUERN_ASSIGN(seen, calibrate(card, f32, ledger));
    }
    return models::load_bert(card.folder, std::move(files), precision_, ledger, pool, {},
                             seen.blocks.empty() ? nullptr : &seen);
  }

  const hub::Hub hub_;
  const kernels::Precision precision_;
};

}  // namespace

Result<std::unique_ptr<ModelSource>> make_folder_source(const std::string& home,
                                                        const std::string& precision) {
  QUERN_ASSIGN(const kernels::Precision parsed, kernels::parse_precision(precision));
  return std::unique_ptr<ModelSource>(
      std::make_unique<FolderSource>(hub::Hub(home.empty() ? hub::home_folder() : home), parsed));
}

}  // namespace quern::engine
