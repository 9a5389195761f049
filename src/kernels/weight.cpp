#include "kernels/weight.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"
#include "kernels/block/block_weight.h"
#include "kernels/int8/int8.h"
#include "tensor/dtype.h"

namespace quern::kernels {

using Kind = WeightFormat::Kind;

const char* precision_name(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return "f32";
    case Precision::kBf16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
    case Precision::kStored:
      return "stored";
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

RowForm WeightFormat::row_form() const {
  switch (kind) {
    case Kind::kStored:
      return takes_block_rows(stored) ? RowForm::kBlocks : RowForm::kF32;
    case Kind::kBf16Pairs:
      return RowForm::kBf16;
    case Kind::kInt8:
      return RowForm::kInt8;
  }
  return RowForm::kF32;
}

WeightFormat weight_format(Precision precision, BlockFormat stored) {
  switch (precision) {
    case Precision::kF32:
      return {Kind::kStored, BlockFormat::kF32};
    case Precision::kBf16:
      return {Kind::kBf16Pairs};
    case Precision::kInt8:
      return {Kind::kInt8};
    case Precision::kStored:
      return {Kind::kStored, stored};
  }
  return {};
}

std::size_t Weight::panel_bytes() const { return kernels::panel_bytes(format, n_in); }

std::size_t panel_bytes(WeightFormat format, int n_in) {
  switch (format.kind) {
    case Kind::kStored:
      return block_panel_bytes(format.stored, n_in);
    case Kind::kBf16Pairs:
      return static_cast<std::size_t>((n_in + 1) / 2) * 64;
    case Kind::kInt8:
      return int8_panel_bytes(n_in);
  }
  return 0;
}

std::size_t weight_bytes(WeightFormat format, int n_out, int n_in) {
  return Weight{.format = format, .n_out = n_out, .n_in = n_in}.n_bytes();
}

void pack_panel(WeightFormat format, const float* rows, int n_rows, int n_in,
                std::span<std::byte> panel) {
  QUERN_CHECK(panel.size() == panel_bytes(format, n_in) && n_rows <= kPanelWidth);
  if (format.kind == Kind::kStored) {
    QUERN_CHECK(format.stored == BlockFormat::kF32);
    return pack_block_panel(format.stored, reinterpret_cast<const std::byte*>(rows), n_rows, n_in,
                            panel);
  }
  std::memset(panel.data(), 0, panel.size());
  if (format.kind == Kind::kInt8) return int8_pack_panel(rows, n_rows, n_in, panel.data());
  auto* lines = reinterpret_cast<std::uint16_t*>(panel.data());
  for (int i = 0; i < n_in; ++i) {
    for (int o = 0; o < n_rows; ++o) {
      lines[i / 2 * 2 * kPanelWidth + 2 * o + i % 2] =
          bf16_from_f32(rows[static_cast<std::ptrdiff_t>(o) * n_in + i]);
    }
  }
}

Weight pack_weight(WeightFormat format, const float* source, int n_out, int n_in,
                   std::span<std::byte> packed) {
  const Weight w{.format = format, .n_out = n_out, .n_in = n_in, .packed = packed.data()};
  QUERN_CHECK(packed.size() == w.n_bytes());
  const std::size_t bytes = w.panel_bytes();
  for (int panel = 0; panel < w.n_panels(); ++panel) {
    const int first = panel * kPanelWidth;
    pack_panel(format, source + static_cast<std::ptrdiff_t>(first) * n_in,
               std::min(kPanelWidth, n_out - first), n_in,
               packed.subspan(static_cast<std::size_t>(panel) * bytes, bytes));
  }
  return w;
}

}  // namespace quern::kernels
