#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "apps/dialogue/conversation_file.h"
#include "serve/dialogue/dialogue_call.h"
#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

/// What is behind /conversations/: a name, and what of that conversation. A name may have slashes.
struct ConversationTarget {
  std::string name;
  std::string_view part;  // "turns", "fork", "state"; "" for none of these.
};

ConversationTarget conversation_of(const std::string& rest) {
  const std::size_t slash = rest.rfind('/');
  if (slash != rest.npos && slash > 0) {
    for (const std::string_view part : {"turns", "fork", "state"}) {
      if (std::string_view(rest).substr(slash + 1) == part) {
        return {.name = rest.substr(0, slash), .part = part};
      }
    }
  }
  return {.name = rest, .part = {}};
}

void fail_no_route(const DialogueCall& call) {
  call.x.fail(http_error(
      404, fmt::format("nothing is served at {} {}", call.x.request.method, call.x.request.path)));
}

/// The predictor that the query names. Null where it has answered.
DialogueDesk::OpenedPtr predictor_of_query(const DialogueCall& call) {
  std::string name;
  if (const auto problem = parse_predictor_query(call.x.request.query, name)) {
    call.x.fail(*problem);
    return nullptr;
  }
  return call.predictor(name);
}

void handle_turns(DialogueCall& call, const std::string& name) {
  PredictRequest request;
  if (const auto problem = parse_turns_request(call.body, name, request)) {
    return call.x.fail(*problem);
  }
  const DialogueDesk::OpenedPtr predictor = call.predictor(request.predictor);
  if (predictor == nullptr) return;
  const auto start = Exchange::Clock::now();
  const auto heard = predictor->conversations->hear(
      name, request.asked.turns, call.ask(request.n_wanted, engine::WorkClass::kInteractive));
  if (!heard.ok()) return call.fail(heard.status());
  const std::chrono::duration<double> took = Exchange::Clock::now() - start;
  call.backend.metrics.dialogues_predicted(1, took.count());
  call.x.respond({.body = prediction_json(predictor->name, heard->next, &name, heard->n_turns)});
}

void handle_fork(DialogueCall& call, const std::string& name) {
  ForkRequest request;
  if (const auto problem = parse_fork_request(call.body, request)) return call.x.fail(*problem);
  const DialogueDesk::OpenedPtr predictor = call.predictor(request.predictor);
  if (predictor == nullptr) return;
  const auto forked = predictor->conversations->hear_fork(name, request.as, {}, {});
  if (!forked.ok()) return call.fail(forked.status());
  call.x.respond(
      {.status = 201,
       .body = fmt::format("{{{},\"turns\":{}}}", conversation_fields(predictor->name, request.as),
                           forked->n_turns)});
}

}  // namespace

void handle_conversation_post(DialogueCall& call) {
  const ConversationTarget target = conversation_of(call.rest);
  if (target.part == "turns") return handle_turns(call, target.name);
  if (target.part == "fork") return handle_fork(call, target.name);
  fail_no_route(call);
}

void handle_conversation_get(DialogueCall& call) {
  const ConversationTarget target = conversation_of(call.rest);
  if (target.part != "state") return fail_no_route(call);
  const DialogueDesk::OpenedPtr predictor = predictor_of_query(call);
  if (predictor == nullptr) return;
  const auto state = predictor->conversations->state(target.name);
  if (!state.ok()) return call.fail(state.status());
  call.x.respond(
      {.body = fmt::format("{{{},\"turns\":{},\"fingerprint\":\"{}\",\"state\":\"{}\"}}",
                           conversation_fields(predictor->name, target.name), state->n_turns(),
                           predictor->service->fingerprint(),
                           apps::hex_from_bytes(apps::bytes_from_conversation(*state)))});
}

void handle_conversation_put(DialogueCall& call) {
  const ConversationTarget target = conversation_of(call.rest);
  if (target.part != "state") return fail_no_route(call);
  StateRequest request;
  if (const auto problem = parse_state_request(call.body, request)) return call.x.fail(*problem);
  const DialogueDesk::OpenedPtr predictor = call.predictor(request.predictor);
  if (predictor == nullptr) return;
  if (request.fingerprint != predictor->service->fingerprint()) {
    return call.x.fail(bad_request(
        fmt::format(
            "fingerprint: is not that of predictor '{}': a state goes on with its own alone",
            predictor->name),
        "fingerprint"));
  }
  const auto bytes = apps::bytes_from_hex(request.state);
  auto state = bytes.ok() ? apps::conversation_from_bytes(predictor->service->predictor(), *bytes)
                          : Result<apps::ConversationState>(bytes.status());
  if (!state.ok()) return call.x.fail(bad_request("state: " + state.status().message(), "state"));
  const std::size_t n_turns = state->n_turns();
  const Status put = predictor->conversations->put(target.name, std::move(*state));
  if (!put.ok()) return call.fail(put);
  call.x.respond({.body = fmt::format("{{{},\"turns\":{}}}",
                                      conversation_fields(predictor->name, target.name), n_turns)});
}

void handle_conversation_delete(DialogueCall& call) {
  const DialogueDesk::OpenedPtr predictor = predictor_of_query(call);
  if (predictor == nullptr) return;
  const Status removed = predictor->conversations->remove(call.rest);
  if (!removed.ok()) return call.fail(removed);
  call.x.respond({.body = fmt::format("{{{},\"deleted\":true}}",
                                      conversation_fields(predictor->name, call.rest))});
}

void handle_conversations(DialogueCall& call) {
  ConversationsPage page;
  if (const auto problem = parse_conversations_query(call.x.request.query, page)) {
    return call.x.fail(*problem);
  }
  const DialogueDesk::OpenedPtr predictor = call.predictor(page.predictor);
  if (predictor == nullptr) return;
  // One more than is shown says whether there are more.
  auto rows = predictor->conversations->list_after(page.after, page.n_most + 1);
  const bool has_more = rows.size() > page.n_most;
  if (has_more) rows.pop_back();
  std::string body = "{\"object\":\"list\",\"data\":[";
  for (const apps::Conversations::Row& row : rows) {
    if (body.back() == '}') body += ',';
    body += fmt::format("{{{},\"turns\":{}}}", conversation_fields(predictor->name, row.name),
                        row.n_turns);
  }
  call.x.respond({.body = body + fmt::format("],\"has_more\":{}}}", has_more)});
}

}  // namespace quern::serve
