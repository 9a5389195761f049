#include "apps/papers/link_contexts.h"

#include <algorithm>
#include <cstddef>

#include <nlohmann/json.hpp>

namespace quern::apps {
namespace {

std::vector<std::string> texts_of_list(const nlohmann::json& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const nlohmann::json& one : list) {
    if (one.is_string()) out.push_back(one.get<std::string>());
  }
  return out;
}

}  // namespace

const std::vector<std::string>& LinkContexts::intents_of(std::size_t i_text) const {
  static const std::vector<std::string> none;
  return i_text < intents.size() ? intents[i_text] : none;
}

std::vector<std::string> LinkContexts::all_intents() const {
  std::vector<std::string> out;
  for (const std::vector<std::string>& of_text : intents) {
    for (const std::string& one : of_text) {
      if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
    }
  }
  return out;
}

std::string bytes_from_contexts(const LinkContexts& contexts) {
  nlohmann::json out = contexts.texts;
  const bool has_intents = std::any_of(contexts.intents.begin(), contexts.intents.end(),
                                       [](const auto& of_text) { return !of_text.empty(); });
  if (has_intents || contexts.is_influential) {
    out = {{"texts", contexts.texts}};
    if (has_intents) out["intents"] = contexts.intents;
    if (contexts.is_influential) out["influential"] = true;
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

LinkContexts contexts_from_bytes(std::string_view bytes) {
  const nlohmann::json said = nlohmann::json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  LinkContexts out;
  if (!said.is_object()) {
    out.texts = texts_of_list(said);
    return out;
  }
  if (said.contains("texts")) out.texts = texts_of_list(said["texts"]);
  out.is_influential = said.contains("influential") && said["influential"] == true;
  if (!said.contains("intents") || !said["intents"].is_array()) return out;
  for (const nlohmann::json& of_text : said["intents"]) {
    if (out.intents.size() < out.texts.size()) out.intents.push_back(texts_of_list(of_text));
  }
  return out;
}

}  // namespace quern::apps
