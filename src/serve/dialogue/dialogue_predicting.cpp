#include <chrono>

#include <fmt/format.h>

#include "serve/dialogue/dialogue_call.h"
#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

double seconds_from(Exchange::Clock::time_point start) {
  return std::chrono::duration<double>(Exchange::Clock::now() - start).count();
}

/// Of a conversation that the body names.
void predict_in_conversation(DialogueCall& call, const PredictRequest& request,
                             DialogueDesk::Opened& predictor) {
  const apps::Asked& asked = request.asked;
  const std::string& name = *asked.conversation;
  const apps::NextAsk ask = call.ask(request.n_wanted, engine::WorkClass::kInteractive);
  const auto start = Exchange::Clock::now();
  const auto heard = asked.fork.empty()
                         ? predictor.conversations->hear(name, asked.turns, ask)
                         : predictor.conversations->hear_fork(asked.fork, name, asked.turns, ask);
  if (!heard.ok()) return call.fail(heard.status());
  if (asked.turns.empty()) {
    return call.x.respond(
        {.body = fmt::format("{{{},\"turns\":{}}}", conversation_fields(predictor.name, name),
                             heard->n_turns)});
  }
  call.backend.metrics.dialogues_predicted(1, seconds_from(start));
  call.x.respond({.body = prediction_json(predictor.name, heard->next, &name, heard->n_turns)});
}

/// {"index","id",...} of one of a batch.
std::string item_json(std::size_t i, const apps::Dialogue& dialogue, const Status& status,
                      const apps::NextTurns& next) {
  std::string fields = fmt::format("\"index\":{},", i);
  if (!dialogue.id.empty()) {
    fields += "\"id\":";
    append_json_string(fields, dialogue.id);
    fields += ',';
  }
  if (status.ok()) return apps::json_from_next(next, fields);
  std::string out =
      "{" + fields +
      fmt::format("\"error\":{{\"code\":\"{}\",\"message\":", code_name(status.code()));
  append_json_string(out, status.message());
  return out + "}}";
}

}  // namespace

std::string conversation_fields(const std::string& predictor, const std::string& name) {
  std::string out = "\"object\":\"dialogue.conversation\",\"predictor\":";
  append_json_string(out, predictor);
  out += ",\"conversation\":";
  append_json_string(out, name);
  return out;
}

std::string prediction_json(const std::string& predictor, const apps::NextTurns& next,
                            const std::string* name, std::size_t n_turns) {
  std::string fields = "\"object\":\"dialogue.prediction\",\"predictor\":";
  append_json_string(fields, predictor);
  fields += ',';
  if (name != nullptr) {
    fields += "\"conversation\":";
    append_json_string(fields, *name);
    fields += fmt::format(",\"turns\":{},", n_turns);
  }
  return apps::json_from_next(next, fields);
}

void handle_dialogue_predict(DialogueCall& call) {
  PredictRequest request;
  if (const auto problem = parse_predict_request(call.body, request)) return call.x.fail(*problem);
  const DialogueDesk::OpenedPtr predictor = call.predictor(request.predictor);
  if (predictor == nullptr) return;
  if (request.asked.conversation) return predict_in_conversation(call, request, *predictor);
  const auto start = Exchange::Clock::now();
  const Result<apps::NextTurns> next =
      predictor->service->after({.id = request.asked.id, .turns = std::move(request.asked.turns)},
                                call.ask(request.n_wanted, engine::WorkClass::kInteractive));
  if (!next.ok()) return call.fail(next.status());
  call.backend.metrics.dialogues_predicted(1, seconds_from(start));
  call.x.respond({.body = prediction_json(predictor->name, *next)});
}

void handle_dialogue_batch(DialogueCall& call) {
  DialogueBatchRequest request;
  if (const auto problem = parse_dialogue_batch_request(call.body, request)) {
    return call.x.fail(*problem);
  }
  const DialogueDesk::OpenedPtr predictor = call.predictor(request.predictor);
  if (predictor == nullptr) return;
  std::vector<apps::Dialogue> dialogues;
  for (DialogueBatchRequest::Item& item : request.items) {
    if (item.status.ok()) dialogues.push_back(std::move(item.dialogue));
  }
  const auto start = Exchange::Clock::now();
  const auto outcomes =
      predictor->service->after(dialogues, call.ask(request.n_wanted, engine::WorkClass::kBulk));
  if (call.x.is_gone()) return;
  std::string body = "{\"object\":\"list\",\"predictor\":";
  append_json_string(body, predictor->name);
  body += ",\"data\":[";
  std::size_t at = 0;
  long n_predicted = 0;
  for (std::size_t i = 0; i < request.items.size(); ++i) {
    const Status& parsed = request.items[i].status;
    if (i > 0) body += ',';
    if (!parsed.ok()) {
      body += item_json(i, {}, parsed, {});
      continue;
    }
    body += item_json(i, dialogues[at], outcomes[at].status, outcomes[at].next);
    n_predicted += outcomes[at++].status.ok() ? 1 : 0;
  }
  call.backend.metrics.dialogues_predicted(n_predicted, seconds_from(start));
  call.x.respond({.body = body + "]}"});
}

void handle_dialogue_predictors(DialogueCall& call) {
  std::string body = "{\"object\":\"list\",\"data\":[";
  for (const DialogueDesk::Row& row : call.desk.rows()) {
    if (body.back() == '}') body += ',';
    body += "{\"object\":\"dialogue.predictor\",\"name\":";
    append_json_string(body, row.name);
    body += fmt::format(",\"open\":{}", row.opened != nullptr);
    if (row.opened != nullptr) {
      body += ",\"model\":";
      append_json_string(body, row.opened->file->space().model);
      body += fmt::format(
          ",\"dimensions\":{},\"candidates\":{},\"conversations\":{},"
          "\"fingerprint\":\"{}\"",
          row.opened->file->space().d, row.opened->file->n_candidates(),
          row.opened->conversations->size(), row.opened->service->fingerprint());
    }
    body += '}';
  }
  call.x.respond({.body = body + "]}"});
}

void handle_dialogue_cache(DialogueCall& call) { call.x.respond({.body = call.desk.cache_json()}); }

void handle_dialogue_cache_clear(DialogueCall& call) {
  const std::size_t n_bytes = call.desk.cache() != nullptr ? call.desk.cache()->clear() : 0;
  call.x.respond({.body = fmt::format("{{\"freed_bytes\":{}}}", n_bytes)});
}

}  // namespace quern::serve
