// The encoder families: what config.json calls them, what each one fixes, and what their
// checkpoints call their tensors. Source: huggingface/transformers, modeling_*.py of each.

#pragma once

#include <string>
#include <string_view>

namespace quern::formats {

/// What the tensors of a family are called, without ".weight" and ".bias".
struct EncoderNames {
  const char* prefix;  // That files of a task put before all but the head; files without it exist.
  const char* token;
  const char* position;
  const char* type;
  const char* embed_norm;
  const char* layer;  // "{}" is the layer's number.

  // Within a layer.
  const char* q;
  const char* k;
  const char* v;
  const char* attn_out;
  const char* attn_norm;
  const char* up;
  const char* down;
  const char* ff_norm;

  // The classifier: out(tanh(dense(first row))). `dense` bears the prefix where `is_pooler`.
  const char* dense;
  const char* out;
};

/// Where learned positions begin in their table.
enum class FirstPosition {
  kFirstRow,
  kBehindPad,  // Behind the row of the padding token, which all such tokens take.
};

struct EncoderFamily {
  const char* model_type;
  FirstPosition first_position = FirstPosition::kFirstRow;
  int default_pad_id = 0;
  double default_eps = 1e-12;
  int default_n_types = 2;
  bool dense_is_pooler = false;  // The classifier's first layer is the encoder's pooler.
  EncoderNames names;
};

/// nullptr if there is none.
const EncoderFamily* find_encoder_family(std::string_view model_type);

/// "bert, roberta": for messages.
std::string encoder_family_names();

}  // namespace quern::formats
