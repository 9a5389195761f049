#include "store/vector/vector_part.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::store {
namespace {

std::size_t row_bytes(int d) { return static_cast<std::size_t>(kernels::padded_codes(d)); }

template <typename T>
Result<std::span<const T>> section_of(std::span<const std::byte> bytes, std::size_t n,
                                      std::string_view name) {
  if (bytes.size() != n * sizeof(T)) {
    return {Code::kBadInput,
            fmt::format("section '{}' has {} bytes, want {}", name, bytes.size(), n * sizeof(T))};
  }
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) != 0) {
    return {Code::kBadInput, fmt::format("section '{}' lies at an odd place", name)};
  }
  return std::span<const T>(reinterpret_cast<const T*>(bytes.data()), n);
}

// A call costs as much as the copy of some rows that nobody wants: rows that lie so near each other
// are read together, so many bytes at a time.
constexpr std::size_t kMaxGapBytes = 4096;
constexpr std::size_t kMaxRunBytes = 32 << 10;

// The first of the ascending `ids` behind `begin` that is not read with it.
std::size_t end_of_run(std::span<const std::uint32_t> ids, std::size_t begin, std::size_t n_bytes) {
  std::size_t end = begin + 1;
  while (end < ids.size() && (ids[end] - ids[end - 1]) * n_bytes <= kMaxGapBytes + n_bytes &&
         (ids[end] - ids[begin] + 1) * n_bytes <= kMaxRunBytes) {
    ++end;
  }
  return end;
}

}  // namespace

Result<OwnedRow> code_row(std::span<const float> x, int d, Metric metric) {
  if (x.size() != static_cast<std::size_t>(d)) {
    return {Code::kBadInput, fmt::format("the vector has {} values, want {}", x.size(), d)};
  }
  OwnedRow out;
  out.planes.resize(2 * row_bytes(d));
  const std::span<std::uint8_t> both(out.planes);
  QUERN_ASSIGN(out.factors, quantise(x, metric, both.first(row_bytes(d)), both.last(row_bytes(d))));
  return out;
}

VectorWriter::VectorWriter(Metric metric, int d, VectorSinks sinks)
    : metric_(metric), d_(d), sinks_(std::move(sinks)), row_(2 * row_bytes(d)) {}

Status VectorWriter::add(std::span<const float> x) {
  QUERN_ASSIGN(const OwnedRow coded, code_row(x, d_, metric_));
  return write(coded.row());
}

Status VectorWriter::add_coded(const CodedRow& row) {
  QUERN_CHECK(row.hi.size() == row_bytes(d_) && row.lo.size() == row_bytes(d_));
  return write(row);
}

Status VectorWriter::add_none() {
  absent_.push_back(n_docs_);
  std::fill(row_.begin(), row_.end(), std::uint8_t{128});
  const std::span<const std::uint8_t> row(row_);
  return write({.hi = row.first(row_bytes(d_)), .lo = row.last(row_bytes(d_)), .factors = {}});
}

Status VectorWriter::write(const CodedRow& row) {
  QUERN_TRY(sinks_.scales(std::as_bytes(std::span(&row.factors.scale, 1))));
  QUERN_TRY(sinks_.norms2(std::as_bytes(std::span(&row.factors.norm2, 1))));
  QUERN_TRY(sinks_.hi(std::as_bytes(row.hi)));
  QUERN_TRY(sinks_.lo(std::as_bytes(row.lo)));
  ++n_docs_;
  return {};
}

std::string VectorWriter::present() const {
  Bitmap bits = Bitmap::all(n_docs_);
  for (const std::uint32_t doc : absent_) bits.clear(doc);
  return bytes_from_bitmap(bits);
}

Result<VectorPart> VectorPart::open(const VectorSections& sections, std::uint32_t n_docs, int d,
                                    Metric metric) {
  VectorPart part;
  QUERN_ASSIGN(part.present_, bitmap_from_bytes(sections.present, n_docs).in("section 'present'"));
  part.n_vectors_ = part.present_.count();
  part.codes_.metric = metric;
  part.codes_.d = d;
  QUERN_ASSIGN(part.codes_.scales, section_of<float>(sections.scales, n_docs, "scales"));
  QUERN_ASSIGN(part.codes_.norms2, section_of<float>(sections.norms2, n_docs, "norms2"));
  QUERN_ASSIGN(part.codes_.hi, section_of<std::uint8_t>(sections.hi, n_docs * row_bytes(d), "hi"));
  return part;
}

ReadLow low_rows_in(const InputFile& file, std::uint64_t offset, int d) {
  return [&file, offset, n_bytes = row_bytes(d)](std::span<const std::uint32_t> ids,
                                                 std::span<std::uint8_t> out) -> Status {
    std::vector<std::uint8_t> run;
    for (std::size_t begin = 0, end = 0; begin < ids.size(); begin = end) {
      end = end_of_run(ids, begin, n_bytes);
      const std::uint64_t at = offset + std::uint64_t{ids[begin]} * n_bytes;
      run.resize((ids[end - 1] - ids[begin] + 1) * n_bytes);
      QUERN_TRY(file.read(at, std::as_writable_bytes(std::span(run))));
      for (std::size_t i = begin; i < end; ++i) {
        std::copy_n(run.data() + (ids[i] - ids[begin]) * n_bytes, n_bytes,
                    out.data() + i * n_bytes);
      }
    }
    return {};
  };
}

}  // namespace quern::store
