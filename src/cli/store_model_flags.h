// The flags that say what makes a store's vectors.

#pragma once

#include <optional>
#include <string>

#include "apps/text_embedder.h"
#include "base/status.h"

namespace CLI {
class App;
}

namespace quern::cli {

struct StoreModelFlags {
  std::string model;                        // --model
  std::string metric;                       // --metric; "": cosine
  int dimensions = 0;                       // --dimensions; 0: as the model says.
  std::optional<std::string> text_prompt;   // --text-prompt
  std::optional<std::string> query_prompt;  // --query-prompt
  std::string long_texts;                   // --long-texts; "": mean
};

void add_store_model_flags(CLI::App& command, StoreModelFlags& flags);

/// --long-texts by itself.
void add_long_texts_flag(CLI::App& command, std::string& how);

/// Errors: kBadInput for the metric.
Result<apps::EmbedderWish> embedder_wish(const StoreModelFlags& flags);

}  // namespace quern::cli
