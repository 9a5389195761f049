#include "models/tensor_source.h"

#include <functional>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kernels/block/block_weight.h"
#include "tensor/dtype.h"

namespace quern::models {
namespace {

/// A tensor as its file describes it.
struct Described {
  std::vector<std::int64_t> shape;
  std::optional<BlockFormat> format;
  std::string format_name;
  std::span<const std::byte> bytes;
  Status problem = {};
};

std::optional<Described> describe(const formats::TensorFiles& files, const std::string& name) {
  const formats::TensorEntry* t = files.find(name);
  if (t == nullptr) return std::nullopt;
  return Described{.shape = t->shape,
                   .format = block_format_of(t->dtype),
                   .format_name = dtype_name(t->dtype),
                   .bytes = t->bytes};
}

std::optional<Described> describe(const formats::GgufFile& file, const std::string& name) {
  const formats::GgufTensor* t = file.find(name);
  if (t == nullptr) return std::nullopt;
  return Described{.shape = t->shape,
                   .format = t->format,
                   .format_name = block_layout(t->format).name,
                   .bytes = t->bytes,
                   .problem = t->problem};
}

template <typename... F>
struct Cases : F... {
  using F::operator()...;
};
template <typename... F>
Cases(F...) -> Cases<F...>;

}  // namespace

Result<TensorSource> TensorSource::open(const std::string& path, formats::WeightFiles kind) {
  if (kind == formats::WeightFiles::kGguf) {
    QUERN_ASSIGN(formats::GgufFile file, formats::GgufFile::open(path));
    return TensorSource(std::move(file));
  }
  QUERN_ASSIGN(formats::TensorFiles files, formats::TensorFiles::open(path));
  return TensorSource(std::move(files));
}

bool TensorSource::has(const std::string& name) const {
  return std::visit(Cases{[](const ShapesOnly&) { return true; },
                          [&](const auto& files) { return files.find(name) != nullptr; }},
                    files_);
}

Result<RawRows> TensorSource::find(const std::string& name, const std::vector<std::int64_t>& want,
                                   int n_rows) const {
  const std::int64_t n_all =
      std::accumulate(want.begin(), want.end(), std::int64_t{1}, std::multiplies<>());
  RawRows out;
  out.n_rows = n_rows;
  out.n_cols = static_cast<int>(n_all / n_rows);
  if (std::holds_alternative<ShapesOnly>(files_)) return out;
  const std::optional<Described> t =
      std::visit(Cases{[](const ShapesOnly&) { return std::optional<Described>(); },
                       [&](const auto& files) { return describe(files, name); }},
                 files_);
  if (!t) return {Code::kNotFound, fmt::format("tensor '{}' is missing", name)};
  QUERN_TRY(t->problem);
  // A converter may write a matrix of one row as a vector.
  const bool is_row = want.size() == 2 && want[0] == 1 && t->shape == std::vector{want[1]};
  if (t->shape != want && !is_row) {
    return {Code::kBadInput, fmt::format("tensor '{}' is [{}], want [{}]", name,
                                         fmt::join(t->shape, ", "), fmt::join(want, ", "))};
  }
  if (!t->format || !kernels::is_block_product(*t->format)) {
    return {Code::kUnsupported,
            fmt::format("tensor '{}' is {}, which cannot be multiplied", name, t->format_name)};
  }
  out.format = *t->format;
  out.bytes = t->bytes;
  return out;
}

std::span<const MappedFile> TensorSource::mapped() const {
  return std::visit(Cases{[](const ShapesOnly&) { return std::span<const MappedFile>(); },
                          [](const auto& files) { return std::span(files.files()); }},
                    files_);
}

void TensorSource::drop_pages() const {
  std::visit(Cases{[](const ShapesOnly&) {}, [](const auto& files) { files.drop_pages(); }},
             files_);
}

}  // namespace quern::models
