// Where models come from: names to folders, folders to cards, cards to weights. The real one reads
// the hub's folders; tests bring their own.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/thread_pool.h"
#include "engine/model_card.h"
#include "engine/servable.h"

namespace quern::engine {

class ModelSource {
 public:
  virtual ~ModelSource() = default;

  /// What tells two models apart: the absolute path of the folder and the precision asked for.
  /// Errors: kNotFound with the nearest names.
  virtual Result<std::string> resolve(const std::string& model) const = 0;

  /// Config and tokenizer of a resolved model; the ledger is the caller's business.
  virtual Result<ModelCard> read(const std::string& key) const = 0;

  /// The tokenizer alone, also of what can only tokenize: a vocabulary-only GGUF file.
  virtual Result<text::TextEncoder> read_encoder(const std::string& key) const = 0;

  /// Weights, ready to run: a GenerativeModel where the card's task is kGenerate, else a Servable.
  /// They are reserved in the ledger as "weights/NAME".
  /// Errors: kExhausted, kNotFound, kBadInput.
  virtual Result<std::shared_ptr<const LoadedWeights>> load(std::shared_ptr<const ModelCard> card,
                                                            ByteLedger& ledger,
                                                            ThreadPool& pool) const = 0;

  /// Every installed model that can be used. Reads configs only.
  virtual std::vector<ModelInfo> installed() const = 0;

  /// Of this model's weights as they are, or will be, loaded.
  virtual WeightInfo weights(const ModelCard& card) const = 0;
};

/// Installed models of `home` ("": the user's) and model folders given by path, at a named
/// precision or, for "auto", each at the fastest one that is faithful for it (precision_choice.h).
/// Errors: kBadInput for an unknown precision.
Result<std::unique_ptr<ModelSource>> make_folder_source(const std::string& home,
                                                        const std::string& precision);

}  // namespace quern::engine
