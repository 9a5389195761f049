#include "serve/dialogue/dialogue_requests.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "serve/http/http.h"
#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

/// The fields of a question, as they were sent: only these are handed on, so that nothing else of a
/// body takes memory.
constexpr std::array<std::string_view, 6> kQuestionFields = {"id",      "turns", "fork",
                                                             "speaker", "text",  "gap_seconds"};

/// Reads fields by name and passes over the others. A null is as no field.
template <typename ReadField>
Problem read_dialogue_body(std::string& body, const ReadField& read_field) {
  return read_fields(body, [&](std::string_view key, JsonValue value) -> Problem {
    bool is_null = false;
    if (Problem problem = read_null(value, {key}, is_null)) return problem;
    if (is_null) return {};
    return read_field(key, value);
  });
}

Problem read_name(JsonValue value, const JsonPlace& place, std::string& out) {
  if (Problem problem = read_string(value, place, out)) return problem;
  if (!out.empty() && out.size() <= kMaxNameBytes) return {};
  return bad_request(
      fmt::format("{}: has {} bytes, wanted 1 to {}", place.text(), out.size(), kMaxNameBytes),
      place.text());
}

Problem read_top(JsonValue value, std::uint32_t& out) {
  std::int64_t number = 0;
  if (Problem problem = read_integer(value, {"top"}, {.low = 1, .high = kMaxNextTurns}, number)) {
    return problem;
  }
  out = static_cast<std::uint32_t>(number);
  return {};
}

/// Appends "name":value as it was sent. Counts turns before anything is made of them.
Problem append_raw(std::string_view name, JsonValue value, const JsonPlace& place,
                   std::size_t& n_turns, std::string& out) {
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (name == "turns" && type == JsonType::array) {
    std::size_t n = 0;
    if (const auto error = value.count_elements().get(n)) return not_json(error, place);
    n_turns += n;
    if (n_turns > kMaxTurns) {
      return bad_request(fmt::format("{}: has more than {} turns", place.text(), kMaxTurns),
                         std::string(place.field));
    }
  }
  std::string_view raw;
  if (const auto error = simdjson::to_json_string(value).get(raw)) return not_json(error, place);
  if (!out.empty()) out += ',';
  append_json_string(out, name);
  out += ':';
  out += raw;
  return {};
}

bool is_question_field(std::string_view key) {
  return std::ranges::find(kQuestionFields, key) != kQuestionFields.end();
}

Problem wrong_question(const Status& status) {
  HttpError error = bad_request(status.message());
  if (status.code() == Code::kTooLarge) error.status = 413;
  return error;
}

/// `conversation`: that of the path; null: the body says.
Problem parse_question(std::string& body, const std::string* conversation, PredictRequest& out) {
  std::string fields;
  std::size_t n_turns = 0;
  Problem problem = read_dialogue_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "top") return read_top(value, out.n_wanted);
    if (key == "predictor") return read_name(value, {key}, out.predictor);
    const bool is_wanted = is_question_field(key) || (key == "conversation" && !conversation);
    return is_wanted ? append_raw(key, value, {key}, n_turns, fields) : skip_json(value, {key});
  });
  if (problem) return problem;
  if (conversation != nullptr) {
    fields += fields.empty() ? "\"conversation\":" : ",\"conversation\":";
    append_json_string(fields, *conversation);
  }
  Result<apps::Asked> asked = apps::asked_from_json("{" + fields + "}");
  if (!asked.ok()) return wrong_question(asked.status());
  out.asked = std::move(*asked);
  return {};
}

/// Of "a=b&c=d" each part.
template <typename ReadPart>
Problem read_query(std::string_view query, const ReadPart& read_part) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    if (equals == part.npos) continue;
    if (Problem problem = read_part(part.substr(0, equals), part.substr(equals + 1))) {
      return problem;
    }
  }
  return {};
}

Problem read_query_text(std::string_view name, std::string_view value, std::string& out) {
  if (percent_decode(value, out)) return {};
  return bad_request(fmt::format("{}: is not percent-encoded", name), std::string(name));
}

Problem missing(std::string_view field, std::string_view what) {
  return bad_request(fmt::format("{}: is missing, wanted {}", field, what), std::string(field));
}

}  // namespace

