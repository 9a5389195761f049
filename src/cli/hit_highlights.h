// What of a hit's texts answers the question: as a line to be looked at, and as bytes in JSON.

#pragma once

#include <string>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/highlight.h"
#include "store/schema.h"

namespace quern::cli {

/// Of hits whose stored text is the JSON line that they came from.
class HitHighlights {
 public:
  /// `generation` outlives it. Errors: as Highlighter::create.
  static Result<HitHighlights> create(const store::Schema& schema,
                                      const store::Generation& generation, bool is_bold);

  /// Errors: kBadInput for the question.
  Status set_question(std::string_view question, store::QuerySyntax syntax);

  /// The part of the document that shows best why it was found, in one line; the beginning of its
  /// title and text where nothing of the question stands in them.
  std::string line(const std::string& stored);

  /// ,"highlights":{"text":[[begin,end],...]}: bytes of the document's texts by name, of those that
  /// have any. Nothing without any.
  void append_json(const std::string& stored, std::string& out);

 private:
  HitHighlights(store::Schema schema, store::Highlighter highlighter,
                const store::Generation& generation, bool is_bold)
      : schema_(std::move(schema)),
        highlighter_(std::move(highlighter)),
        generation_(&generation),
        is_bold_(is_bold) {}

  struct MarkedText {
    std::string name;
    std::string text;
    std::vector<text::Mark> marks;
  };
  std::vector<MarkedText> marked_texts(const std::string& stored);

  store::Schema schema_;
  store::Highlighter highlighter_;
  const store::Generation* generation_;
  bool is_bold_;
};

/// The beginning of a document's title and text, or of whatever it is, in one line.
std::string beginning_of(const std::string& stored);

}  // namespace quern::cli
