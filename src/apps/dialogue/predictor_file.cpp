#include "apps/dialogue/predictor_file.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/dialogue/predictor_form.h"
#include "apps/dialogue/vector_math.h"
#include "apps/json_object.h"
#include "base/sql.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

Result<store::VectorSpace> space_from(std::string_view text) {
  QUERN_ASSIGN(const json object, object_from_json(text));
  const auto has = [&](const char* name, bool is_text) {
    const auto found = object.find(name);
    return found != object.end() && (is_text ? found->is_string() : found->is_number_unsigned());
  };
  if (!has("version", false)) return {Code::kBadInput, "a predictor's facts have no version"};
  if (object["version"] != kPredictorVersion) {
    return {Code::kUnsupported, fmt::format("a predictor of version {}, this program reads {}",
                                            object["version"].dump(), kPredictorVersion)};
  }
  if (!has("model", true) || !has("fingerprint", true) || !has("d", false) ||
      !has("prompt", true) || object["d"] > 65'536) {
    return {Code::kBadInput, "a predictor's facts are damaged"};
  }
  store::VectorSpace out = {.fingerprint = object["fingerprint"],
                            .model = object["model"],
                            .d = object["d"].get<int>(),
                            .text_prompt = object["prompt"]};
  QUERN_TRY(store::check_space(out));
  return out;
}

}  // namespace

Result<std::unique_ptr<PredictorFile>> PredictorFile::open(const std::string& path,
                                                           ByteLedger* ledger) {
  QUERN_ASSIGN(auto store, store::Store::open({.folder = path, .ledger = ledger}));
  std::unique_ptr<PredictorFile> out(new PredictorFile(std::move(store)));
  QUERN_TRY(out->store_->read_tables([&](Sql& sql) { return out->read_facts(sql); }).in(path));
  QUERN_ASSIGN(out->snapshot_, out->store_->snapshot());
  const store::SpaceRow* space = out->snapshot_->active_space();
  if (space == nullptr || space->space.d != out->space_.d || !out->snapshot_->damaged().empty()) {
    return {Code::kBadInput, fmt::format("'{}': its candidates are damaged", path)};
  }
  return out;
}

Status PredictorFile::read_facts(Sql& sql) {
  QUERN_ASSIGN(const std::int64_t n_tables,
               sql.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND "
                          "name IN ('dialogue_fact', 'dialogue_predictor')"));
  if (n_tables != 2) return {Code::kBadInput, "a store, but no predictor of dialogues"};
  QUERN_ASSIGN(SqlStatement row, sql.prepare("SELECT value FROM dialogue_fact WHERE name = ?"));
  const auto fact = [&](std::string_view name) -> Result<std::string> {
    row.reset();
    QUERN_ASSIGN(const bool is_there, row.bind(1, name).step());
    if (!is_there) return {Code::kBadInput, fmt::format("a predictor without \"{}\"", name)};
    return row.bytes(0);
  };
  QUERN_ASSIGN(const std::string space, fact("space"));
  QUERN_ASSIGN(space_, space_from(space));
  QUERN_ASSIGN(const std::string sample, fact("sample"));
  const std::size_t n = sample.size() / sizeof(float), d = static_cast<std::size_t>(space_.d);
  if (n == 0 || n % d != 0) return {Code::kBadInput, "a predictor's sample is damaged"};
  QUERN_ASSIGN(sample_, floats_from(std::as_bytes(std::span(sample)), n));
  for (const float x : sample_) {
    if (!std::isfinite(x)) return {Code::kBadInput, "a predictor's sample is not finite"};
  }
  QUERN_ASSIGN(SqlStatement names,
               sql.prepare("SELECT name FROM dialogue_predictor ORDER BY name"));
  for (;;) {
    QUERN_ASSIGN(const bool is_row, names.step());
    if (!is_row) return {};
    names_.push_back(names.bytes(0));
  }
}

Result<TurnPredictor> PredictorFile::predictor(const std::string& name) {
  std::string facts, numbers;
  QUERN_TRY(store_->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(SqlStatement row,
                 sql.prepare("SELECT facts, numbers FROM dialogue_predictor WHERE name = ?"));
    QUERN_ASSIGN(const bool is_there, row.bind(1, name).step());
    if (!is_there) {
      return {Code::kNotFound, fmt::format("no predictor '{}' in the file: there are {}", name,
                                           fmt::join(names_, ", "))};
    }
    facts = row.bytes(0);
    numbers = row.bytes(1);
    return {};
  }));
  QUERN_ASSIGN(TurnPredictor out, predictor_from(facts, std::as_bytes(std::span(numbers))));
  if (out.context().d() == space_.d) return out;
  return {Code::kBadInput, fmt::format("a predictor for vectors of {} numbers, its candidates' {}",
                                       out.context().d(), space_.d)};
}

Result<TextEmbedder> PredictorFile::embedder(engine::Engine& engine,
                                             const std::string& model) const {
  const std::string& name = model.empty() ? space_.model : model;
  Result<TextEmbedder> out =
      TextEmbedder::open(engine, {.model = name, .text_prompt = space_.text_prompt});
  if (!out.ok()) {
    return out.status().in(
        "the model that the predictor's vectors are of (--model says where it is)");
  }
  if (out->space_fingerprint() == space_.fingerprint) return out;
  return {Code::kBadInput,
          fmt::format("model '{}' is not the one that the predictor was trained with: its vectors "
                      "cannot be compared; train it anew",
                      name)};
}

Result<NextTurns> PredictorFile::nearest(const TurnPredictor& predictor,
                                         std::span<const float> predicted, std::uint32_t n_wanted,
                                         ThreadPool& pool) {
  QUERN_ASSIGN(store::Searcher searcher, store::Searcher::create(store_->schema(), pool));
  store::Query query;
  query.vector.assign(predicted.begin(), predicted.end());
  query.mode = store::Mode::kDense;
  query.n_wanted = std::max<std::uint32_t>(2, n_wanted);
  QUERN_ASSIGN(const store::SearchResult found, searcher.search(*snapshot_, query));
  if (!found.damaged.empty()) return {Code::kBadInput, found.damaged[0]};
  NextTurns out;
  for (const store::SearchHit& hit : found.hits) {
    out.turns.push_back({.text = hit.hit.stored, .score = static_cast<double>(hit.hit.score)});
  }
  if (out.turns.empty()) return out;
  std::vector<float> any;
  for (std::size_t at = 0; at < sample_.size(); at += predicted.size()) {
    any.push_back(dot(predicted, std::span(sample_).subspan(at, predicted.size())));
  }
  const double best = out.turns[0].score;
  ChoiceSigns signs = {.best = best, .spread = spread_above(best, any)};
  signs.lead = out.turns.size() > 1 ? best - out.turns[1].score : 0;
  signs.log_n = std::log(static_cast<double>(n_candidates()));
  out.confidence = predictor.confidence(signs);
  if (out.turns.size() > n_wanted) out.turns.resize(n_wanted);
  return out;
}

}  // namespace quern::apps
