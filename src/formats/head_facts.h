// What a model makes of an input, as facts of its files: known before any weight is read.
// Source: huggingface/transformers configuration_utils.py and pipelines/text_classification.py;
// UKPLab/sentence-transformers cross_encoder.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/late_interaction.h"
#include "formats/vector_modules.h"

namespace quern::formats {

class JsonObject;  // formats/json_object.h

/// What a user can ask a model for. A model's own is one of the first three or the last; what else
/// a classifier can do is a matter of its labels.
enum class Task { kEmbed, kClassify, kGenerate, kRerank, kZeroShot, kTag };

const char* task_name(Task task);  // "embed", "classify", "generate", "rerank", "zero-shot", "tag".

/// For messages: "embeds texts", "classifies texts", "generates text".
const char* what_it_does(Task task);

/// The form of what becomes of one input.
enum class OutputKind {
  kVector,  // [n_values]
  kLogits,  // [n_values], one per label
  kSparse,  // Weights of some terms of the vocabulary (SPLADE, lexical weights).
  kRows,    // [n_tokens, n_values] (late interaction)
  kTags,    // [n_tokens, n_values]: logits of each token, one per label
};

const char* output_name(OutputKind kind);  // "vector", "logits", "sparse", "token", "tags".

/// How logits become scores.
enum class Scale {
  kRaw,      // As they are: a regression, or a cross-encoder that says so.
  kSigmoid,  // Each by itself, from 0 to 1.
  kSoftmax,  // Together, to a sum of 1.
  kMaxSim,   // As they are: of late interaction, a sum over the query's tokens, or their mean.
};

const char* scale_name(Scale scale);  // "raw", "sigmoid", "softmax", "maxsim".

/// What becomes of each row where rows are wanted, or labels of tokens.
struct RowFacts {
  int n_values = 0;
  std::vector<VectorModule> modules = {};  // In order.
  std::optional<LateInteraction> late = {};

  bool is_normalized() const {
    return !modules.empty() && modules.back().kind == VectorModule::Kind::kNormalize;
  }
};

/// Where weights of terms come from.
struct SparseFacts {
  enum class Kind {
    kMaskedLm,  // Logits of every row over the vocabulary: log(1 + relu(.)), pooled over the rows.
    kLexical    // A number for each row, above 0; of rows of one token the largest.
  };
  Kind kind = Kind::kMaskedLm;
  bool sums = false;         // kMaskedLm: the rows are summed up, else the largest counts.
  bool twice = false;        // kMaskedLm: log(1 + log(1 + relu(.))).
  VectorModule number = {};  // kLexical: what makes the number of a row.
};

/// The numbers that a model makes of a batch: for each text, or for each token.
struct OutputShape {
  int n_values = 0;
  bool per_token = false;
};

struct HeadFacts {
  OutputKind output = OutputKind::kVector;
  int n_values = 0;  // Width of the vector or row, or number of labels.

  /// What becomes of the rows: these, side by side. kLogits: one, of the row that the classifier
  /// reads.
  std::vector<Pooling> poolings = {Pooling::kMean};

  // kVector.
  bool pools_prompt = true;                // False: rows of a prompt do not count.
  std::vector<VectorModule> modules = {};  // Behind pooling, in order.
  int truncate_to = 0;  // Numbers kept, after all modules, unless a request says; 0: all.

  // Whatever `output` is of these: other forms that the same rows can be had in.
  std::optional<RowFacts> rows = {};
  std::optional<SparseFacts> sparse = {};

  bool makes(OutputKind kind) const;
  /// Asking for what it does not make is a bug.
  OutputShape shape_of(OutputKind kind, int n_vocab) const;

  /// Vectors have length 1.
  bool is_normalized() const {
    return !modules.empty() && modules.back().kind == VectorModule::Kind::kNormalize;
  }

  /// kLogits: the one score is the logit of a token of the vocabulary, less that of another; of a
  /// GGUF file, of rows of its classifier.
  struct LogitScore {
    int yes = 0;
    int no = -1;  // -1: nothing is subtracted.
  };
  std::optional<LogitScore> logit_score = {};

  // kLogits: the label of each, "LABEL_0" ... where the file names none.
  std::vector<std::string> labels = {};
  Scale scale = Scale::kSoftmax;
};

/// Logits for *ForSequenceClassification, else a vector of `d_model`, the mean of the rows at
/// length 1: sentence_modules.h says otherwise.
///
/// Errors: kBadInput; kUnsupported for heads that are neither (token classification, question
///   answering, ...) and for activations that no scale stands for.
Result<HeadFacts> read_head(const JsonObject& config, int d_model);

/// Another pooling than the files name. Errors: kUnsupported for logits, and for several poolings
/// side by side, whose width the modules behind them need.
Status override_pooling(Pooling pooling, HeadFacts& head);

/// Rows are all that it makes, by late interaction.
void set_late_interaction(RowFacts rows, HeadFacts& head);

/// "vector, token": for messages.
std::string output_names(const HeadFacts& head);

}  // namespace quern::formats
