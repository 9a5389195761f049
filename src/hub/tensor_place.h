// Which tensor of a base model an adapter means: a class for a task puts the network under a prefix
// ("bert.encoder...") that files of the bare network do not have, and the other way round.

#pragma once

#include <string>

#include "base/status.h"
#include "formats/lora_adapter.h"
#include "formats/safetensors.h"

namespace quern::hub {

class TensorPlaces {
 public:
  /// Told by the first update. Errors: kBadInput where the base has no such tensor.
  static Result<TensorPlaces> find(const formats::TensorFiles& base,
                                   const formats::LoraAdapter& adapter);

  /// The base's name of the adapter's tensor `name`. Errors: kBadInput where it has none.
  Result<std::string> of_base(const std::string& name) const;

  /// The same, or the name that a tensor new to the base gets.
  std::string of_new(const std::string& name) const;

 private:
  explicit TensorPlaces(const formats::TensorFiles& base) : base_(&base) {}
  std::string moved(const std::string& name) const;

  const formats::TensorFiles* base_;
  std::string dropped_;  // "bert.": what the adapter's names have in front.
  std::string added_;    // What the base's names have in front.
};

}  // namespace quern::hub
