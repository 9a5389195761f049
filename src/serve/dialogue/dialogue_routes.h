// /v1/dialogue: what comes next in dialogues, and conversations that the server remembers.
// docs/dialogue_api.md describes them; dialogue_openapi.h to programs.

#pragma once

#include <memory>

#include "serve/backend.h"
#include "serve/collections/search_threads.h"
#include "serve/dialogue/dialogue_desk.h"
#include "serve/http/router.h"

namespace quern::serve {

/// What the routes work with. Its end waits for the requests under way.
struct DialogueBackend {
  DialogueBackend(engine::Engine& engine, const DialogueOptions& options);

  DialogueDesk desk;
  SearchThreads threads;  // Last: they use the desk.
};

/// `dialogues` outlives the server's requests.
void add_dialogue_routes(Router& router, const std::shared_ptr<Backend>& backend,
                         DialogueBackend& dialogues);

}  // namespace quern::serve
