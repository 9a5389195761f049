// What becomes of the hidden rows of a text on their way to one vector, as facts: poolings side by
// side, then modules one after the other.
// Source: UKPLab/sentence-transformers, sentence_transformer/modules/pooling.py, dense.py,
// normalize.py and layer_norm.py.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/head_activation.h"

namespace quern::formats {

class JsonObject;  // formats/json_object.h

/// How the rows of a text become one. In the order in which old files concatenate them.
enum class Pooling {
  kCls,           // The first row.
  kMax,           // The largest of each column.
  kMean,          // sum(x) / n
  kMeanSqrtLen,   // sum(x) / sqrt(n)
  kWeightedMean,  // sum(i x_i) / sum(i), i from 1 on
  kLast,          // The last row.
};

const char* pooling_name(Pooling pooling);  // "cls", "max", "mean", ... as in pooling_mode.
std::string pooling_names();                // All of them, for messages.

/// "mean"; of several "cls+mean".
std::string poolings_text(const std::vector<Pooling>& poolings);

/// Errors: kBadInput, the known ones listed.
Result<Pooling> parse_pooling(std::string_view name);

struct VectorModule {
  enum class Kind {
    kDense,      // activation(W x + b), and a residual behind that
    kLayerNorm,  // Layer norm, eps 1e-5.
    kNormalize,  // To length 1.
  };
  enum class Residual { kNone, kInput, kProjected };

  Kind kind = Kind::kNormalize;
  int n_in = 0;
  int n_out = 0;
  HeadActivation activation = HeadActivation::kNone;
  bool has_bias = false;
  Residual residual = Residual::kNone;
  std::string folder = {};  // Of its weights, inside the model's; "": they are the model's own.
  std::string file = "model.safetensors";  // In that folder.
  // What its matrix or norm is called there, without ".weight"; "": that alone.
  std::string tensor = {};
};

/// To length 1.
VectorModule normalize_module(int n_values);

/// The modes of a Pooling module's config.json: `pooling_mode`, a name or a list, or the old flags.
/// Errors: kBadInput, kUnsupported.
Result<std::vector<Pooling>> read_poolings(const JsonObject& config);

/// True for the kinds that read_vector_module knows.
bool is_vector_module(std::string_view kind);

/// What a module reads and writes: vectors, or the rows of a text. Which a config that says nothing
/// means depends on the chain.
enum class ModuleInput { kVector, kRows };

/// A module of that kind with its weights in `folder` of the model at `path`, over vectors or rows
/// of `n_in`.
/// Errors: kBadInput, kUnsupported (an activation; weights that only pickle can read), kNotFound.
Result<VectorModule> read_vector_module(std::string_view kind, const std::string& path,
                                        const std::string& folder, int n_in,
                                        ModuleInput input = ModuleInput::kVector);

}  // namespace quern::formats
