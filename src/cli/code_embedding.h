// The model of a code index's vectors: which one, and what it takes to make them.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/code/code_watching.h"
#include "apps/text_embedder.h"
#include "apps/vector_log.h"
#include "base/status.h"
#include "cli/flags.h"
#include "cli/store_vectors.h"
#include "store/writer.h"

namespace quern::cli {

/// Adds --model.
void add_code_model_flag(CLI::App& command, std::string& model);

/// The model that is meant: the flag's, else the index's own, else the default where it is
/// installed; "" for none.
std::string code_model(const std::string& flag, const store::SpaceRow* active);

/// Model and vector log for an index that is written. The engine outlives it.
class CodeEmbedder {
 public:
  /// Makes the space of the model's vectors where there is none. Errors: those of the model, as
  /// Writer::add_space.
  static Result<std::unique_ptr<CodeEmbedder>> open(engine::Engine& engine,
                                                    const VectorLogFlags& log,
                                                    const std::string& model,
                                                    store::Writer& writer);

  apps::CodeEmbedding embedding() const {
    return {.embedder = &*embedder_, .log = log_.get(), .space = space_};
  }

  /// From now on this model's vectors are searched, if another's were. Errors: as
  /// Writer::activate_space.
  Status show(store::Writer& writer) const;

 private:
  CodeEmbedder() = default;

  std::optional<apps::TextEmbedder> embedder_;
  std::unique_ptr<apps::VectorLog> log_;
  store::SpaceId space_ = 0;
};

}  // namespace quern::cli
