// Late interaction (ColBERT): every token of a query and of a document has a vector, and a document
// is worth, for each of the query's, the product with the nearest of its own. What the files say of
// how the two kinds of text become tokens.
//
// Source: Khattab and Zaharia 2020 (arXiv 2004.12832); UKPLab/sentence-transformers,
// multi_vector_encoder and base/modules/transformer.py; lightonai/pylate, models/colbert.py;
// stanford-futuredata/ColBERT, artifact.metadata.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace quern::formats {

class JsonObject;  // formats/json_object.h

struct LateInteraction {
  /// One of the two kinds of text.
  struct Side {
    std::string marker = {};  // A token of the vocabulary, put in the second place; "": none.
    int max_tokens = 0;       // The marker and the template included; 0: as the model has it.
  };
  Side query = {}, document = {};

  /// Queries are filled up with a token whose rows count like any other's.
  struct Filling {
    std::string token = {};
    int n_tokens = 0;  // That a query has at least.
    bool is_seen =
        false;  // By the query's own tokens; else they alone see those, and not themselves.
  };
  std::optional<Filling> filling = {};

  std::vector<std::string> skipped = {};  // Tokens of documents whose rows do not count.
  bool skips_first = false;               // Nor does the first row of either.
  bool averages = false;                  // A score is divided by the number of the query's rows.
};

/// As sentence-transformers 6 writes it: `transformer` is sentence_bert_config.json, `mask` the
/// config of the MultiVectorMask, `sentence` config_sentence_transformers.json.
/// Errors: kBadInput; kUnsupported for lists of tokens that alone count, and for skipping in
/// queries.
Result<LateInteraction> read_late_interaction(const std::string& folder, const JsonObject& sentence,
                                              const JsonObject& transformer,
                                              const JsonObject& mask);

/// As PyLate writes it into config_sentence_transformers.json. Errors: kBadInput.
Result<LateInteraction> read_pylate(const std::string& folder, const JsonObject& sentence);

/// Of a folder in Stanford's layout: artifact.metadata, where it is there.
/// Errors: kBadInput; kUnsupported for a similarity that is not the cosine.
Result<LateInteraction> read_stanford(const std::string& folder);

}  // namespace quern::formats
