#include "cli/checkpoint.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/checksum.h"

namespace quern::cli {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "quern checkpoint 1";

/// The numbers of a checkpoint, by name: one list for both directions.
template <typename Visit>
void visit_numbers(Visit&& visit) {
  visit("n_texts", &Checkpoint::n_texts);
  visit("file_bytes", &Checkpoint::file_bytes);
  visit("file_mtime_ns", &Checkpoint::file_mtime_ns);
  visit("out_bytes", &Checkpoint::out_bytes);
  visit("n_failed", &Checkpoint::n_failed);
  visit("n_truncated", &Checkpoint::n_truncated);
  visit("n_tokens", &Checkpoint::n_tokens);
  visit("n_dropped", &Checkpoint::n_dropped);
}

std::string hex(std::uint64_t value) { return fmt::format("{:016x}", value); }

bool read_hex(const json& value, std::uint64_t& out) {
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc() && end == text.data() + text.size() && text.size() == 16;
}

bool read_facts(const json& value, RunFacts& out) {
  if (!value.is_array()) return false;
  for (const json& fact : value) {
    if (!fact.is_array() || fact.size() != 2 || !fact[0].is_string() || !fact[1].is_string()) {
      return false;
    }
    out.emplace_back(fact[0].get<std::string>(), fact[1].get<std::string>());
  }
  return true;
}

bool read_numbers(const json& object, Checkpoint& out) {
  bool good = true;
  visit_numbers([&](const char* name, auto member) {
    const json value = object.value(name, json());
    good = good && value.is_number_integer() && value.get<std::int64_t>() >= 0;
    if (good) out.*member = value.get<std::int64_t>();
  });
  return good && out.n_failed <= out.n_texts && out.n_truncated <= out.n_texts;
}

std::uint64_t sum_of(const std::string& text) { return checksum64(std::as_bytes(std::span(text))); }

Status not_one() { return {Code::kBadInput, "is no checkpoint of this version"}; }

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
  json object = {{"texts_checksum", hex(checkpoint.texts_checksum)},
                 {"out_checksum", hex(checkpoint.out_checksum)},
                 {"file", checkpoint.file},
                 {"facts", checkpoint.facts}};
  visit_numbers([&](const char* name, auto member) { object[name] = checkpoint.*member; });
  const std::string body = object.dump(1, ' ', false, json::error_handler_t::replace);
  return fmt::format("{} {}\n{}\n", kFormat, hex(sum_of(body)), body);
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const std::size_t n_first = text.find('\n');
  if (n_first == std::string_view::npos || text.back() != '\n') return not_one();
  const std::string body(text.substr(n_first + 1, text.size() - n_first - 2));
  if (text.substr(0, n_first) != fmt::format("{} {}", kFormat, hex(sum_of(body)))) return not_one();
  const json object = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return not_one();
  Checkpoint out;
  const json file = object.value("file", json());
  if (!file.is_string() || !read_numbers(object, out) ||
      !read_hex(object.value("texts_checksum", json()), out.texts_checksum) ||
      !read_hex(object.value("out_checksum", json()), out.out_checksum) ||
      !read_facts(object.value("facts", json()), out.facts)) {
    return not_one();
  }
  out.file = file.get<std::string>();
  return out;
}

std::string first_difference(const RunFacts& before, const RunFacts& now) {
  for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
    if (before[i].first != now[i].first) break;
    if (before[i].second == now[i].second) continue;
    return fmt::format("{} was '{}' and is '{}'", now[i].first, before[i].second, now[i].second);
  }
  return before == now ? "" : "it is of another version of quern";
}

}  // namespace quern::cli
