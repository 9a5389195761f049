// Which precision was found to be fast and faithful for a model on this instruction set, kept
// beside its packed weights (a packed file of precision "auto": docs/format_packed.md).

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/safetensors.h"
#include "kernels/weight.h"

namespace quern::engine {

/// How near a precision is to f32 on the sample texts.
struct Fidelity {
  kernels::Precision precision = kernels::Precision::kF32;
  double mean_cosine = 0;
  double least_cosine = 0;
  int n_labels_changed =
      0;  // Of the samples on which an f32 classifier is sure; orders of two, of one logit.

  bool operator==(const Fidelity&) const = default;
};

struct PrecisionRecord {
  kernels::Precision chosen = kernels::Precision::kF32;
  std::vector<Fidelity> measured = {};  // In the order they were tried.

  bool operator==(const PrecisionRecord&) const = default;
};

std::string precision_record_text(const PrecisionRecord& record);

/// Errors: kBadInput; kUnsupported for a record made by another rule.
Result<PrecisionRecord> parse_precision_record(std::string_view text);

/// Errors: kNotFound; kBadInput, kUnsupported, kIo for one that cannot be used.
Result<PrecisionRecord> find_precision_record(const std::string& home,
                                              const std::string& model_digest);

/// Not being able to keep it costs the next start a measurement, and is logged.
void keep_precision_record(const std::string& home, const std::string& model_digest,
                           const PrecisionRecord& record);

/// The record of the model in `folder`, where it is known without reading weights: for listings.
std::optional<PrecisionRecord> known_precision_record(const std::string& home,
                                                      const std::string& folder);

}  // namespace quern::engine
