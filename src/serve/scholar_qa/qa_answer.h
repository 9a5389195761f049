// Answers of a library of papers as results of ScholarQA's tasks.

#pragma once

#include <string>

#include "apps/papers/paper_answer.h"
#include "engine/engine.h"
#include "serve/scholar_qa/qa_tasks.h"
#include "serve/semantic_scholar/paper_options.h"

namespace quern::serve {

/// {"report_title","sections":[{"title","tldr","text","citations","table"}],"cost","tokens"}. A
/// citation's id stands in the text as it is: "(Brants, 2000)". Source: ai2-scholar-qa 0.8.14,
/// models.py.
std::string qa_result_json(const apps::PaperAnswer& answer);

/// Answers as apps::answer_question does. The NLI model is opened by the first question.
/// `engine` and the library outlive it.
AnswerQuestion answers_of_library(const PaperOptions& options, engine::Engine& engine);

}  // namespace quern::serve
