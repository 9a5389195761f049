// A passage of a paper as the API's snippet search writes it.

#pragma once

#include <span>
#include <string>

#include "apps/papers/paper_library.h"
#include "serve/semantic_scholar/paper_fields.h"

namespace quern::serve {

/// Appends {"score","snippet":{...},"paper":{...}}. Places count code points: those of sentences in
/// the snippet's text, its own in the paper's full text. Corpus ids are strings here.
void append_snippet_hit(const apps::PaperSnippet& snippet, const apps::KnownPaper& paper,
                        std::span<const apps::ReferenceMention> mentions,
                        FieldSet<SnippetField> fields, std::string& out);

}  // namespace quern::serve
