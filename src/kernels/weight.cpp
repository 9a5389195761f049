#include "kernels/weight.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"
#include "kernels/int8/int8.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

// Inputs that share one 32-bit step.
int inputs_per_step(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return 1;
    case Precision::kBf16:
      return 2;
    case Precision::kInt8:
      return kInt8Step;
  }
  return 1;
}

}  // namespace

const char* precision_name(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return "f32";
    case Precision::kBf16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
  }
  return "unknown";
}

Result<Precision> parse_precision(std::string_view name) {
  for (const Precision p : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    if (name == precision_name(p)) return p;
  }
  return {Code::kBadInput,
          fmt::format("precision '{}' is not known, want f32, bf16 or int8", name)};
}

int Weight::n_steps() const {
  const int per_step = inputs_per_step(precision);
  return (n_in + per_step - 1) / per_step;
}

std::size_t panel_bytes(Precision precision, int n_in) {
  if (precision == Precision::kInt8) return int8_panel_bytes(n_in);
  const Weight w{.precision = precision, .n_out = kPanelWidth, .n_in = n_in};
  return static_cast<std::size_t>(w.n_steps()) * 64;
}

std::size_t packed_bytes(Precision precision, int n_out, int n_in) {
  const Weight w{.precision = precision, .n_out = n_out, .n_in = n_in};
  return static_cast<std::size_t>(w.n_panels()) * panel_bytes(precision, n_in);
}

void pack_panel(Precision precision, const float* rows, int n_rows, int n_in,
                std::span<std::byte> panel) {
  QUERN_CHECK(panel.size() == panel_bytes(precision, n_in) && n_rows <= kPanelWidth);
  std::memset(panel.data(), 0, panel.size());
  if (precision == Precision::kInt8) return int8_pack_panel(rows, n_rows, n_in, panel.data());
  if (precision == Precision::kF32) {
    auto* lines = reinterpret_cast<float*>(panel.data());
    for (int i = 0; i < n_in; ++i) {
      for (int o = 0; o < n_rows; ++o) {
        lines[i * kPanelWidth + o] = rows[static_cast<std::ptrdiff_t>(o) * n_in + i];
      }
    }
    return;
  }
  auto* lines = reinterpret_cast<std::uint16_t*>(panel.data());
  for (int i = 0; i < n_in; ++i) {
    for (int o = 0; o < n_rows; ++o) {
      lines[i / 2 * 2 * kPanelWidth + 2 * o + i % 2] =
          bf16_from_f32(rows[static_cast<std::ptrdiff_t>(o) * n_in + i]);
    }
  }
}

Weight pack_weight(Precision precision, const float* source, int n_out, int n_in,
                   std::span<std::byte> packed) {
  QUERN_CHECK(packed.size() == packed_bytes(precision, n_out, n_in));
  const Weight w{.precision = precision, .n_out = n_out, .n_in = n_in, .packed = packed.data()};
  const std::size_t bytes = panel_bytes(precision, n_in);
  for (int panel = 0; panel < w.n_panels(); ++panel) {
    const int first = panel * kPanelWidth;
    pack_panel(precision, source + static_cast<std::ptrdiff_t>(first) * n_in,
               std::min(kPanelWidth, n_out - first), n_in,
               packed.subspan(static_cast<std::size_t>(panel) * bytes, bytes));
  }
  return w;
}

}  // namespace quern::kernels
