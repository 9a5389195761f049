// What is known of a model without its weights: config, head, labels, prompts, tokenizer. Enough to
// describe it, to check a request and to turn inputs into token ids.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

#include "base/byte_ledger.h"
#include "engine/engine.h"
#include "formats/decoder_model.h"
#include "formats/model_folder.h"
#include "hub/known_facts.h"
#include "text/tokenizer.h"

namespace quern::engine {

/// What loaded weights are, or will be.
struct WeightInfo {
  std::string precision;  // "f32", ...; "auto" while it has not been measured; a decoder's "q4_K".
  std::size_t bytes = 0;
  std::size_t least_bytes = 0;  // Of memory, where they are streamed; 0: they cannot be.
};

/// What is done to a vector after it is sliced.
enum class Slice {
  kNormalize,  // To length 1: what a request asks for.
  kCutOnly,    // What a model's own truncate_dim asks for, as in sentence-transformers.
};

/// What a pass computes: only inputs that want the same go into one batch.
struct OutputForm {
  OutputKind kind = OutputKind::kVector;
  bool leaves_last_norm = false;  // A scaling to length 1 that ends the model's chain is not done.

  bool operator==(const OutputForm&) const = default;
};

/// A request's wishes, checked against the model and resolved: what each input is encoded with.
struct Plan {
  OutputForm form = {};
  std::string prompt;                     // The text itself, "" for none.
  std::optional<std::string> query = {};  // Put before each input, to make a pair of it.
  // Of late interaction: the first input is the query, and the others are scored for it.
  bool scores_first = false;
  std::string query_prompt = {};   // Before that one.
  TextRole role = TextRole::kAny;  // Of late interaction: kQuery, or else a document.
  int n_unpooled = 0;              // Tokens of the prompt, where its rows do not count.
  int max_tokens = 0;              // > 0, at most the model's positions,
  bool has_wished_limit = false;   // and not the model's own.
  Truncation truncation = Truncation::kCut;
  std::optional<text::TruncationSide> truncation_side = {};
  int slice_to = 0;  // Keep this many numbers; 0: the vector as it is.
  Slice slice = Slice::kNormalize;
};

/// The tokens that files name by their text.
struct NamedIds {
  text::TokenId query_marker = -1, document_marker = -1;  // Of late interaction; -1: none.
  text::TokenId filler = -1;
  std::vector<text::TokenId> skipped = {};   // Of documents; ascending.
  std::vector<text::TokenId> no_terms = {};  // Of lexical weights: what is no term; ascending.
};

/// Of a model that makes vectors or labels of texts.
struct EncoderFacts {
  formats::ModelFolder folder;
  NamedIds ids = {};
  int n_template = 0;       // Tokens the template adds to a text.
  int n_pair_template = 0;  // To a pair; 0 where pairs are refused.
};

/// Of a model that generates text.
struct DecoderFacts {
  formats::DecoderModel model;
  WeightInfo weights;
  std::unordered_set<text::TokenId> hidden_ids;  // Control tokens, which are no text.
};

struct ModelCard {
  std::string name;    // As it can be requested.
  std::string key;     // ModelPlace::key of the files it was read from.
  std::string digest;  // As of ModelInfo.
  std::variant<EncoderFacts, DecoderFacts> facts;
  std::shared_ptr<const text::TextEncoder> encoder;
  hub::KnownFacts known;              // Of an encoder: what its files did not say.
  std::vector<std::string> warnings;  // Of self_check.

  // The ledger lives as long as anyone holds a tokenizer.
  std::shared_ptr<ByteLedger> ledger;
  Reservation tokenizer_bytes;

  bool generates() const { return std::holds_alternative<DecoderFacts>(facts); }

  /// Asking for those of the other kind is a bug.
  const EncoderFacts& as_encoder() const;
  const DecoderFacts& as_decoder() const;

  Task task() const;
  int n_values() const;  // Of its own output: width of a vector or row, number of labels or terms.
};

/// The part of a ModelPlace::key that tells the state of the files: what follows '#'.
std::string state_of_files(const std::string& key);

ModelInfo info_from(const ModelCard& card, const WeightInfo& weights);

/// What is known from a folder and its tokenizer.
/// Errors: kBadInput for tokens of late interaction that the vocabulary has not.
Result<EncoderFacts> encoder_facts(formats::ModelFolder folder, const text::TextEncoder& encoder);

/// Checks what a request asks for against the model.
///
/// Errors: kBadInput for the wrong task, an unknown prompt, dimensions or max_tokens out of range;
///   each says what was got and wanted.
Result<Plan> plan_request(const ModelCard& card, const Request& request);

/// Input `i` of a request as token ids. Needs no weights. Errors: kBadInput for a text that is too
/// long where cutting is refused, ids outside the vocabulary, a pair for a model without pairs, or
/// no tokens at all.
Result<text::Encoding> encode_input(const ModelCard& card, const Plan& plan, const Input& input,
                                    std::size_t i = 0);

}  // namespace quern::engine
