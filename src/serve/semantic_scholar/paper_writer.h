// Writes papers with what the library knows around them: authors, vectors, who cites whom.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "serve/semantic_scholar/paper_json.h"

namespace quern::serve {

inline constexpr std::size_t kMaxAnswerBytes = 10'000'000;
inline constexpr std::uint32_t kMaxNestedPapers = 1000;  // Citations of one paper, inside it.
inline constexpr std::uint64_t kMaxNestedInAll = 9999;   // Of an answer.

enum class MissingPaper { kNull, kLeftOut };

/// Of one answer. Errors of its functions: the library's; kBadInput where the answer would be
/// larger than the limits above.
class PaperWriter {
 public:
  /// The library outlives it.
  explicit PaperWriter(apps::PaperLibrary& library) : library_(library) {}

  /// Appends {...}; `match_score` is a member of its own.
  Status append(const apps::KnownPaper& paper, const PaperFields& fields,
                std::optional<double> match_score, std::string& out);
  /// The same, without papers of the paper.
  Status append_inner(const apps::KnownPaper& paper, const InnerPaperFields& fields,
                      std::string& out);
  /// Appends {...,"name":{the other end}}.
  Status append_link(const apps::PaperLink& link, std::string_view name, const LinkFields& fields,
                     std::string& out);
  Status append_author(const apps::KnownAuthor& author, const AuthorFields& fields,
                       std::string& out);

  /// Appends [...]: each paper, in order.
  Status append_list(std::span<const std::int64_t> corpus_ids, const PaperFields& fields,
                     MissingPaper missing, std::string& out);

 private:
  Status append_members(JsonMembers& members, const apps::KnownPaper& paper,
                        const InnerPaperFields& fields);
  Status append_authors(JsonMembers& members, const apps::Paper& paper,
                        FieldSet<AuthorField> fields);
  Status append_embedding(JsonMembers& members, std::int64_t corpus_id,
                          FieldSet<PaperField> fields);
  Status append_nested(JsonMembers& members, std::string_view name, const apps::LinkPage& page,
                       const InnerPaperFields& fields);

  apps::PaperLibrary& library_;
  std::optional<std::string> model_ = {};  // Of vectors, once it is known.
  std::uint64_t n_nested_ = 0;
};

/// Errors: kBadInput where an answer of that size is too large.
Status check_answer(const std::string& out);

}  // namespace quern::serve
