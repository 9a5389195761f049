// What is served of a library of papers.

#pragma once

#include <string>

#include "apps/papers/answer_profile.h"
#include "apps/papers/paper_answer.h"
#include "apps/papers/paper_library.h"

namespace quern::serve {

struct PaperOptions {
  apps::PaperLibrary* library = nullptr;  // Null: there are no routes of it. Outlives the server.
  apps::AnswerProfile profile = apps::default_profile();  // Of answers to questions.
  std::string rerank_model = {};                          // Of their passages; "": none.
  std::string nli_model = {};                             // That checks them; "": none does.
  apps::AskModel writer = {};  // Writes them, from two threads; empty: sentences of papers alone.
};

}  // namespace quern::serve
