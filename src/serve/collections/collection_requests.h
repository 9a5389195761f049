// The JSON of requests to collections.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/collections.h"
#include "apps/json_document.h"
#include "apps/retriever.h"
#include "serve/http/http_error.h"

namespace quern::serve {

/// Most hits of an answer, and most candidates of a side.
inline constexpr int kMaxTop = 1000;
inline constexpr int kMaxWindow = 10'000;

/// POST /v1/collections.
struct CreateRequest {
  std::string name;
  std::string fields = "title+text";
  std::string attributes;
  std::string analyzer = "english";
  float k1 = 1.2f;
  float b = 0.75f;
  std::string model;  // "": no vectors, or those that are brought along.
  std::string metric = "cosine";
  int dimensions = 0;
  int given_dimensions = 0;
  std::optional<std::string> text_prompt = {};
  std::optional<std::string> query_prompt = {};
  std::string long_texts = "mean";
};
std::optional<HttpError> parse_create_request(std::string& body, CreateRequest& out);

/// POST /v1/collections/NAME/documents.
struct DocumentsRequest {
  std::vector<std::string> documents;  // An object of JSON each, or what passes for one.
  // Unset: as the collection was made.
  std::optional<apps::GivenVectors> vectors = {};
};
std::optional<HttpError> parse_documents_request(std::string& body, int max_documents,
                                                 DocumentsRequest& out);

/// DELETE /v1/collections/NAME/documents.
std::optional<HttpError> parse_erase_request(std::string& body, int max_ids,
                                             std::vector<std::string>& ids);

/// POST /v1/collections/NAME/search.
struct SearchRequest {
  apps::Ask ask;       // All but the filter and the deadlines.
  std::string filter;  // "": none.
  std::string rerank;  // A model's name; "": none.
  int n_reranked = 50;
  bool wants_fitted = false;     // A fusion that was learnt for the collection has to be there.
  std::int64_t deadline_ms = 0;  // 0: that of the connection.
};
std::optional<HttpError> parse_search_request(std::string& body, SearchRequest& out);

}  // namespace quern::serve
