// Papers like others.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "serve/semantic_scholar/paper_call.h"
#include "serve/semantic_scholar/paper_writer.h"

namespace quern::serve {
namespace {

constexpr std::int64_t kMaxRecommended = 500;
constexpr std::size_t kMaxExamples = 500;
constexpr std::size_t kMaxNamed = 10;  // Of those that are not there, in an error.

struct RecommendWish {
  PaperFields fields = {};
  std::int64_t limit = 100;
  std::vector<std::string> like = {};
  std::vector<std::string> unlike = {};
};

Problem parse_recommend(const QueryParams& params, RecommendWish& out) {
  if (Problem problem = parse_paper_fields(params.value("fields"), PaperScope::kAll, out.fields)) {
    return problem;
  }
  if (Problem problem = params.read_integer("limit", 1, kMaxRecommended, out.limit)) return problem;
  const std::string_view from = params.value("from");
  if (from.empty() || from == "recent" || from == "all-cs") return {};
  return unacceptable("from", from, "wanted recent or all-cs");
}

Status find_all(apps::PaperLibrary& library, const std::vector<std::string>& names,
                std::vector<std::int64_t>& ids) {
  std::vector<std::string> unknown;
  for (const std::string& name : names) {
    const Result<std::int64_t> id = find_paper(library, name);
    if (id.ok()) {
      ids.push_back(*id);
    } else if (id.status().code() != Code::kNotFound) {
      return id.status();
    } else if (unknown.size() < kMaxNamed) {
      unknown.push_back(name);
    }
  }
  if (unknown.empty()) return {};
  return {Code::kNotFound, fmt::format("Papers not found: [{}]", fmt::join(unknown, ", "))};
}

Status write_alike(PaperCall& call, const RecommendWish& wish, std::string& out) {
  std::vector<std::int64_t> like, unlike;
  QUERN_TRY(find_all(call.library, wish.like, like));
  QUERN_TRY(find_all(call.library, wish.unlike, unlike));
  QUERN_ASSIGN(const auto ids,
               call.library.alike(like, unlike, static_cast<std::size_t>(wish.limit)));
  std::string list;
  QUERN_TRY(PaperWriter(call.library).append_list(ids, wish.fields, MissingPaper::kLeftOut, list));
  out = "{\"recommendedPapers\":" + list + "}";
  return {};
}

Problem read_examples(JsonValue value, std::string_view name, std::vector<std::string>& out) {
  bool is_null = false;
  if (Problem problem = read_null(value, {name}, is_null)) return problem;
  if (is_null) return {};
  return read_id_list(value, name, kMaxExamples, out);
}

}  // namespace

Problem handle_recommend_for_paper(PaperCall& call, std::string& out) {
  RecommendWish wish;
  if (Problem problem = parse_recommend(call.params, wish)) return problem;
  wish.like.push_back(call.rest);
  return problem_of(write_alike(call, wish, out));
}

Problem handle_recommend(PaperCall& call, std::string& out) {
  RecommendWish wish;
  if (Problem problem = parse_recommend(call.params, wish)) return problem;
  Problem problem = read_fields(call.body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "positivePaperIds") return read_examples(value, key, wish.like);
    if (key == "negativePaperIds") return read_examples(value, key, wish.unlike);
    return skip_json(value, {key});
  });
  if (problem) return problem;
  if (wish.like.empty()) return missing_ids("positivePaperIds");
  return problem_of(write_alike(call, wish, out));
}

}  // namespace quern::serve
