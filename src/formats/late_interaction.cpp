#include "formats/late_interaction.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "formats/json_object.h"
#include "formats/output_files.h"

namespace quern::formats {
namespace {

constexpr int kMaxLength = 1 << 20;
constexpr int kFewestTokens = 4;  // [CLS], a marker, one token, [SEP].
constexpr int kQueryTokens = 32;
constexpr int kDocumentTokens = 180;
constexpr std::size_t kMostSkipped = 4096;

// Python's string.punctuation.
constexpr std::string_view kPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

std::vector<std::string> punctuation() {
  std::vector<std::string> out;
  for (const char c : kPunctuation) out.emplace_back(1, c);
  return out;
}

/// A token that a tokenizer's file names: a text, or an object that has it as "content".
std::string named_token(const JsonObject& config, const char* key) {
  const nlohmann::json& token = config.at(key);
  if (token.is_string()) return token.get<std::string>();
  if (token.is_object() && token.contains("content") && token.at("content").is_string()) {
    return token.at("content").get<std::string>();
  }
  return {};
}

/// The mask token; of a tokenizer without one the end token.
Result<std::string> usual_filler(const std::string& folder) {
  for (const char* key : {"mask_token", "eos_token"}) {
    for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"}) {
      QUERN_ASSIGN(const JsonObject config, JsonObject::read_or_empty(folder, file));
      std::string token = named_token(config, key);
      if (!token.empty()) return token;
    }
  }
  return Status(Code::kBadInput,
                "queries are to be filled up, and neither tokenizer_config.json nor "
                "special_tokens_map.json names a 'mask_token' or an 'eos_token'");
}

Result<int> length(const JsonObject& config, const char* key, int fallback) {
  return config.integer_or(key, kFewestTokens, kMaxLength, fallback);
}

/// {"strategy": "fixed", "attend": false, "length": 32, "token": null}
Status read_expansion(const std::string& folder, const JsonObject& transformer,
                      LateInteraction& out) {
  if (!transformer.has("query_expansion")) return {};
  QUERN_ASSIGN(const JsonObject config, transformer.object("query_expansion"));
  QUERN_ASSIGN(const std::string strategy, config.string("strategy"));
  if (strategy != "fixed" && strategy != "min") return config.wrong("strategy", "fixed or min");
  LateInteraction::Filling filling;
  QUERN_ASSIGN(filling.n_tokens, config.integer("length", kFewestTokens, kMaxLength));
  QUERN_ASSIGN(filling.is_seen, config.boolean_or("attend", false));
  QUERN_ASSIGN(filling.token, config.string_or("token", ""));
  if (filling.token.empty()) {
    QUERN_ASSIGN(filling.token, usual_filler(folder));
  }
  if (strategy == "fixed") {
    out.query.max_tokens = filling.n_tokens;
  } else if (out.query.max_tokens > 0 && out.query.max_tokens < filling.n_tokens) {
    return config.wrong("length", fmt::format("at most 'query_length', {}", out.query.max_tokens));
  }
  out.filling = std::move(filling);
  return {};
}

Result<std::vector<std::string>> skipped_words(const JsonObject& config) {
  constexpr const char* kKey = "skiplist_words";
  QUERN_ASSIGN(std::vector<std::string> words, config.strings(kKey));
  if (words.size() > kMostSkipped) {
    return config.wrong(kKey,
                        fmt::format("at most {} words, it has {}", kMostSkipped, words.size()));
  }
  return words;
}

Status read_similarity(const JsonObject& sentence, LateInteraction& out) {
  QUERN_ASSIGN(const std::string name, sentence.string_or("similarity_fn_name", "maxsim"));
  out.averages = name == "meanmaxsim";
  return {};
}

}  // namespace

Result<LateInteraction> read_late_interaction(const std::string& folder, const JsonObject& sentence,
                                              const JsonObject& transformer,
                                              const JsonObject& mask) {
  LateInteraction out;
  QUERN_ASSIGN(out.query.max_tokens, length(transformer, "query_length", 0));
  QUERN_ASSIGN(out.document.max_tokens, length(transformer, "document_length", 0));
  QUERN_TRY(read_expansion(folder, transformer, out));
  QUERN_ASSIGN(out.skipped, skipped_words(mask));
  QUERN_ASSIGN(const std::vector<std::string> tasks, mask.strings("skiplist_tasks"));
  if (mask.has("skiplist_tasks") && tasks != std::vector<std::string>{"document"}) {
    return mask.unsupported("skiplist_tasks", "document alone");
  }
  if (mask.has("keep_only_token_ids")) return mask.unsupported("keep_only_token_ids", "null");
  QUERN_TRY(read_similarity(sentence, out));
  return out;
}

Result<LateInteraction> read_pylate(const std::string& folder, const JsonObject& sentence) {
  LateInteraction out;
  QUERN_ASSIGN(out.query.marker, sentence.string_or("query_prefix", "[Q] "));
  QUERN_ASSIGN(out.document.marker, sentence.string_or("document_prefix", "[D] "));
  QUERN_ASSIGN(out.query.max_tokens, length(sentence, "query_length", kQueryTokens));
  QUERN_ASSIGN(out.document.max_tokens, length(sentence, "document_length", kDocumentTokens));
  QUERN_ASSIGN(const bool is_filled, sentence.boolean_or("do_query_expansion", true));
  if (is_filled) {
    LateInteraction::Filling filling{.n_tokens = out.query.max_tokens};
    QUERN_ASSIGN(filling.is_seen, sentence.boolean_or("attend_to_expansion_tokens", false));
    QUERN_ASSIGN(filling.token, usual_filler(folder));
    out.filling = std::move(filling);
  }
  out.skipped = punctuation();
  if (sentence.has("skiplist_words")) {
    QUERN_ASSIGN(out.skipped, skipped_words(sentence));
  }
  QUERN_TRY(read_similarity(sentence, out));
  return out;
}

Result<LateInteraction> read_stanford(const std::string& folder) {
  QUERN_ASSIGN(const JsonObject config, JsonObject::read_or_empty(folder, kStanfordMetadata));
  LateInteraction out;
  QUERN_ASSIGN(out.query.marker, config.string_or("query_token_id", "[unused0]"));
  QUERN_ASSIGN(out.document.marker, config.string_or("doc_token_id", "[unused1]"));
  QUERN_ASSIGN(out.query.max_tokens, length(config, "query_maxlen", kQueryTokens));
  QUERN_ASSIGN(out.document.max_tokens, length(config, "doc_maxlen", kDocumentTokens));
  LateInteraction::Filling filling{.n_tokens = out.query.max_tokens};
  QUERN_ASSIGN(filling.is_seen, config.boolean_or("attend_to_mask_tokens", false));
  QUERN_ASSIGN(filling.token, usual_filler(folder));
  out.filling = std::move(filling);
  QUERN_ASSIGN(const bool skips, config.boolean_or("mask_punctuation", true));
  if (skips) out.skipped = punctuation();
  QUERN_ASSIGN(const std::string similarity, config.string_or("similarity", "cosine"));
  if (similarity != "cosine") return config.unsupported("similarity", "cosine");
  return out;
}

}  // namespace quern::formats
