#include "serve/scoring/similarity_request.h"

#include <iterator>
#include <utility>

#include "serve/json/json_reader.h"
#include "serve/openai/encoder_fields.h"
#include "serve/scoring/scoring_fields.h"

namespace quern::serve {
namespace {

/// Reads one field's value after another into the request.
class Reader {
 public:
  Reader(int max_pairs, SimilarityRequest& out)
      : max_pairs_(max_pairs), out_(out), common_(out.request, IgnoredBy::kScoring, out.warnings) {
    out.request.task = engine::Task::kEmbed;
    out.request.output = engine::OutputKind::kVector;
  }

  Problem read_field(std::string_view key, JsonValue value);
  Problem finish();

 private:
  Problem read_documents(JsonValue value);
  Problem read_pairs(JsonValue value);

  int max_pairs_;
  SimilarityRequest& out_;
  EncoderFields common_;
  std::optional<engine::Input> query_;
  std::optional<std::vector<engine::Input>> documents_;
  std::optional<std::vector<engine::Input>> pairs_;  // Two each.
};

Problem Reader::read_field(std::string_view key, JsonValue value) {
  if (key == "model") return common_.read_model(value);
  bool is_null = false;
  if (Problem problem = read_null(value, {key}, is_null)) return problem;
  if (is_null) return {};
  if (key == "query") return read_text(value, {key}, query_.emplace().text);
  if (key == "documents") return read_documents(value);
  if (key == "pairs") return read_pairs(value);
  if (key == "dimensions") return read_count(value, {key}, out_.request.dimensions);
  return common_.read(key, value);
}

Problem Reader::read_documents(JsonValue value) {
  std::vector<engine::Input>& documents = documents_.emplace();
  return read_list(
      value, {"documents"}, "a list of documents",
      [&](JsonValue item, const JsonPlace& at) -> Problem {
        if (Problem problem = check_limit(documents.size() + 1, max_pairs_, at.field, "has")) {
          return problem;
        }
        return read_text(item, at, documents.emplace_back().text);
      });
}

Problem Reader::read_pairs(JsonValue value) {
  std::vector<engine::Input>& pairs = pairs_.emplace();
  return read_list(
      value, {"pairs"}, "a list of pairs of strings",
      [&](JsonValue item, const JsonPlace& at) -> Problem {
        if (Problem problem = check_limit(pairs.size() / 2 + 1, max_pairs_, at.field, "has")) {
          return problem;
        }
        engine::Input first, second;
        if (Problem problem = read_pair(item, at, first.text, second.text)) {
          return problem;
        }
        pairs.push_back(std::move(first));
        pairs.push_back(std::move(second));
        return {};
      });
}

Problem Reader::finish() {
  if (Problem problem = common_.check()) return problem;
  if (pairs_ && (query_ || documents_)) {
    return bad_request("pairs: is given beside query and documents, wanted one or the other",
                       "pairs");
  }
  if (pairs_) {
    if (pairs_->empty()) {
      return bad_request("pairs: is an empty list, wanted at least one pair", "pairs");
    }
    out_.form = SimilarityRequest::Form::kPairs;
    out_.request.inputs = std::move(*pairs_);
    return {};
  }
  if (!query_) {
    return bad_request("query: is missing, wanted a string to compare documents with (or pairs)",
                       "query");
  }
  if (!documents_) {
    return bad_request("documents: is missing, wanted a list of documents", "documents");
  }
  if (documents_->empty()) {
    return bad_request("documents: is an empty list, wanted at least one document", "documents");
  }
  std::vector<engine::Input>& inputs = out_.request.inputs;
  inputs.push_back(std::move(*query_));
  std::move(documents_->begin(), documents_->end(), std::back_inserter(inputs));
  return {};
}

}  // namespace

std::optional<HttpError> parse_similarity_request(std::string& body, int max_pairs,
                                                  SimilarityRequest& out) {
  Reader reader(max_pairs, out);
  Problem problem = read_fields_into(body, reader);
  return problem ? problem : reader.finish();
}

}  // namespace quern::serve
