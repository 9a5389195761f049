#include "hub/adapted_model.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "base/sha256.h"
#include "formats/json_object.h"
#include "formats/lora_adapter.h"
#include "formats/model_folder.h"
#include "hub/merged_weights.h"
#include "hub/model_files.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;
using formats::JsonObject;
using formats::LoraAdapter;

constexpr const char* kConfig = "config.json";
constexpr const char* kWeights = "model.safetensors";
constexpr const char* kCard = "README.md";
constexpr const char* kBaseCard = "BASE_README.md";
constexpr std::size_t kMaxCardBytes = std::size_t{16} << 20;
constexpr const char* kTokenizers[] = {"tokenizer.json", "vocab.txt", "spm.model",
                                       "sentencepiece.bpe.model"};
/// What an adapter may say of its model; sizes are the base's.
constexpr const char* kAdapterFields[] = {
    "architectures",        "id2label",     "label2id",
    "num_labels",           "problem_type", "classifier_pooling",
    "sentence_transformers"};
/// Of sentence-transformers: how the base makes vectors.
constexpr const char* kVectorFiles[] = {"modules.json", "sentence_bert_config.json",
                                        "config_sentence_transformers.json"};

/// "ForSequenceClassification"; nullptr for adapters that leave the base what it is.
const char* class_ending(const LoraAdapter& adapter) {
  if (adapter.task == "SEQ_CLS") return "ForSequenceClassification";
  if (adapter.task == "TOKEN_CLS") return "ForTokenClassification";
  return nullptr;
}

bool is_kept(const std::string& path, bool becomes_classifier) {
  const std::string name = fs::path(path).filename().string();
  if (path.ends_with(".safetensors") || name == kConfig || name == kCard || name == kBaseCard ||
      name == formats::kAdapterConfig || name.ends_with(".safetensors.index.json") ||
      name == "golden.json") {
    return path.find('/') != std::string::npos && !becomes_classifier;  // Of its modules.
  }
  if (!becomes_classifier) return true;
  return path.find('/') == std::string::npos &&
         std::none_of(std::begin(kVectorFiles), std::end(kVectorFiles),
                      [&](const char* other) { return name == other; });
}

/// "BertModel", "BertForMaskedLM": "BertForSequenceClassification".
Result<std::string> class_with(const char* ending, const JsonObject& base) {
  QUERN_ASSIGN(const std::vector<std::string> names, base.strings("architectures"));
  std::string stem = names.empty() ? "" : names.front();
  stem.resize(std::min({stem.find("For"), stem.rfind("Model"), stem.size()}));
  if (stem.empty()) return base.wrong("architectures", "the name of a class, such as BertModel");
  return stem + ending;
}

/// Rows of the classifier, where no file says how many labels there are; 0: no classifier.
std::int64_t count_labels(const LoraAdapter& adapter) {
  constexpr std::string_view kEnds[] = {"classifier.weight", "score.weight", "out_proj.weight"};
  for (const formats::SavedTensor& saved : adapter.saved) {
    for (const std::string_view end : kEnds) {
      if (saved.name.ends_with(end) && saved.entry.shape.size() == 2) return saved.entry.shape[0];
    }
  }
  return 0;
}

/// Whether the class that config.json beside the adapter names, if it does, is the one of the base
/// for the task: `want`; any for the task where the base names none.
Status check_class(const JsonObject& own, const LoraAdapter& adapter, const nlohmann::json& want) {
  if (!own.has("architectures")) return {};
  QUERN_ASSIGN(const std::vector<std::string> names, own.strings("architectures"));
  const char* ending = class_ending(adapter);
  if (names.size() == 1 && names.front().ends_with(ending) && own.at("architectures") == want) {
    return {};
  }
  return own.wrong("architectures", fmt::format("a class of the base that ends with {}, since "
                                                "task_type is {}",
                                                ending, adapter.task));
}

Status check_labels(const nlohmann::json& config, std::int64_t n_rows) {
  const auto names = config.find("id2label");
  if (n_rows == 0 || names == config.end() || !names->is_object()) return {};
  if (names->size() == static_cast<std::size_t>(n_rows)) return {};
  return {Code::kBadInput, fmt::format("id2label names {} labels, the adapter's classifier has {} "
                                       "rows",
                                       names->size(), n_rows)};
}

/// What the adapter learnt was of its own tokens. Rules beside the vocabulary are the base's.
Status check_tokenizer(const std::string& base, const std::string& adapter_folder) {
  std::error_code error;
  const bool has_own =
      std::any_of(std::begin(kTokenizers), std::end(kTokenizers),
                  [&](const char* name) { return fs::exists(adapter_folder + "/" + name, error); });
  if (!has_own) return {};
  QUERN_ASSIGN(const text::TokenizerSpec own, formats::read_tokenizer(adapter_folder));
  QUERN_ASSIGN(const text::TokenizerSpec other, formats::read_tokenizer(base));
  const auto is_same = [](const text::AddedToken& a, const text::AddedToken& b) {
    return a.id == b.id && a.content == b.content;
  };
  if (own.vocab == other.vocab && std::equal(own.added.begin(), own.added.end(),
                                             other.added.begin(), other.added.end(), is_same)) {
    return {};
  }
  return {
      Code::kBadInput,
      fmt::format("the tokenizer beside the adapter ({} tokens, {} added) is not the base's ({} "
                  "tokens, {} added)",
                  own.vocab.size(), own.added.size(), other.vocab.size(), other.added.size())};
}

