// What a model makes of an input, as facts of its files: known before any weight is read.
// Source: huggingface/transformers configuration_utils.py and pipelines/text_classification.py;
// UKPLab/sentence-transformers cross_encoder.

#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "formats/json_object.h"

namespace quern::formats {

/// What a user can ask a model for.
enum class Task { kEmbed, kClassify, kGenerate };

const char* task_name(Task task);  // "embed", "classify", "generate".

/// For messages: "embeds texts", "classifies texts", "generates text".
const char* what_it_does(Task task);

/// The form of what becomes of one input.
enum class OutputKind {
  kVector,  // [n_values]
  kLogits,  // [n_values], one per label
  kSparse,  // Weights of some of n_vocab terms (SPLADE).
  kRows,    // [n_tokens, n_values] (late interaction)
};

const char* output_name(OutputKind kind);  // "vector", "logits", "sparse", "rows".

/// How the rows of a text become one.
enum class Pooling { kMean, kCls, kMax, kLast };

/// How logits become scores.
enum class Scale {
  kRaw,      // As they are: a regression, or a cross-encoder that says so.
  kSigmoid,  // Each by itself, from 0 to 1.
  kSoftmax,  // Together, to a sum of 1.
};

const char* scale_name(Scale scale);  // "raw", "sigmoid", "softmax".

struct HeadFacts {
  OutputKind output = OutputKind::kVector;
  int n_values = 0;  // Width of the vector or row, or number of labels.

  Pooling pooling = Pooling::kMean;  // kLogits: of the row that the classifier reads.

  // kVector.
  bool normalize = true;  // A Normalize module, or no modules.json at all.
  int truncate_to = 0;    // Numbers kept, after normalising, unless a request says; 0: all.

  // kLogits: the label of each, "LABEL_0" ... where the file names none.
  std::vector<std::string> labels = {};
  Scale scale = Scale::kSoftmax;
};

/// Logits for *ForSequenceClassification, else a vector of `d_model`; sentence_modules.h adds how.
///
/// Errors: kBadInput; kUnsupported for heads that are neither (token classification, question
///   answering, ...) and for activations that no scale stands for.
Result<HeadFacts> read_head(const JsonObject& config, int d_model);

/// Errors: kUnsupported, naming the kind, for what nothing here computes.
Status check_output(const HeadFacts& head);

}  // namespace quern::formats
