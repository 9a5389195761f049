#include "apps/dialogue/asked.h"

#include <utility>

#include "apps/json_object.h"

namespace quern::apps {
namespace {

bool has_speaker(const nlohmann::ordered_json& turn) {
  return turn.is_object() && turn.contains("speaker") && !turn["speaker"].is_null();
}

Result<Asked> asked_of_said(std::string_view json) {
  QUERN_ASSIGN(Said said, said_from_json(json));
  Asked out = {.conversation = std::move(said.conversation), .fork = std::move(said.fork)};
  if (!said.turn.text.empty()) out.turns.push_back(std::move(said.turn));
  return out;
}

}  // namespace

Result<Asked> asked_from_json(std::string_view json) {
  QUERN_ASSIGN(const nlohmann::ordered_json object, object_from_json(json));
  const bool is_dialogue = object.contains("turns");
  if (!is_dialogue && !object.contains("conversation")) {
    return {Code::kBadInput, "it has neither \"turns\" nor \"conversation\""};
  }
  if (!is_dialogue) return asked_of_said(json);
  if (!object.contains("conversation")) {
    QUERN_ASSIGN(Dialogue dialogue, dialogue_from_json(json));
    return Asked{.id = std::move(dialogue.id), .turns = std::move(dialogue.turns)};
  }
  nlohmann::ordered_json names = object;
  names.erase("turns");
  names["text"] = "-";  // What a turn has: the names are read as those of one are.
  QUERN_ASSIGN(Said said, said_from_json(names.dump()));
  Asked out = {.conversation = std::move(said.conversation), .fork = std::move(said.fork)};
  QUERN_ASSIGN(out.turns, more_turns_from_json(json));
  return out;
}

Result<std::vector<Turn>> more_turns_from_json(std::string_view json) {
  std::size_t n_blank = 0;
  QUERN_ASSIGN(Dialogue dialogue, dialogue_from_json(json, &n_blank));
  if (n_blank > 0 || dialogue.turns.empty()) {
    return {Code::kBadInput, "a turn of a conversation has no text, or there is none"};
  }
  // Who speaks follows from what was said before.
  QUERN_ASSIGN(const nlohmann::ordered_json object, object_from_json(json));
  for (std::size_t i = 0; i < dialogue.turns.size(); ++i) {
    if (!has_speaker(object["turns"][i])) dialogue.turns[i].speaker.clear();
  }
  return std::move(dialogue.turns);
}

}  // namespace quern::apps
