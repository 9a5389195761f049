#include "engine/load/golden_check.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/finish_outcome.h"
#include "formats/json_object.h"
#include "tensor/buffer.h"

namespace quern::engine {
namespace {

using formats::JsonObject;

// What int8 may differ by in a vector of length 1, with room: wrong settings differ by more.
constexpr double kTolerance = 0.01;

Result<std::vector<float>> run(const ModelCard& card, const Servable& model, const Input& input,
                               ByteLedger& ledger, ThreadPool& pool) {
  Request request;
  request.task = card.task();
  QUERN_ASSIGN(const Plan plan, plan_request(card, request));
  QUERN_ASSIGN(const text::Encoding encoding, encode_input(card, plan, input));
  const int n = static_cast<int>(encoding.ids.size());
  QUERN_ASSIGN(const Buffer scratch,
               Buffer::make(ledger, "golden", model.scratch_bytes(n, n, pool.n_threads())));
  const std::vector<std::int32_t> starts = {0, n};
  const std::vector<std::int32_t> n_unpooled = {encoding.n_unpooled};
  const formats::OutputShape shape = model.shape_of(plan.form);
  const int n_rows = shape.per_token ? n : 1;
  std::vector<float> values(static_cast<std::size_t>(n_rows) *
                            static_cast<std::size_t>(shape.n_values));
  const Matrix<float> made(values.data(), n_rows, shape.n_values);
  const std::vector<std::int32_t> n_seen = {n - encoding.n_unseen};
  model.forward(plan.form,
                {.ids = encoding.ids,
                 .type_ids = encoding.type_ids,
                 .seq_starts = starts,
                 .n_unpooled = n_unpooled,
                 .n_seen = n_seen},
                scratch.as<std::byte>(), pool, made);
  Outcome outcome;
  finish_outcome(card, plan, encoding, made, outcome);
  return outcome.values;
}

Status compare(const JsonObject& entry, const std::vector<float>& got) {
  QUERN_ASSIGN(const std::string text, entry.string("text"));
  QUERN_ASSIGN(const double tolerance, entry.number_or("tolerance", 0, 1e6, kTolerance));
  const nlohmann::json& values = entry.at("values");
  if (!values.is_array() || values.empty() || values.size() > got.size()) {
    return entry.wrong("values", fmt::format("1 to {} numbers", got.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_number()) return entry.wrong("values", "numbers");
    const double want = values[i].get<double>();
    if (std::abs(got[i] - want) <= tolerance) continue;
    return {Code::kBadInput,
            fmt::format("{}: number {} of \"{}\" is {:.6g}, want {:.6g} within {:g}", entry.label(),
                        i, text, got[i], want, tolerance)};
  }
  return {};
}

}  // namespace

Status check_golden(const ModelCard& card, const Servable& model, ByteLedger& ledger,
                    ThreadPool& pool) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path path(card.as_encoder().folder.path);
  const fs::path folder = fs::is_directory(path, error) ? path : path.parent_path();
  const Result<nlohmann::json> list = formats::read_json(folder.string(), "golden.json");
  if (!list.ok()) return list.status().code() == Code::kNotFound ? Status() : list.status();
  if (!list->is_array()) {
    log_info("model '{}': golden.json is no list of texts and values: nothing is compared",
             card.name);
    return {};
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string label = fmt::format("golden.json: entry {}", i);
    if (!(*list)[i].is_object()) return {Code::kBadInput, label + " is not an object"};
    const JsonObject entry((*list)[i], label);
    Input input;
    QUERN_ASSIGN(input.text, entry.string("text"));
    if (entry.has("text_pair")) {
      QUERN_ASSIGN(input.text_pair, entry.string("text_pair"));
    }
    const Result<std::vector<float>> got = run(card, model, input, ledger, pool);
    if (!got.ok()) return got.status().in(label);
    QUERN_TRY(compare(entry, *got));
  }
  return {};
}

}  // namespace quern::engine
