// What is served of a library of papers.

#pragma once

#include <string>

#include "apps/papers/answer_cache.h"
#include "apps/papers/answer_profile.h"
#include "apps/papers/paper_answer.h"
#include "apps/papers/paper_library.h"

namespace quern::serve {

struct PaperOptions {
  apps::PaperLibrary* library = nullptr;  // Null: there are no routes of it. Outlives the server.
  apps::AnswerProfile profile = apps::default_profile();  // Of answers to questions.
  std::string rerank_model = {};                          // Of their passages; "": none.
  std::string nli_model = {};                             // That checks them; "": none does.
  // Writes them; for two questions at a time. Empty: sentences of papers alone.
  apps::ReportWriter writer = {};
  apps::AnswerCache* cache = nullptr;  // Null: none is kept. Outlives the server.
};

}  // namespace quern::serve
