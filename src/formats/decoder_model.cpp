#include "formats/decoder_model.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "formats/gguf/gguf_special_tokens.h"
#include "formats/json_object.h"

namespace quern::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTemplateBytes = 1 << 20;
constexpr int kControlToken = 3;  // tokenizer.ggml.token_type

// Tokens that end an answer whatever the file declares: many files name only one of theirs.
// Source: llama.cpp, llama-vocab.cpp, special_eog_ids.
constexpr std::string_view kEndTexts[] = {"<|eot_id|>", "<|im_end|>",    "<|end|>", "<end_of_turn>",
                                          "<|eom_id|>", "<|endoftext|>", "<EOT>",   "</s>"};

bool is_end_text(std::string_view token) {
  return std::find(std::begin(kEndTexts), std::end(kEndTexts), token) != std::end(kEndTexts);
}

std::string stem_of(const std::string& path) {
  const fs::path plain = fs::path(path).lexically_normal();
  return (plain.has_filename() ? plain : plain.parent_path()).stem().string();
}

Status read_gguf_tokens(const GgufMetadata& metadata, DecoderModel& out) {
  QUERN_ASSIGN(const auto tokens, metadata.strings("tokenizer.ggml.tokens"));
  QUERN_ASSIGN(const auto types, metadata.integers("tokenizer.ggml.token_type"));
  const auto text_of = [&tokens](std::int64_t id) {
    return id < 0 ? std::string() : std::string(tokens[static_cast<std::size_t>(id)]);
  };
  QUERN_ASSIGN(const text::TokenId bos, special_token_id(metadata, "bos_token_id", tokens.size()));
  out.bos_token = text_of(bos);
  std::set<text::TokenId> ends;
  for (const char* name : {"eos_token_id", "eot_token_id", "eom_token_id"}) {
    QUERN_ASSIGN(const text::TokenId id, special_token_id(metadata, name, tokens.size()));
    if (id >= 0) ends.insert(id);
    if (out.eos_token.empty()) out.eos_token = text_of(id);
  }
  for (std::size_t i = 0; i < std::min(tokens.size(), types.size()); ++i) {
    if (types[i] == kControlToken && is_end_text(tokens[i])) {
      ends.insert(static_cast<text::TokenId>(i));
    }
  }
  // There may be more tokens than logits: one without a logit never comes.
  out.end_ids.assign(ends.begin(), ends.lower_bound(out.config.n_vocab));
  return {};
}

Result<DecoderModel> read_gguf_decoder(const std::string& path) {
  QUERN_ASSIGN(const GgufFile file, GgufFile::open(path));
  DecoderModel out;
  out.path = path;
  out.weights = WeightFiles::kGguf;
  out.name = stem_of(path);
  QUERN_ASSIGN(out.config, decoder_config_from_gguf(file.metadata(), file.tensors()));
  QUERN_ASSIGN(const std::string_view chat,
               file.metadata().string_or("tokenizer.chat_template", ""));
  if (chat.size() > kMaxTemplateBytes) {
    return file.metadata().wrong("tokenizer.chat_template", "at most 1 MB");
  }
  out.chat_template = chat;
  QUERN_TRY(read_gguf_tokens(file.metadata(), out));
  return out;
}

/// "eos_token_id": one id, or several.
Status add_end_ids(const JsonObject& config, int n_vocab, std::set<text::TokenId>& ends) {
  const nlohmann::json& value = config.at("eos_token_id");
  if (value.is_null()) return {};
  const nlohmann::json list = value.is_array() ? value : nlohmann::json::array({value});
  for (const nlohmann::json& item : list) {
    if (!item.is_number_integer() || item.get<double>() < 0 || item.get<double>() >= n_vocab) {
      return config.wrong("eos_token_id", fmt::format("ids from 0 to {}", n_vocab - 1));
    }
    ends.insert(item.get<text::TokenId>());
  }
  return {};
}

/// A token that is a string, or an object with "content".
Result<std::string> token_text(const JsonObject& config, const char* key) {
  if (!config.at(key).is_object()) return config.string_or(key, "");
  QUERN_ASSIGN(const JsonObject token, config.object(key));
  return token.string_or("content", "");
}

