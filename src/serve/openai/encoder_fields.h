// The fields that requests for vectors and for scores have in common.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "serve/json/json_reader.h"
#include "serve/openai/ignored_fields.h"

namespace quern::serve {

/// Reads model, max_tokens, prompt_name, prompt, truncation, truncate, truncation_side and those of
/// treatment_fields.h, and passes over fields that nobody wants.
class EncoderFields {
 public:
  /// What is read is written to both; `ignored_by` says which strange fields are warned of.
  EncoderFields(engine::Request& out, IgnoredBy ignored_by, std::vector<std::string>& warnings)
      : out_(out), ignored_by_(ignored_by), warnings_(warnings) {}

  Problem read_model(JsonValue value);
  /// Any field but the model. An optional one that is null has been passed over by the caller.
  Problem read(std::string_view key, JsonValue value);
  /// Once all fields are read: whether there is a model.
  Problem check() const;

 private:
  Problem read_cut(std::string_view key, JsonValue value);

  engine::Request& out_;
  IgnoredBy ignored_by_;
  std::vector<std::string>& warnings_;
  bool has_model_ = false;
};

}  // namespace quern::serve
