#include "engine/load/self_check.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "formats/json_object.h"

namespace quern::engine {
namespace {

namespace fs = std::filesystem;
using formats::JsonObject;
using formats::ModelFolder;

/// Of a folder whose files were all read before: one that cannot be read says nothing here.
JsonObject file_of(const ModelFolder& folder, const char* name) {
  Result<JsonObject> json = JsonObject::read_or_empty(folder.path, name);
  return json.ok() ? *std::move(json) : JsonObject(nlohmann::json::object(), name);
}

class Check {
 public:
  Check(const ModelFolder& folder, const text::TextEncoder& encoder, const hub::KnownFacts& known)
      : folder_(folder), encoder_(encoder), known_(known) {}

  std::vector<std::string> run() && {
    const bool is_embedder = folder_.head.output == formats::OutputKind::kVector;
    // A table of rows has none of the rest.
    if (folder_.config.n_layers == 0) {
      check_vocabulary();
      return std::move(found_);
    }
    std::error_code error;
    if (fs::is_directory(folder_.path, error)) {
      if (is_embedder) {
        check_modules();
        check_pooling_file();
        check_truncation();
      } else if (has_labels()) {
        check_labels();
      }
      check_limit();
      check_padding();
    }
    if (!folder_.pair_prompt) check_template(is_embedder);
    check_vocabulary();
    return std::move(found_);
  }

 private:
  bool is_classifier() const { return folder_.head.output == formats::OutputKind::kLogits; }
  bool has_labels() const { return !folder_.head.labels.empty(); }

  template <typename... Args>
  void tell(fmt::format_string<Args...> format, Args&&... args) {
    found_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void check_modules() {
    std::error_code error;
    if (known_.gave_pooling || fs::exists(fs::path(folder_.path) / "modules.json", error)) return;
    tell(
        "no modules.json says how a text becomes a vector: the {} of its tokens, at length 1, is "
        "taken",
        folder_.head.poolings.front() == formats::Pooling::kLast ? "last" : "mean");
  }

  void check_pooling_file() {
    const JsonObject pooling = file_of(folder_, "1_Pooling/config.json");
    if (pooling.json().empty() || pooling.has("pooling_mode")) return;
    for (const auto& [key, value] : pooling.json().items()) {
      if (key.starts_with("pooling_mode_") && value.is_boolean() && value.get<bool>()) return;
    }
    tell("1_Pooling/config.json names no pooling mode: the mean is taken");
  }

  void check_truncation() {
    const JsonObject config = file_of(folder_, "config_sentence_transformers.json");
    const Result<int> wanted = config.integer_or("truncate_dim", 1, 1 << 30, 0);
    if (!wanted.ok() || *wanted <= folder_.head.n_values) return;
    tell(
        "config_sentence_transformers.json: 'truncate_dim' is {}, vectors have {} numbers: all are "
        "kept",
        *wanted, folder_.head.n_values);
  }

  void check_labels() {
    const JsonObject config = file_of(folder_, "config.json");
    const std::vector<std::string>& labels = folder_.head.labels;
    const bool is_unnamed =
        labels.size() > 1 &&
        std::all_of(labels.begin(), labels.end(), [](auto& l) { return l.starts_with("LABEL_"); });
    if (is_unnamed) {
      tell("config.json names no labels: they are {} to {}, and which means what is not known",
           labels.front(), labels.back());
    }
    if (!config.at("label2id").is_object() || is_unnamed) return;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto at = config.at("label2id").find(labels[i]);
      if (at == config.at("label2id").end()) continue;
      if (at->is_number_integer() && at->get<std::int64_t>() == static_cast<std::int64_t>(i))
        continue;
      tell("config.json: 'id2label' has '{}' at {}, 'label2id' at {}: 'id2label' is followed",
           labels[i], i, at->dump());
    }
  }

  void check_limit() {
    const JsonObject sentence = file_of(folder_, "sentence_bert_config.json");
    const nlohmann::json& limit = sentence.at("max_seq_length");
    if (!limit.is_number() || limit.get<double>() <= folder_.config.n_positions) return;
    tell(
        "sentence_bert_config.json: 'max_seq_length' is {}, the model has {} positions: those are "
        "the "
        "limit",
        limit.dump(), folder_.config.n_positions);
  }

  /// Where padding has positions of its own, another token there shifts all positions of a text.
  void check_padding() {
    if (folder_.config.pad_id < 0) return;
    const JsonObject config = file_of(folder_, "tokenizer_config.json");
    const nlohmann::json& pad = config.at("pad_token");
    const nlohmann::json& text =
        pad.is_object() && pad.contains("content") ? pad.at("content") : pad;
    if (!text.is_string() || folder_.config.pad_id >= encoder_.tokenizer().n_vocab()) return;
    std::string own;
    encoder_.tokenizer().decode(folder_.config.pad_id, own);
    if (own == text.get<std::string>()) return;
    tell(
        "config.json: 'pad_token_id' is {}, which is '{}', the tokenizer pads with '{}': positions "
        "are "
        "counted by config.json",
        folder_.config.pad_id, own, text.get<std::string>());
  }

  void check_template(bool is_embedder) {
    // A token of a text, none of the template's, stands between what the template puts around it.
    const std::vector<text::TokenId> around = encoder_.wrap({}, 0).ids;
    text::TokenId own = 0;
    while (std::find(around.begin(), around.end(), own) != around.end()) ++own;
    const std::vector<text::TokenId> ids = encoder_.wrap({own}, 0).ids;
    const bool has_first = ids.front() != own;
    const bool has_last = ids.back() != own;
    const auto pools = [this](formats::Pooling pooling) {
      const std::vector<formats::Pooling>& all = folder_.head.poolings;
      return std::find(all.begin(), all.end(), pooling) != all.end();
    };
    if (pools(formats::Pooling::kLast) && !has_last && is_embedder) {
      tell(
          "a vector is made of the last token, and the tokenizer puts no end token behind a text: "
          "most "
          "such models need one (a later revision of the files may have it)");
    } else if (pools(formats::Pooling::kCls) && !has_first && (is_embedder || is_classifier())) {
      tell("{} of the first token, and the tokenizer puts none of its own in front of a text",
           is_embedder ? "a vector is made" : "a label is made");
    } else if (ids.size() == 1) {
      tell(
          "the tokenizer puts no tokens of its own ([CLS], </s>, ...) around a text: most encoders "
          "were "
          "trained with them");
    }
  }

  void check_vocabulary() {
    const int n_ids = encoder_.tokenizer().n_vocab();
    if (n_ids <= folder_.config.n_vocab) return;
    tell("the tokenizer has {} ids, the embedding {} rows: texts that need the others are refused",
         n_ids, folder_.config.n_vocab);
  }

  const ModelFolder& folder_;
  const text::TextEncoder& encoder_;
  const hub::KnownFacts& known_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> self_check(const ModelFolder& folder, const text::TextEncoder& encoder,
                                    const hub::KnownFacts& known) {
  return Check(folder, encoder, known).run();
}

std::vector<std::string> self_check(const formats::DecoderModel& model) {
  std::vector<std::string> found;
  if (model.end_ids.empty()) {
    found.emplace_back("no token ends an answer: answers go on to their limit");
  }
  return found;
}

}  // namespace quern::engine
