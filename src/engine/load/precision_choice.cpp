#include "engine/load/precision_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "kernels/table.h"

namespace quern::engine {
namespace {

using kernels::Precision;
using models::Encoder;

constexpr double kMeanCosine = 0.9995;
constexpr double kLeastCosine = 0.997;
constexpr double kSureMargin = 0.05;
// Of two scores that are one logit each: what moves an even chance by kSureMargin.
constexpr float kSureDifference = 0.2f;

double cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (aa == 0 && bb == 0) return 1;
  return std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0);  // NaN stays NaN.
}

std::ptrdiff_t label_of(std::span<const float> logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

/// The best probability less the second.
double margin_of(std::span<const float> logits) {
  const double best = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  double second = 0;
  const std::ptrdiff_t label = label_of(logits);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double e = std::exp(logits[i] - best);
    sum += e;
    if (static_cast<std::ptrdiff_t>(i) != label) second = std::max(second, e);
  }
  return (1 - second) / sum;
}

// Pairs of samples in whose order f32 is sure, and `got` of the other opinion.
int orders_changed(const std::vector<float>& f32, const std::vector<float>& got) {
  int changed = 0;
  for (std::size_t i = 0; i < f32.size(); ++i) {
    for (std::size_t j = 0; j < f32.size(); ++j) {
      if (f32[i] - f32[j] >= kSureDifference && got[i] <= got[j]) ++changed;
    }
  }
  return changed;
}

int labels_changed(const SampleResults& f32, const SampleResults& got) {
  if (f32.n_labels == 0) return 0;
  if (f32.n_labels == 1) return orders_changed(f32.logits, got.logits);
  const auto n = static_cast<std::size_t>(f32.n_labels);
  int changed = 0;
  for (std::size_t at = 0; at < f32.logits.size(); at += n) {
    const auto want = std::span(f32.logits).subspan(at, n);
    const bool is_sure = margin_of(want) >= kSureMargin;
    if (is_sure && label_of(want) != label_of(std::span(got.logits).subspan(at, n))) ++changed;
  }
  return changed;
}

Result<Encoder> load(const ModelCard& card, Precision precision,
                     const models::Int8Calibration* seen, ByteLedger& ledger, ThreadPool& pool) {
  const formats::ModelFolder& folder = card.as_encoder().folder;
  QUERN_ASSIGN(models::TensorSource files, models::TensorSource::open(folder.path, folder.weights));
  return models::load_encoder(
      {.folder = folder, .precision = precision, .packed = {}, .calibration = seen},
      std::move(files), ledger, pool);
}

const models::Int8Calibration* if_any(const models::Int8Calibration& seen) {
  return seen.blocks.empty() ? nullptr : &seen;
}

}  // namespace

Result<std::optional<Precision>> parse_precision_wish(std::string_view name) {
  if (name == "auto") return std::optional<Precision>();
  const Result<Precision> precision = kernels::parse_precision(name);
  if (precision.ok()) return std::optional(*precision);
  return Status(Code::kBadInput,
                fmt::format("precision '{}' is not known, want auto, f32, bf16 or int8", name));
}

bool is_faithful(const Fidelity& fidelity) {
  return fidelity.mean_cosine >= kMeanCosine && fidelity.least_cosine >= kLeastCosine &&
         fidelity.n_labels_changed == 0;
}

Fidelity compare_samples(const SampleResults& f32, const SampleResults& got, Precision precision) {
  Fidelity out{.precision = precision, .n_labels_changed = labels_changed(f32, got)};
  if (f32.n_samples == 0) return out;
  const std::size_t d = f32.states.size() / static_cast<std::size_t>(f32.n_samples);
  double sum = 0;
  out.least_cosine = 1;
  for (std::size_t at = 0; at < f32.states.size(); at += d) {
    const double c =
        cosine(std::span(f32.states).subspan(at, d), std::span(got.states).subspan(at, d));
    sum += c;
    if (!(c >= out.least_cosine)) out.least_cosine = c;
  }
  out.mean_cosine = sum / f32.n_samples;
  if (!std::isfinite(sum)) out.mean_cosine = out.least_cosine = -1;
  return out;
}

std::vector<Precision> fast_precisions() {
  // Int8 does more products an instruction than bf16 wherever there is either. Without native
  // products bf16 is f32 arithmetic on smaller weights: no faster, and less exact.
  std::vector<Precision> out = {Precision::kInt8};
  if (kernels::active().native_bf16) out.push_back(Precision::kBf16);
  return out;
}

Result<ChosenPrecision> choose_precision(const ModelCard& card, ByteLedger& ledger,
                                         ThreadPool& pool) {
  const std::vector<text::Encoding> samples = sample_inputs(card);
  ChosenPrecision out;
  SampleResults reference;
  {
    QUERN_ASSIGN(const Encoder f32, load(card, Precision::kF32, nullptr, ledger, pool));
    QUERN_ASSIGN(reference, run_samples(card, f32, samples, ledger, pool, &out.seen));
  }
  for (const Precision precision : fast_precisions()) {
    Result<Encoder> model = load(card, precision, if_any(out.seen), ledger, pool);
    if (model.status().code() == Code::kUnsupported) continue;
    if (!model.ok()) return model.status();
    QUERN_ASSIGN(const SampleResults got, run_samples(card, *model, samples, ledger, pool));
    const Fidelity fidelity = compare_samples(reference, got, precision);
    out.record.measured.push_back(fidelity);
    log_info("model '{}' in {}: cosine to f32 {:.5f}, least {:.5f}, {} sure labels changed",
             card.name, kernels::precision_name(precision), fidelity.mean_cosine,
             fidelity.least_cosine, fidelity.n_labels_changed);
    if (is_faithful(fidelity)) {
      out.record.chosen = precision;
      return out;
    }
  }
  return out;
}

Result<models::Int8Calibration> calibrate(const ModelCard& card, Precision precision,
                                          ByteLedger& ledger, ThreadPool& pool) {
  models::Int8Calibration seen;
  if (precision != Precision::kInt8) return seen;
  QUERN_ASSIGN(const Encoder f32, load(card, Precision::kF32, nullptr, ledger, pool));
  QUERN_TRY(run_samples(card, f32, sample_inputs(card), ledger, pool, &seen).status());
  return seen;
}

}  // namespace quern::engine
