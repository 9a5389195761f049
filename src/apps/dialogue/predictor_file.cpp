#include "apps/dialogue/predictor_file.h"

#include <cmath>
#include <filesystem>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "apps/dialogue/predictor_form.h"
#include "apps/dialogue/vector_math.h"
#include "apps/json_object.h"
#include "apps/store_model.h"
#include "base/check.h"
#include "base/pace.h"
#include "base/sql.h"
#include "store/writer.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* kTables = R"(
CREATE TABLE dialogue_fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE dialogue_predictor (
  name TEXT PRIMARY KEY, facts BLOB NOT NULL, numbers BLOB NOT NULL
) WITHOUT ROWID;
)";

// Of candidates, by which it is known how near any of them is.
constexpr std::size_t kSample = 256;

class StopPace : public Pace {
 public:
  explicit StopPace(const std::function<bool()>& is_stopped) : is_stopped_(is_stopped) {}
  bool stop_asked() const override { return is_stopped_ && is_stopped_(); }

 private:
  const std::function<bool()>& is_stopped_;
};

/// A folder that is gone at the end.
struct TemporaryFolder {
  std::string path;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

std::string json_of(const store::VectorSpace& space) {
  return json{{"version", kPredictorVersion},
              {"model", space.model},
              {"fingerprint", space.fingerprint},
              {"d", space.d},
              {"prompt", space.text_prompt}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

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

Status put_fact(Sql& sql, std::string_view name, std::string_view value) {
  QUERN_ASSIGN(SqlStatement row, sql.prepare("INSERT INTO dialogue_fact VALUES (?, ?)"));
  return row.bind(1, name).bind_blob(2, value).run();
}

Status write_tables(Sql& sql, const PredictorFileParts& parts, std::span<const float> sample) {
  QUERN_TRY(sql.run(kTables));
  QUERN_TRY(put_fact(sql, "space", json_of(parts.space)));
  QUERN_TRY(put_fact(sql, "sample", bytes_from(sample)));
  for (const NamedPredictor& each : parts.predictors) {
    QUERN_ASSIGN(SqlStatement row, sql.prepare("INSERT INTO dialogue_predictor VALUES (?, ?, ?)"));
    row.bind(1, each.name).bind_blob(2, facts_of(each.predictor->parts()));
    QUERN_TRY(row.bind_blob(3, numbers_of(each.predictor->parts())).run());
  }
  return {};
}

/// The turns that follow another one, each text once. Gives back some of their vectors.
Result<std::vector<float>> put_candidates(store::Writer& writer, const TurnPredictor& predictor,
                                          std::span<const DialogueVectors> dialogues) {
  std::unordered_set<std::string_view> texts;
  std::vector<std::pair<const DialogueVectors*, std::size_t>> places;
  for (const DialogueVectors& dialogue : dialogues) {
    for (std::size_t t = 1; t < dialogue.n_turns(); ++t) {
      if (texts.insert(dialogue.texts[t]).second) places.emplace_back(&dialogue, t);
    }
  }
  if (places.empty()) return {Code::kBadInput, "no turn follows another one"};
  std::vector<float> sample;
  const std::size_t every = (places.size() + kSample - 1) / kSample;
  for (std::size_t n = 0; n < places.size(); ++n) {
    const auto& [dialogue, t] = places[n];
    const std::span<const float> turn = dialogue->turn(t);
    store::Document document = {.key = fmt::format("{:010}", n),
                                .fields = {dialogue->texts[t]},
                                .stored = dialogue->texts[t],
                                .vector = {turn.begin(), turn.end()}};
    predictor.centre(document.vector);
    if (n % every == 0) sample.insert(sample.end(), document.vector.begin(), document.vector.end());
    QUERN_TRY(writer.put(std::move(document)));
  }
  return sample;
}

}  // namespace

Status write_predictor_file(const std::string& path, const PredictorFileParts& parts) {
  const TurnPredictor* main = nullptr;
  for (const NamedPredictor& each : parts.predictors) {
    if (each.name == kMainPredictor) main = each.predictor;
  }
  QUERN_CHECK(main != nullptr);
  const TemporaryFolder aside = {fmt::format("{}.making-{}", path, ::getpid())};
  QUERN_ASSIGN(const store::VectorSpace given,
               space_of_given(main->context().d(), store::Metric::kCosine));
  const store::Schema schema = {.fields = {{.name = "text", .analyzer = "simple"}}};
  QUERN_TRY(store::create_store({.folder = aside.path}, schema, parts.made_by, given));
  StopPace pace(parts.is_stopped);
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = aside.path}, {.who = parts.made_by}));
  QUERN_ASSIGN(const std::vector<float> sample, put_candidates(*writer, *main, parts.dialogues));
  QUERN_TRY(writer->commit([&](Sql& sql) { return write_tables(sql, parts, sample); }).status());
  QUERN_TRY(writer->compact(pace));
  return writer->pack(path, pace);
}

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