Problem parse_predict_request(std::string& body, PredictRequest& out) {
  return parse_question(body, nullptr, out);
}

Problem parse_turns_request(std::string& body, const std::string& conversation,
                            PredictRequest& out) {
  if (Problem problem = parse_question(body, &conversation, out)) return problem;
  if (!out.asked.fork.empty()) return bad_request("fork: has a route of its own", "fork");
  return {};
}

Problem parse_dialogue_batch_request(std::string& body, DialogueBatchRequest& out) {
  std::size_t n_turns = 0;
  const auto read_item = [&](JsonValue item, const JsonPlace& at) -> Problem {
    if (out.items.size() >= kMaxDialogues) {
      return bad_request(fmt::format("dialogues: has more than {} dialogues", kMaxDialogues),
                         "dialogues");
    }
    std::string fields;
    JsonType type{};
    if (const auto error = item.type().get(type)) return not_json(error, at);
    DialogueBatchRequest::Item& read = out.items.emplace_back();
    if (type != JsonType::object) {
      read.status = {Code::kBadInput, "it is no object with \"turns\""};
      return skip_json(item, at);
    }
    Problem problem = read_object(item, at, [&](std::string_view key, JsonValue value) -> Problem {
      const JsonPlace place{.field = at.field, .i = at.i, .member = key};
      const bool is_wanted = key == "turns" || key == "id";
      return is_wanted ? append_raw(key, value, place, n_turns, fields) : skip_json(value, place);
    });
    if (problem) return problem;
    Result<apps::Dialogue> dialogue = apps::dialogue_from_json("{" + fields + "}");
    read.status = dialogue.status();
    if (dialogue.ok()) read.dialogue = std::move(*dialogue);
    return {};
  };
  Problem problem = read_dialogue_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "top") return read_top(value, out.n_wanted);
    if (key == "predictor") return read_name(value, {key}, out.predictor);
    if (key != "dialogues") return skip_json(value, {key});
    return read_list(value, {key}, "a list of dialogues", read_item);
  });
  if (problem) return problem;
  if (out.items.empty()) return missing("dialogues", "a list of dialogues");
  return {};
}

Problem parse_fork_request(std::string& body, ForkRequest& out) {
  Problem problem = read_dialogue_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "as") return read_name(value, {key}, out.as);
    if (key == "predictor") return read_name(value, {key}, out.predictor);
    return skip_json(value, {key});
  });
  if (problem) return problem;
  if (out.as.empty()) return missing("as", "the name of the new conversation");
  return {};
}

Problem parse_state_request(std::string& body, StateRequest& out) {
  Problem problem = read_dialogue_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "predictor") return read_name(value, {key}, out.predictor);
    if (key == "fingerprint") return read_name(value, {key}, out.fingerprint);
    if (key != "state") return skip_json(value, {key});
    if (Problem wrong = read_string(value, {key}, out.state)) return wrong;
    if (out.state.size() <= kMaxStateDigits) return {};
    return bad_request("state: is too long", "state");
  });
  if (problem) return problem;
  if (out.state.empty()) return missing("state", "the digits that GET gives");
  if (out.fingerprint.empty()) return missing("fingerprint", "that of the state's predictor");
  return {};
}

Problem parse_predictor_query(std::string_view query, std::string& out) {
  return read_query(query, [&](std::string_view name, std::string_view value) -> Problem {
    return name == "predictor" ? read_query_text(name, value, out) : Problem();
  });
}

Problem parse_conversations_query(std::string_view query, ConversationsPage& out) {
  return read_query(query, [&](std::string_view name, std::string_view value) -> Problem {
    if (name == "predictor") return read_query_text(name, value, out.predictor);
    if (name == "after") return read_query_text(name, value, out.after);
    if (name != "limit") return {};
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), out.n_most);
    if (error == std::errc() && end == value.data() + value.size() && out.n_most >= 1 &&
        out.n_most <= kMaxConversationsPage) {
      return {};
    }
    return bad_request(fmt::format("limit: wanted a number from 1 to {}", kMaxConversationsPage),
                       "limit");
  });
}

}  // namespace quern::serve