/// With the cards that it has of its own base: they say the licences. "" where it has none.
Result<std::string> card_of(const std::string& base) {
  std::string out;
  std::error_code error;
  for (const char* name : {kCard, kBaseCard}) {
    const std::string path = base + "/" + name;
    if (!fs::exists(path, error)) continue;
    QUERN_ASSIGN(const std::string text, read_file(path, kMaxCardBytes));
    out += (out.empty() ? "" : "\n") + text;
  }
  return out;
}

Result<std::string> config_of(const std::string& base_folder, const std::string& adapter_folder,
                              const LoraAdapter& adapter) {
  QUERN_ASSIGN(const JsonObject base, JsonObject::read(base_folder, kConfig));
  QUERN_ASSIGN(const JsonObject own, JsonObject::read_or_empty(adapter_folder, kConfig));
  nlohmann::json merged = base.json();
  for (const char* key : kAdapterFields) {
    if (own.has(key)) merged[key] = own.at(key);
  }
  if (const char* ending = class_ending(adapter); ending != nullptr) {
    if (base.has("architectures") || !own.has("architectures")) {
      QUERN_ASSIGN(std::string name, class_with(ending, base));
      merged["architectures"] = nlohmann::json::array({std::move(name)});
    }
    QUERN_TRY(check_class(own, adapter, merged["architectures"]));
    const std::int64_t n_labels = count_labels(adapter);
    if (!merged.contains("id2label") && !merged.contains("num_labels") && n_labels > 0) {
      merged["num_labels"] = n_labels;
    }
    QUERN_TRY(check_labels(merged, n_labels));
  }
  // A base whose strings are no UTF-8 was refused when it was parsed.
  return merged.dump(2) + "\n";
}

Result<ManifestFile> noted(const std::string& folder, const std::string& file) {
  const std::string path = folder + "/" + file;
  std::error_code error;
  QUERN_ASSIGN(std::string digest, sha256_hex_of_file(path));
  return ManifestFile{file, fs::file_size(path, error), std::move(digest)};
}

/// Fills `part` with the merged model.
Result<std::vector<ManifestFile>> merge_into(const std::string& part, const std::string& base,
                                             const std::string& adapter_folder,
                                             const LoraAdapter& adapter) {
  QUERN_ASSIGN(const formats::TensorFiles weights, formats::TensorFiles::open(base));
  QUERN_ASSIGN(const std::string config, config_of(base, adapter_folder, adapter));
  QUERN_ASSIGN(std::vector<ModelFile> files, list_model_files(base));
  const bool becomes_classifier = class_ending(adapter) != nullptr;
  std::erase_if(files, [&](const ModelFile& f) { return !is_kept(f.path, becomes_classifier); });
  QUERN_ASSIGN(std::vector<ManifestFile> out, copy_model_files(base, part, files));

  std::vector<ModelFile> own = {{formats::kAdapterConfig, 0}};
  std::error_code error;
  if (fs::exists(adapter_folder + "/" + kCard, error)) own.push_back({kCard, 0});
  QUERN_ASSIGN(std::vector<ManifestFile> card, copy_model_files(adapter_folder, part, own));
  out.insert(out.end(), card.begin(), card.end());
  QUERN_ASSIGN(const std::string base_card, card_of(base));
  if (!base_card.empty()) {
    QUERN_TRY(write_file_atomically(part + "/" + kBaseCard, base_card));
    QUERN_ASSIGN(ManifestFile file, noted(part, kBaseCard));
    out.push_back(std::move(file));
  }

  QUERN_TRY(write_file_atomically(part + "/" + kConfig, config));
  QUERN_TRY(write_merged_weights(weights, adapter, part + "/" + kWeights));
  for (const char* made : {kConfig, kWeights}) {
    QUERN_ASSIGN(ManifestFile file, noted(part, made));
    out.push_back(std::move(file));
  }
  return out;
}

}  // namespace

Result<InstalledModel> add_adapted(const Hub& hub, const AdaptedModel& wanted) {
  QUERN_TRY(hub.check_new_name(wanted.name));
  QUERN_ASSIGN(const std::string base, hub.resolve(wanted.base));
  std::error_code error;
  if (hub.name_at(fs::weakly_canonical(base, error).string()) == wanted.name) {
    return {Code::kBadInput,
            fmt::format("'{}' is the base's own name, want another for the adapted model",
                        wanted.name)};
  }
  if (!fs::exists(base + "/" + kConfig, error)) {
    return {Code::kUnsupported,
            fmt::format("an adapter on '{}', want a folder with config.json and safetensors",
                        wanted.base)};
  }
  QUERN_ASSIGN(const LoraAdapter adapter,
               formats::read_lora_adapter(wanted.adapter).in(wanted.adapter));
  QUERN_TRY(check_tokenizer(base, wanted.adapter).in(wanted.adapter));
  return hub.install({.name = wanted.name,
                      .hub_name = wanted.hub_name,
                      .base = wanted.base,
                      .fill = [&](const std::string& part) {
                        return merge_into(part, base, wanted.adapter, adapter);
                      }});
}

}  // namespace quern::hub
