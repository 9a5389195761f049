#include "serve/openai/ignored_fields.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

namespace quern::serve {
namespace {

/// Without effect are null, 0, "", [] and {}, and of the booleans this one.
struct Field {
  std::string_view name;
  bool neutral_flag = false;
};

// Of vLLM, llama.cpp's server, Ollama and newer versions of OpenAI's own API.
constexpr Field kGenerationFields[] = {
    {"guided_json"},
    {"guided_regex"},
    {"guided_choice"},
    {"guided_grammar"},
    {"structured_outputs"},
    {"grammar"},
    {"json_schema"},
    {"format"},
    {"min_tokens"},
    {"length_penalty"},
    {"use_beam_search"},
    {"bad_words"},
    {"stop_token_ids"},
    {"include_stop_str_in_output"},
    {"skip_special_tokens", true},
    {"spaces_between_special_tokens", true},
    {"truncate_prompt_tokens"},
    {"prompt_logprobs"},
    {"logits_processors"},
    {"chat_template"},
    {"documents"},
    {"reasoning_effort"},
    {"prediction"},
    {"verbosity"},
    {"web_search_options"},
    {"options"},
    {"n_predict"},
    {"repeat_last_n"},
    {"mirostat"},
    {"tfs_z"},
    {"top_n_sigma"},
    {"xtc_probability"},
    {"dry_multiplier"},
    {"dynatemp_range"},
    {"samplers"},
};
constexpr Field kEmbeddingsFields[] = {
    {"task"},         {"instruction"},   {"truncate_prompt_tokens"},   {"embedding_type"},
    {"output_dtype"}, {"late_chunking"}, {"add_special_tokens", true}, {"pooling"},
};

// Of Cohere, Jina, Voyage, vLLM and Infinity.
constexpr Field kScoringFields[] = {
    {"rank_fields"},
    {"top_k"},
    {"max_chunks_per_doc"},
    {"max_tokens_per_doc"},
    {"overlap_tokens"},
    {"truncate_prompt_tokens"},
    {"instruction"},
    {"instruct"},
    {"task"},
    {"use_activation", true},
    {"activation", true},
    {"add_special_tokens", true},
};

std::span<const Field> fields_of(IgnoredBy route) {
  switch (route) {
    case IgnoredBy::kGeneration:
      return kGenerationFields;
    case IgnoredBy::kEmbeddings:
      return kEmbeddingsFields;
    case IgnoredBy::kScoring:
      return kScoringFields;
  }
  return {};
}

Problem read_effect(JsonValue value, const JsonPlace& place, bool neutral_flag, bool& has_effect) {
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type == JsonType::boolean) {
    bool flag = false;
    if (Problem problem = read_flag(value, place, flag)) return problem;
    has_effect = flag != neutral_flag;
  } else if (type == JsonType::number) {
    double number = 0;
    if (const auto error = value.get_double().get(number)) return not_json(error, place);
    has_effect = number != 0;
  } else if (type == JsonType::string) {
    std::string text;
    if (Problem problem = read_string(value, place, text)) return problem;
    has_effect = !text.empty();
  } else if (type == JsonType::array) {
    return read_list(value, place, "a list", [&](JsonValue item, const JsonPlace& at) {
      has_effect = true;
      return skip_json(item, at);
    });
  } else if (type == JsonType::object) {
    return read_object(value, place, [&](std::string_view, JsonValue item) {
      has_effect = true;
      return skip_json(item, place);
    });
  } else {
    return skip_json(value, place);
  }
  return {};
}

}  // namespace

Problem read_ignored(std::string_view key, JsonValue value, IgnoredBy route,
                     std::vector<std::string>& warnings) {
  const std::span<const Field> fields = fields_of(route);
  const auto field = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& known) { return known.name == key; });
  if (field == fields.end()) return skip_json(value, {key});
  bool has_effect = false;
  if (Problem problem = read_effect(value, {key}, field->neutral_flag, has_effect)) return problem;
  if (has_effect) warnings.push_back(fmt::format("{}: is not supported and was ignored", key));
  return {};
}

}  // namespace quern::serve
