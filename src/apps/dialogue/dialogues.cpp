#include "apps/dialogue/dialogues.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "apps/json_lines.h"
#include "apps/json_object.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

Status bad(const std::string& what) { return {Code::kBadInput, what}; }

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

Result<std::string> speaker_of(const json& turn, std::size_t i) {
  const auto speaker = turn.find("speaker");
  if (speaker == turn.end() || speaker->is_null()) return std::to_string(i % 2);
  if (speaker->is_string()) return speaker->get<std::string>();
  if (speaker->is_number_integer()) return speaker->dump();
  return bad(fmt::format("turn {}: \"speaker\" is no text and no whole number", i + 1));
}

Result<Turn> turn_from(const json& value, std::size_t i) {
  Turn out;
  if (value.is_string()) {
    out.text = value.get<std::string>();
    out.speaker = std::to_string(i % 2);
    return out;
  }
  if (!value.is_object()) return bad(fmt::format("turn {} is no object and no text", i + 1));
  const auto text = value.find("text");
  if (text == value.end() || !text->is_string()) {
    return bad(fmt::format("turn {} has no \"text\"", i + 1));
  }
  out.text = text->get<std::string>();
  QUERN_ASSIGN(out.speaker, speaker_of(value, i));
  if (const auto gap = value.find("gap_seconds"); gap != value.end() && !gap->is_null()) {
    const double seconds = gap->is_number() ? gap->get<double>() : -1;
    if (!(seconds >= 0) || !std::isfinite(seconds)) {
      return bad(
          fmt::format("turn {}: \"gap_seconds\" is {}, wanted 0 and more", i + 1, gap->dump()));
    }
    out.gap_seconds = seconds;
  }
  return out;
}

std::string id_of(const json& value) {
  for (const char* name : {"id", "_id"}) {
    const auto id = value.find(name);
    if (id == value.end()) continue;
    if (id->is_string()) return id->get<std::string>();
    if (id->is_number_integer()) return id->dump();
  }
  return "";
}

}  // namespace

Result<Dialogue> dialogue_from_json(std::string_view text, std::size_t* n_blank) {
  QUERN_ASSIGN(const json value, object_from_json(text));
  const auto turns = value.find("turns");
  if (turns == value.end() || !turns->is_array()) {
    return bad("it has no \"turns\", wanted [{\"speaker\", \"text\"}, ...]");
  }
  if (turns->size() > kMaxTurns) {
    return {Code::kTooLarge,
            fmt::format("it has {} turns, at most {} are read", turns->size(), kMaxTurns)};
  }
  Dialogue out;
  out.id = id_of(value);
  for (std::size_t i = 0; i < turns->size(); ++i) {
    QUERN_ASSIGN(Turn turn, turn_from((*turns)[i], i));
    if (is_blank(turn.text)) {
      if (n_blank != nullptr) ++*n_blank;
      continue;
    }
    out.turns.push_back(std::move(turn));
  }
  return out;
}

Result<Said> said_from_json(std::string_view text) {
  QUERN_ASSIGN(const json value, object_from_json(text));
  Said out;
  const auto name_of = [&](const char* field) -> Result<std::string> {
    const auto name = value.find(field);
    if (name == value.end() || name->is_null()) return std::string();
    if (name->is_string()) return name->get<std::string>();
    if (name->is_number_integer()) return name->dump();
    return bad(fmt::format("\"{}\" is no text and no whole number", field));
  };
  QUERN_ASSIGN(out.conversation, name_of("conversation"));
  QUERN_ASSIGN(out.fork, name_of("fork"));
  if (!value.contains("text") && !out.fork.empty()) return out;
  QUERN_ASSIGN(out.turn, turn_from(value, 0));
  if (is_blank(out.turn.text)) return bad("its \"text\" is blank");
  QUERN_ASSIGN(out.turn.speaker, name_of("speaker"));
  return out;
}

Result<std::optional<DialogueLines::Line>> DialogueLines::next() {
  while (true) {
    QUERN_ASSIGN(std::optional<BoundedLines::Line> line, lines_.next());
    if (!line) return std::optional<Line>();
    Line out;
    out.where = fmt::format("{} line {}", name_, line->n_line);
    if (line->is_too_long) {
      out.status = {Code::kTooLarge, fmt::format("the line has {} bytes, at most {} are read",
                                                 line->n_bytes, kMaxDialogueBytes)};
      return std::optional(std::move(out));
    }
    const std::string_view text = without_mark(line->text);
    if (is_blank(text)) continue;
    Result<Dialogue> dialogue = dialogue_from_json(text, &n_blank_);
    out.status = dialogue.status();
    if (dialogue.ok()) out.dialogue = std::move(*dialogue);
    return std::optional(std::move(out));
  }
}

}  // namespace quern::apps
