// Where models come from: names to places, places to cards, cards to weights. The real one reads
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

/// Where a model lies and what is there now.
struct ModelPlace {
  std::string key;    // Tells two models apart: where, and behind '#' which state of the files.
  std::string where;  // The same for all that ever lies there: one folder or file, one precision.
  std::string path;   // The folder or .gguf file to read.
  std::string name;   // As it is listed: an installed name, else of the path.
};

class ModelSource {
 public:
  virtual ~ModelSource() = default;

  /// As the files are now, each time anew. Reads none of them.
  /// Errors: kNotFound with the nearest names.
  virtual Result<ModelPlace> resolve(const std::string& model) const = 0;

  /// A guess, from above, of what reading this model's tokenizer takes; reads nothing.
  virtual std::size_t tokenizer_bytes(const ModelPlace& place) const = 0;

  /// Config and tokenizer; the ledger is the caller's business.
  virtual Result<ModelCard> read(const ModelPlace& place) const = 0;

  /// The tokenizer alone, also of what can only tokenize: a vocabulary-only GGUF file.
  virtual Result<text::TextEncoder> read_encoder(const ModelPlace& place) const = 0;

  /// Weights, ready to run: a GenerativeModel where the card's task is kGenerate, else a Servable.
  /// They are reserved in the ledger as "weights/NAME".
  /// Errors: kExhausted, kNotFound, kBadInput.
  virtual Result<std::shared_ptr<const LoadedWeights>> load(std::shared_ptr<const ModelCard> card,
                                                            models::Residency residency,
                                                            ByteLedger& ledger,
                                                            ThreadPool& pool) const = 0;

  /// Weights and arithmetic that this model's results have their bits from, in words, the same in
  /// every process that would make the same; "" where that is not known yet, and results cannot be
  /// kept.
  virtual std::string result_identity(const ModelCard& card) const {
    static_cast<void>(card);
    return "";
  }

  /// The part of result_identity that names the weights, the same on every machine; "" where that
  /// is not known yet.
  virtual std::string weights_identity(const ModelCard& card) const {
    static_cast<void>(card);
    return "";
  }

  /// hub::model_digest; reads the weights where nobody wrote it down. Errors: kIo.
  virtual Result<std::string> digest(const ModelCard& card) const { return card.digest; }

  /// Every installed model that can be used. Reads configs only.
  virtual std::vector<ModelInfo> installed() const = 0;

  /// Of this model's weights as they are, or will be, loaded.
  virtual WeightInfo weights(const ModelCard& card) const = 0;
};

/// Installed models of `home` ("": the user's) and model folders given by path, at a named
/// precision or, for "auto", each at the fastest one that is faithful for it (precision_choice.h).
/// `pooling`: of every embedder, in place of its own; "": its own.
/// Errors: kBadInput for an unknown precision or pooling.
Result<std::unique_ptr<ModelSource>> make_folder_source(const std::string& home,
                                                        const std::string& precision,
                                                        const std::string& pooling = {});

}  // namespace quern::engine
