#include "cli/dialogue_serving.h"

#include <algorithm>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cache_flags.h"

namespace quern::cli {
namespace {

// For CLI11: "" if the text can be read, else what is wrong.
std::string cache_problem(const std::string& text) {
  return cache_size_from(text).status().message();
}

bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

void add_dialogue_serving_flags(CLI::App& command, DialogueServingFlags& flags) {
  command
      .add_option("--dialogue", flags.files,
                  "Say what comes next in dialogues by this predictor, under NAME (the\n"
                  "file's stem); may be repeated. Opened from the start on, or with --lazy\n"
                  "by the first request")
      ->type_name("FILE[=NAME]")
      ->allow_extra_args(false)
      ->group("Dialogues");
  command
      .add_option("--dialogue-cache", flags.cache,
                  "Predictions and states of dialogues that are kept: a number of each, or\n"
                  "bytes, e.g. 64MB; 0: none (default: 64MB, or a sixteenth of --memory)")
      ->type_name("N|BYTES")
      ->check(cache_problem)
      ->group("Dialogues");
  command
      .add_option("--dialogue-conversations", flags.max_conversations,
                  "Conversations that are remembered for each predictor (default: 100000);\n"
                  "one unused for a day makes room for a new one")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000'000))
      ->group("Dialogues");
}

serve::DialogueFile dialogue_file_from(const std::string& text) {
  const std::size_t sign = text.rfind('=');
  if (sign != text.npos && sign + 1 < text.size() && !is_there(text)) {
    return {.name = text.substr(sign + 1), .path = text.substr(0, sign)};
  }
  return {.name = std::filesystem::path(text).stem().string(), .path = text};
}

Result<serve::DialogueOptions> dialogue_options(const DialogueServingFlags& flags, bool is_lazy) {
  serve::DialogueOptions out;
  out.is_lazy = is_lazy;
  out.max_conversations = flags.max_conversations;
  for (const std::string& text : flags.files) {
    const serve::DialogueFile file = dialogue_file_from(text);
    if (!is_there(file.path)) {
      return {Code::kNotFound, fmt::format("--dialogue: there is no file '{}'", file.path)};
    }
    const bool is_known = std::ranges::any_of(
        out.files, [&](const serve::DialogueFile& other) { return other.name == file.name; });
    if (is_known) {
      return {Code::kBadInput, fmt::format("--dialogue: two predictors have the name '{}', want "
                                           "FILE=NAME",
                                           file.name)};
    }
    out.files.push_back(file);
  }
  QUERN_ASSIGN(const std::optional<CacheSize> size,
               cache_size_from(flags.cache).in("--dialogue-cache"));
  out.has_cache = size.has_value();
  out.cache_bytes = size.value_or(CacheSize()).n_bytes;
  out.cache_items = size.value_or(CacheSize()).n_items;
  return out;
}

}  // namespace quern::cli