/// chat_template.jinja, else the field of tokenizer_config.json: a string, or a list of named ones
/// of which "default" is taken.
Result<std::string> read_chat_template(const std::string& folder, const JsonObject& config) {
  Result<std::string> file =
      read_file((fs::path(folder) / "chat_template.jinja").string(), kMaxTemplateBytes);
  if (file.ok() || file.status().code() != Code::kNotFound) return file;
  if (!config.at("chat_template").is_array()) return config.string_or("chat_template", "");
  for (const nlohmann::json& item : config.at("chat_template")) {
    if (!item.is_object()) return config.wrong("chat_template", "a string, or named templates");
    const JsonObject entry(item, config.label() + ": chat_template");
    QUERN_ASSIGN(const std::string name, entry.string("name"));
    if (name == "default") return entry.string("template");
  }
  return std::string();
}

Result<DecoderModel> read_folder_decoder(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return {Code::kNotFound, "neither a .gguf file nor a folder"};
  }
  DecoderModel out;
  out.path = path;
  out.weights = WeightFiles::kSafetensors;
  out.name = fs::path(path).lexically_normal().filename().string();
  if (out.name.empty()) out.name = fs::path(path).lexically_normal().parent_path().filename();
  QUERN_ASSIGN(const JsonObject config, JsonObject::read(path, "config.json"));
  QUERN_ASSIGN(out.config, decoder_config_from_json(config));
  QUERN_ASSIGN(const JsonObject generation,
               JsonObject::read_or_empty(path, "generation_config.json"));
  std::set<text::TokenId> ends;
  QUERN_TRY(add_end_ids(config, out.config.n_vocab, ends));
  QUERN_TRY(add_end_ids(generation, out.config.n_vocab, ends));
  out.end_ids.assign(ends.begin(), ends.end());
  QUERN_ASSIGN(const JsonObject tokenizer,
               JsonObject::read_or_empty(path, "tokenizer_config.json"));
  QUERN_ASSIGN(out.bos_token, token_text(tokenizer, "bos_token"));
  QUERN_ASSIGN(out.eos_token, token_text(tokenizer, "eos_token"));
  QUERN_ASSIGN(out.chat_template, read_chat_template(path, tokenizer));
  return out;
}

/// True for "m-00002-of-00003.gguf": a part that is not the first.
bool is_later_part(const std::string& name) {
  const std::size_t of = name.rfind("-of-");
  return of != std::string::npos && of >= 6 && name[of - 6] == '-' &&
         name.substr(of - 5, 5) != "00001";
}

}  // namespace

Result<std::string> find_gguf(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return path.ends_with(".gguf") ? path : std::string();
  std::vector<std::string> found;
  fs::directory_iterator at(path, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.ends_with(".gguf") && !is_later_part(name)) found.push_back(at->path().string());
  }
  if (found.empty()) return std::string();
  if (found.size() == 1) return found.front();
  return {Code::kBadInput,
          fmt::format("'{}' holds {} .gguf files, want one: name the file", path, found.size())};
}

Result<DecoderModel> read_decoder(const std::string& path) {
  const std::string where = fmt::format("model '{}'", path);
  QUERN_ASSIGN(const std::string gguf, find_gguf(path));
  QUERN_ASSIGN(DecoderModel out,
               (gguf.empty() ? read_folder_decoder(path) : read_gguf_decoder(gguf)).in(where));
  if (out.config.is_causal) return out;
  return {Code::kUnsupported,
          fmt::format("{}: its tokens see those behind them, it cannot generate text", where)};
}

void add_tokenizer_ends(const text::TokenizerSpec& tokenizer, DecoderModel& out) {
  if (out.weights != WeightFiles::kSafetensors) return;
  std::set<text::TokenId> ends(out.end_ids.begin(), out.end_ids.end());
  const auto add = [&](std::int64_t id) {
    if (id < out.config.n_vocab) ends.insert(static_cast<text::TokenId>(id));
  };
  bool is_eos_added = false;
  for (const text::AddedToken& token : tokenizer.added) {
    // Fine-tunes often forget "special"; llama.cpp's converter marks tokens of this look anyway.
    if (token.content == out.eos_token || is_end_text(token.content)) add(token.id);
    is_eos_added = is_eos_added || token.content == out.eos_token;
  }
  if (!is_eos_added && !out.eos_token.empty()) {
    const auto at = std::find(tokenizer.vocab.begin(), tokenizer.vocab.end(), out.eos_token);
    if (at != tokenizer.vocab.end()) add(at - tokenizer.vocab.begin());
  }
  out.end_ids.assign(ends.begin(), ends.end());
}

}  // namespace quern::formats
