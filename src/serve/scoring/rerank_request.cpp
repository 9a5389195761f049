#include "serve/scoring/rerank_request.h"

#include "serve/json/json_reader.h"
#include "serve/openai/encoder_fields.h"
#include "serve/scoring/scoring_fields.h"

namespace quern::serve {
namespace {

/// Reads one field's value after another into the request.
class Reader {
 public:
  Reader(int max_documents, RerankRequest& out)
      : max_documents_(max_documents),
        out_(out),
        common_(out.request, IgnoredBy::kScoring, out.warnings) {
    out.request.task = engine::Task::kRerank;
  }

  Problem read_field(std::string_view key, JsonValue value);
  Problem check() const;

 private:
  Problem read_documents(JsonValue value);

  int max_documents_;
  RerankRequest& out_;
  EncoderFields common_;
  bool has_query_ = false;
  bool has_documents_ = false;
};

Problem Reader::read_field(std::string_view key, JsonValue value) {
  if (key == "model") return common_.read_model(value);
  if (key == "query") {
    has_query_ = true;
    return read_text(value, {key}, out_.request.query);
  }
  if (key == "documents") {
    has_documents_ = true;
    return read_documents(value);
  }
  bool is_null = false;
  if (Problem problem = read_null(value, {key}, is_null)) return problem;
  if (is_null) return {};
  if (key == "top_n") return read_count(value, {key}, out_.top_n);
  if (key == "return_documents") return read_flag(value, {key}, out_.return_documents);
  if (key == "raw_scores") return read_raw_scores(value, out_.scale);
  // A softmax over the one label that a reranker has is 1.
  if (key == "scores") {
    return read_scale(value, {engine::Scale::kRaw, engine::Scale::kSigmoid}, out_.scale);
  }
  return common_.read(key, value);
}

Problem Reader::read_documents(JsonValue value) {
  auto& inputs = out_.request.inputs;
  inputs.clear();  // Of a repeated field the last one counts.
  return read_list(
      value, {"documents"}, "a list of documents",
      [&](JsonValue item, const JsonPlace& at) -> Problem {
        if (Problem problem = check_limit(inputs.size() + 1, max_documents_, at.field, "has")) {
          return problem;
        }
        return read_text(item, at, inputs.emplace_back().text);
      });
}

Problem Reader::check() const {
  if (Problem problem = common_.check()) return problem;
  if (!has_query_) return bad_request("query: is missing, wanted a string", "query");
  if (out_.request.query.empty()) {
    return bad_request("query: is empty, wanted what the documents are to answer", "query");
  }
  if (!has_documents_) {
    return bad_request("documents: is missing, wanted a list of documents", "documents");
  }
  if (out_.request.inputs.empty()) {
    return bad_request("documents: is an empty list, wanted at least one document", "documents");
  }
  return {};
}

}  // namespace

std::optional<HttpError> parse_rerank_request(std::string& body, int max_documents,
                                              RerankRequest& out) {
  Reader reader(max_documents, out);
  Problem problem = read_fields_into(body, reader);
  return problem ? problem : reader.check();
}

}  // namespace quern::serve
