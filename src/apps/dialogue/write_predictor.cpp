#include "apps/dialogue/write_predictor.h"

#include <filesystem>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/dialogue/distinct_turns.h"
#include "apps/dialogue/predictor_file.h"
#include "apps/dialogue/predictor_form.h"
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

constexpr std::uint32_t kNoGraph = std::numeric_limits<std::uint32_t>::max();

/// Where nobody looks on, the work goes on.
class WritingPace : public Pace {
 public:
  explicit WritingPace(const GoOn& go_on) : go_on_(go_on) {}
  bool stop_asked() const override { return go_on_ && !go_on_(share_); }
  void move_to(double share) { share_ = share; }

 private:
  const GoOn& go_on_;
  double share_ = 0;
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

/// Gives back some of their vectors.
Result<std::vector<float>> put_candidates(store::Writer& writer, const TurnPredictor& predictor,
                                          const DialogueSource& dialogues,
                                          const DistinctTurns& candidates, WritingPace& pace) {
  // Of the time that all takes: the rest goes into one segment, and into the pack.
  constexpr double kShare = 0.5;
  std::vector<float> sample;
  const std::size_t every = (candidates.n() + kSample - 1) / kSample;
  std::size_t n = 0;
  const Status put = candidates.for_each([&](const TurnPlace& place) -> Status {
    pace.move_to(kShare * static_cast<double>(n) / static_cast<double>(candidates.n()));
    if (!pace.go_on()) return {Code::kCancelled, "the predictor is not wanted any more"};
    QUERN_ASSIGN(const std::string text, dialogues.text(place));
    store::Document document = {
        .key = fmt::format("{:010}", n), .fields = {text}, .stored = text, .vector = {}};
    document.vector.resize(static_cast<std::size_t>(dialogues.d()));
    QUERN_TRY(dialogues.read_turn(place, document.vector, {}));
    predictor.centre(document.vector);
    if (n++ % every == 0) {
      sample.insert(sample.end(), document.vector.begin(), document.vector.end());
    }
    return writer.put(std::move(document));
  });
  QUERN_TRY(put);
  pace.move_to(kShare);
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
  QUERN_ASSIGN(const DistinctTurns candidates, DistinctTurns::find(parts.dialogues, aside.path));
  if (candidates.n() == 0) return {Code::kBadInput, "no turn follows another one"};
  WritingPace pace(parts.go_on);
  // Candidates are scanned: a graph over many of them would take long to build, and memory that
  // grows with them.
  QUERN_ASSIGN(
      const auto writer,
      store::Writer::open({.folder = aside.path}, {.who = parts.made_by, .graph_from = kNoGraph}));
  QUERN_ASSIGN(const std::vector<float> sample,
               put_candidates(*writer, *main, parts.dialogues, candidates, pace));
  QUERN_TRY(writer->commit([&](Sql& sql) { return write_tables(sql, parts, sample); }).status());
  QUERN_TRY(writer->compact(pace));
  return writer->pack(path, pace);
}

}  // namespace quern::apps
