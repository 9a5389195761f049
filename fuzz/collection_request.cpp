// The JSON of requests to /v1/collections: any bytes give a request whose every value is in range,
// or an error that is valid JSON itself. What is accepted must be JSON to another parser too.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "apps/json_document.h"
#include "apps/schema_text.h"
#include "base/check.h"
#include "serve/collections/collection_requests.h"
#include "serve/openai/openai_error.h"

namespace {

using namespace quern::serve;

constexpr int kMaxDocuments = 8;

void check_problem(const HttpError& problem) {
  const Response response = to_response(problem, openai_error);
  QUERN_CHECK(response.status == 400 && nlohmann::json::accept(response.body));
}

void check_create(std::string body) {
  CreateRequest parsed;
  if (const auto problem = parse_create_request(body, parsed)) return check_problem(*problem);
  QUERN_CHECK(!parsed.name.empty() && parsed.dimensions >= 0 && parsed.given_dimensions >= 0);
  QUERN_CHECK(parsed.b >= 0 && parsed.b <= 1 && parsed.k1 >= 0);
  QUERN_CHECK(nlohmann::json::accept(body));
}

void check_documents(std::string body) {
  static const auto schema = quern::apps::schema_from_text("title+text", "english", 1.2f, 0.75f);
  DocumentsRequest parsed;
  if (const auto problem = parse_documents_request(body, kMaxDocuments, parsed)) {
    return check_problem(*problem);
  }
  QUERN_CHECK(parsed.documents.size() <= kMaxDocuments);
  for (const std::string& document : parsed.documents) {
    const auto read = quern::apps::document_from_line(
        document, *schema, parsed.vectors.value_or(quern::apps::GivenVectors::kRefuse));
    QUERN_CHECK(!read.ok() || nlohmann::json::accept(read->stored));
  }
}

void check_erase(std::string body) {
  std::vector<std::string> ids;
  if (const auto problem = parse_erase_request(body, kMaxDocuments, ids)) {
    return check_problem(*problem);
  }
  QUERN_CHECK(ids.size() <= kMaxDocuments && nlohmann::json::accept(body));
}

void check_search(std::string body) {
  SearchRequest parsed;
  if (const auto problem = parse_search_request(body, parsed)) return check_problem(*problem);
  QUERN_CHECK(!parsed.ask.text.empty() || !parsed.ask.vector.empty());
  QUERN_CHECK(parsed.ask.n_wanted >= 1 && parsed.ask.n_wanted <= kMaxTop);
  QUERN_CHECK(parsed.ask.window >= 1 && parsed.ask.window <= kMaxWindow);
  QUERN_CHECK(parsed.n_reranked >= 1 && parsed.deadline_ms >= 0);
  QUERN_CHECK(!parsed.ask.fusion || quern::store::check_fusion(parsed.ask.fusion->spec).ok());
  QUERN_CHECK(nlohmann::json::accept(body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string body(reinterpret_cast<const char*>(data), n);
  check_create(body);
  check_documents(body);
  check_erase(body);
  check_search(body);
  return 0;
}
