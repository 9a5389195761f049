// One call of a route of dialogues, and what answers it.

#pragma once

#include <string>

#include "apps/dialogue/turn_vectors.h"
#include "serve/dialogue/dialogue_requests.h"
#include "serve/dialogue/dialogue_routes.h"

namespace quern::serve {

/// What a handler works with, on a thread that may wait.
struct DialogueCall {
  Backend& backend;
  DialogueDesk& desk;
  Exchange& x;
  std::string rest;  // Of the path, behind the route's beginning.
  std::string body;

  void fail(const Status& status) const { x.fail(error_of(status)); }

  /// Null where it has answered that there is no such predictor.
  DialogueDesk::OpenedPtr predictor(const std::string& name) const;
  /// Until the client is gone, or its time is over.
  apps::NextAsk ask(std::uint32_t n_wanted, engine::WorkClass work_class) const;
};

// Each answers. Of dialogues by themselves, and of the server:
void handle_dialogue_predict(DialogueCall& call);
void handle_dialogue_batch(DialogueCall& call);
void handle_dialogue_predictors(DialogueCall& call);
void handle_dialogue_cache(DialogueCall& call);
void handle_dialogue_cache_clear(DialogueCall& call);

// Each answers. Of conversations that are remembered:
void handle_conversations(DialogueCall& call);
void handle_conversation_get(DialogueCall& call);
void handle_conversation_put(DialogueCall& call);
void handle_conversation_post(DialogueCall& call);
void handle_conversation_delete(DialogueCall& call);

/// {"object":"dialogue.prediction",...,"predictions","confidence"}: as a line of `quern dialogue
/// predict` has them, to the byte. `name` of a conversation; null: there is none.
std::string prediction_json(const std::string& predictor, const apps::NextTurns& next,
                            const std::string* name = nullptr, std::size_t n_turns = 0);

/// "object":"dialogue.conversation","predictor","conversation": of the members of an object.
std::string conversation_fields(const std::string& predictor, const std::string& name);

}  // namespace quern::serve
