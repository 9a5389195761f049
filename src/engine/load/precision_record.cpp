#include "engine/load/precision_record.h"

#include <charconv>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "hub/model_digest.h"
#include "hub/packed_cache.h"
#include "kernels/numerics.h"
#include "kernels/table.h"

namespace quern::engine {
namespace {

using kernels::Precision;

// The number is that of the rule: raised with the sample texts, the bars or the order of trying.
constexpr std::string_view kFirstLine = "quern precision 2";

hub::PackedKey key_of(const std::string& model_digest) {
  return {.model_digest = model_digest,
          .precision = "auto",
          .isa = kernels::active().isa,
          .numerics_version = kernels::kNumericsVersion};
}

Status bad(std::string_view line) {
  return {Code::kBadInput, fmt::format("precision record: line '{}'", line)};
}

std::string_view take_until(std::string_view& text, char end) {
  const std::string_view word = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

template <typename Number>
bool read_number(std::string_view word, Number& out) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return error == std::errc() && end == word.data() + word.size();
}

bool is_cosine(double value) { return std::isfinite(value) && value >= -1.0 && value <= 1.0; }

// "int8 0.99974 0.99867 0"
Result<Fidelity> parse_fidelity(std::string_view line) {
  const std::string_view whole = line;
  Fidelity out;
  const Result<Precision> precision = kernels::parse_precision(take_until(line, ' '));
  if (!precision.ok()) return bad(whole);
  out.precision = *precision;
  if (!read_number(take_until(line, ' '), out.mean_cosine) ||
      !read_number(take_until(line, ' '), out.least_cosine) ||
      !read_number(line, out.n_labels_changed) || !is_cosine(out.mean_cosine) ||
      !is_cosine(out.least_cosine) || out.n_labels_changed < 0) {
    return bad(whole);
  }
  return out;
}

}  // namespace

std::string precision_record_text(const PrecisionRecord& record) {
  std::string text =
      fmt::format("{}\nchosen {}\n", kFirstLine, kernels::precision_name(record.chosen));
  for (const Fidelity& f : record.measured) {
    text += fmt::format("{} {} {} {}\n", kernels::precision_name(f.precision), f.mean_cosine,
                        f.least_cosine, f.n_labels_changed);
  }
  return text;
}

Result<PrecisionRecord> parse_precision_record(std::string_view text) {
  if (take_until(text, '\n') != kFirstLine) {
    return {Code::kUnsupported, fmt::format("precision record: want '{}'", kFirstLine)};
  }
  PrecisionRecord record;
  const std::string_view line = take_until(text, '\n');
  std::string_view rest = line;
  if (take_until(rest, ' ') != "chosen") return bad(line);
  const Result<Precision> chosen = kernels::parse_precision(rest);
  if (!chosen.ok()) return bad(line);
  record.chosen = *chosen;
  while (!text.empty()) {
    QUERN_ASSIGN(const Fidelity fidelity, parse_fidelity(take_until(text, '\n')));
    record.measured.push_back(fidelity);
  }
  return record;
}

Result<PrecisionRecord> find_precision_record(const std::string& home,
                                              const std::string& model_digest) {
  QUERN_ASSIGN(const MappedSections found, hub::PackedCache(home).find(key_of(model_digest)));
  if (found.n() != 1) return Status(Code::kBadInput, "a precision record of several sections");
  QUERN_TRY(found.check(0));
  const std::span<const std::byte> text = found.sections[0].bytes;
  return parse_precision_record({reinterpret_cast<const char*>(text.data()), text.size()});
}

void keep_precision_record(const std::string& home, const std::string& model_digest,
                           const PrecisionRecord& record) {
  const std::string text = precision_record_text(record);
  const Status kept =
      hub::PackedCache(home).publish(key_of(model_digest), std::as_bytes(std::span(text)));
  if (!kept.ok()) log_info("the choice of precision is not kept: {}", kept.message());
}

std::optional<PrecisionRecord> known_precision_record(const std::string& home,
                                                      const std::string& folder) {
  const Result<formats::TensorFiles> files = formats::TensorFiles::open(folder);
  if (!files.ok()) return std::nullopt;
  const std::optional<std::string> digest = hub::known_model_digest(home, folder, *files);
  if (!digest) return std::nullopt;
  Result<PrecisionRecord> record = find_precision_record(home, *digest);
  return record.ok() ? std::optional(std::move(*record)) : std::nullopt;
}

}  // namespace quern::engine
