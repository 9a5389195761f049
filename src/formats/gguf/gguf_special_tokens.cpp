#include "formats/gguf/gguf_special_tokens.h"

#include <fmt/format.h>

#include "base/log.h"

namespace quern::formats {
namespace {

using text::TokenId;

struct Custom {
  std::string_view model;  // tokenizer.ggml.model
  std::string_view name;
  TokenId id;
};

// llama.cpp's 11 for both ends of "gpt2" is left out: it is Falcon's, and in most other
// vocabularies a comma.
constexpr Custom kCustoms[] = {
    {"llama", "bos_token_id", 1},      {"llama", "eos_token_id", 2},
    {"llama", "unknown_token_id", 0},  {"bert", "bos_token_id", 101},
    {"bert", "unknown_token_id", 100}, {"bert", "seperator_token_id", 102},
    {"bert", "padding_token_id", 0},   {"bert", "mask_token_id", 103},
    {"t5", "eos_token_id", 1},         {"t5", "unknown_token_id", 2},
    {"t5", "padding_token_id", 0},
};

TokenId custom_id(std::string_view model, std::string_view name, std::size_t n_vocab) {
  for (const Custom& custom : kCustoms) {
    if (custom.model != model || custom.name != name) continue;
    return static_cast<std::size_t>(custom.id) < n_vocab ? custom.id : -1;
  }
  return -1;
}

}  // namespace

Result<TokenId> special_token_id(const GgufMetadata& metadata, std::string_view name,
                                 std::size_t n_vocab) {
  const std::string key = fmt::format("tokenizer.ggml.{}", name);
  QUERN_ASSIGN(const std::string_view model, metadata.string_or("tokenizer.ggml.model", ""));
  const TokenId custom = custom_id(model, name, n_vocab);
  if (!metadata.has(key)) {
    // BERT files name [CLS] and [SEP] otherwise; a Llama without ends is a file that lacks them.
    if (custom >= 0 && model == "llama" && name != "unknown_token_id") {
      log_warn("there is no '{}': {} is taken", key, custom);
    }
    return custom;
  }
  QUERN_ASSIGN(const std::int64_t id, metadata.integer_or(key, INT64_MIN, INT64_MAX, -1));
  if (id == UINT32_MAX || id == -1) return TokenId{-1};
  if (id >= 0 && id < static_cast<std::int64_t>(n_vocab)) return static_cast<TokenId>(id);
  log_warn("'{}' is {} among {} tokens: {} is taken", key, id, n_vocab,
           custom < 0 ? "none" : std::to_string(custom));
  return custom;
}

}  // namespace quern::formats
