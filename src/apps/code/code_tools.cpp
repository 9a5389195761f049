#include "apps/code/code_tools.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include "apps/code/code_filter.h"
#include "apps/code/code_tool_question.h"
#include "apps/code/tool_text.h"
#include "apps/store_model.h"
#include "base/log.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

constexpr std::size_t kKeptGenerations = 4;
constexpr std::size_t kMaxQueryBytes = 8 << 10;

}  // namespace

Status check_tool_range(const char* name, int value, int low, int high) {
  if (value >= low && value <= high) return {};
  return {Code::kBadInput, fmt::format("{} is {}, wanted {} to {}", name, value, low, high)};
}

Status check_tool_kinds(const std::vector<std::string>& kinds) {
  std::vector<std::string> known;
  for (int i = 1; i < kNSymbolKinds; ++i) {
    known.emplace_back(symbol_kind_name(static_cast<SymbolKind>(i)));
  }
  for (const std::string& kind : kinds) {
    if (std::find(known.begin(), known.end(), kind) != known.end()) continue;
    return {Code::kBadInput,
            fmt::format("kinds: '{}' is none, wanted some of {}", kind, fmt::join(known, ", "))};
  }
  return {};
}

namespace {

// A hit's first line, then as much of its text as is wanted.
std::string hit_text(const CodeHit& hit, int max_lines, std::size_t max_bytes) {
  std::string out = fmt::format("\n{}:{}-{}", in_a_line(hit.path), hit.chunk.span.first_line,
                                hit.chunk.span.last_line);
  std::vector<std::string> facts;
  if (hit.chunk.kind != SymbolKind::kNone) facts.emplace_back(symbol_kind_name(hit.chunk.kind));
  if (!hit.chunk.language.empty()) facts.push_back(hit.chunk.language);
  if (hit.chunk.role != FileRole::kCode) facts.emplace_back(role_name(hit.chunk.role));
  if (!hit.chunk.symbol.empty()) out += "  " + in_a_line(hit.chunk.symbol);
  if (!facts.empty()) out += fmt::format("  ({})", fmt::join(facts, ", "));
  out += fmt::format("  score {:.3f}\n", hit.score);
  std::string_view rest = hit.text;
  int n = 0;
  for (; n < max_lines && !rest.empty(); ++n) {
    const std::size_t end = rest.find('\n');
    const std::string line = numbered_line(hit.chunk.span.first_line + n, rest.substr(0, end));
    if (out.size() + line.size() > max_bytes) break;
    out += line;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  if (!rest.empty() && max_lines > 0) {
    out += fmt::format("      ... to line {}\n", hit.chunk.span.last_line);
  }
  return out;
}

}  // namespace

std::string CodeTools::Question::identity() const {
  return fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}", about,
                     fmt::join(ask.paths, "\x1e"), fmt::join(ask.languages, "\x1e"),
                     fmt::join(ask.kinds, "\x1e"), ask.only_definitions, limit, path, line);
}

CodeTools::CodeTools(CodeToolsOptions options) : options_(std::move(options)) {}

CodeTools::~CodeTools() {
  if (opening_.joinable()) opening_.join();
  keeper_.reset();
  searchers_.clear();
}

namespace {

// Which catalog lies there; 0 where there is none.
std::uint64_t identity_of_catalog(const std::string& folder) {
  struct stat state = {};
  if (::stat(store::catalog_path(folder).c_str(), &state) != 0) return 0;
  // While it is held open no other file gets its number.
  return (std::uint64_t{state.st_dev} << 40) ^ state.st_ino;
}

}  // namespace

// The index may be removed or made anew while this runs.
Status CodeTools::open() {
  const std::lock_guard opening(open_mutex_);
  if (!options_.refusal.empty()) return {Code::kBadInput, options_.refusal};
  const std::uint64_t identity = identity_of_catalog(options_.place.folder);
  {
    const std::lock_guard lock(mutex_);
    if (store_ != nullptr && identity == store_identity_) return {};
  }
  return open_store(identity);
}

Status CodeTools::open_store(std::uint64_t identity) {
  if (identity == 0) {
    const Status made = create_code_index(options_.place, {});
    // kUnavailable: another process has just made it.
    if (!made.ok() && made.code() != Code::kUnavailable) return made;
    identity = identity_of_catalog(options_.place.folder);
  }
  QUERN_ASSIGN(std::unique_ptr<store::Store> opened,
               store::Store::open({.folder = options_.place.folder}));
  if (keeper_ == nullptr) {
    keeper_ = std::make_unique<CodeKeeper>(CodeKeeperOptions{.place = options_.place,
                                                             .chunker = options_.chunker,
                                                             .walk = options_.walk,
                                                             .n_threads = options_.n_threads,
                                                             .who = options_.who,
                                                             .open_log = options_.open_log});
  }
  const std::lock_guard lock(mutex_);
  store_ = std::move(opened);
  store_identity_ = identity;
  answered_.clear();
  return {};
}

std::shared_ptr<store::Store> CodeTools::store() const {
  const std::lock_guard lock(mutex_);
  return store_;
}

// Opens the model of an index that has one, once for each, so that no question waits for weights.
void CodeTools::want_engine(const store::Generation& generation) {
  const store::SpaceRow* space = generation.active_space();
  if (!options_.open_engine || space == nullptr || is_of_given(space->space)) return;
  const std::lock_guard opening(open_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (is_opening_ || engine_wanted_for_ == space->space.fingerprint) return;
    is_opening_ = true;
    engine_wanted_for_ = space->space.fingerprint;
    engine_problem_.clear();
  }
  if (opening_.joinable()) opening_.join();
  opening_ = std::thread([this, wanted = space->space] { open_engine(wanted); });
}

void CodeTools::open_engine(const store::VectorSpace& space) {
  const Status status = [&]() -> Status {
    if (engine_ == nullptr) {
      QUERN_ASSIGN(engine_, options_.open_engine());
    }
    QUERN_ASSIGN(const TextEmbedder embedder, open_embedder(*engine_, space));
    QUERN_ASSIGN(const std::vector<float> vector, embedder.query_vector("a first question"));
    (void)vector;
    keeper_->make_vectors_with(*engine_);
    return {};
  }();
  const std::lock_guard lock(mutex_);
  is_opening_ = false;
  engine_problem_ = status.message();
  if (!status.ok()) {
    log_warn("vectors are not searched: {}", status.message());
  } else {
    ready_engine_ = engine_.get();
    searchers_.clear();
  }
}

// What a cursor holds for: the question, the index, and whether vectors answer.
std::string CodeTools::seal_of(const Question& question) const {
  const std::lock_guard lock(mutex_);
  return fmt::format("{}\x1f{}\x1f{}", question.identity(), store_identity_,
                     ready_engine_ != nullptr);
}

std::string CodeTools::root_line() const {
  if (options_.below.empty()) return fmt::format("root: {}\n", in_a_line(root()));
  return fmt::format("root: {} (searched: {})\n", in_a_line(root()), in_a_line(options_.below));
}

Result<CodeFreshness> CodeTools::refresh(const ToolCall& call) {
  QUERN_TRY(open());
  const CodeFreshness out =
      keeper_->bring_up_to_date({.deadline = std::chrono::steady_clock::now() + options_.patience,
                                 .is_cancelled = call.is_cancelled,
                                 .on_progress = call.on_progress});
  if (call.is_cancelled && call.is_cancelled()) return {Code::kCancelled, "the call was cancelled"};
  return out;
}

// A cursor leads to the state that its answer was made of, and nothing is looked after for it.
Result<store::Snapshot> CodeTools::snapshot_for(const Question& question, const ToolCall& call,
                                                CodeFreshness& freshness, std::size_t& offset) {
  if (question.cursor.empty()) {
    QUERN_ASSIGN(freshness, refresh(call));
    QUERN_ASSIGN(store::Snapshot newest, store()->snapshot());
    want_engine(*newest);
    return newest;
  }
  QUERN_TRY(open());
  QUERN_ASSIGN(const Cursor cursor, read_cursor(question.cursor, seal_of(question)));
  offset = cursor.offset;
  freshness.is_current = true;
  const auto is_of = [&cursor](const store::Snapshot& snapshot) {
    return static_cast<std::uint64_t>(snapshot->id()) == cursor.state;
  };
  {
    const std::lock_guard lock(mutex_);
    for (const store::Snapshot& snapshot : answered_) {
      if (is_of(snapshot)) return snapshot;
    }
  }
  QUERN_ASSIGN(store::Snapshot newest, store()->snapshot());
  if (is_of(newest)) return newest;
  return {Code::kBadInput,
          fmt::format("the index has changed since this cursor was given (generation {}, now {}): "
                      "ask again without it",
                      cursor.state, newest->id())};
}

Result<CodeAnswer> CodeTools::run_search(const store::Snapshot& snapshot, const CodeAsk& ask,
                                         const std::string& path, int line) {
  std::unique_ptr<CodeSearcher> searcher;
  engine::Engine* engine = nullptr;
  {
    const std::lock_guard lock(mutex_);
    engine = ready_engine_;
    if (!searchers_.empty()) {
      searcher = std::move(searchers_.back());
      searchers_.pop_back();
    }
  }
  if (searcher == nullptr) {
    QUERN_ASSIGN(CodeSearcher made, CodeSearcher::create(*options_.pool, engine));
    searcher = std::make_unique<CodeSearcher>(std::move(made));
  }
  Result<CodeAnswer> answer =
      path.empty() ? searcher->search(snapshot, ask) : searcher->similar(snapshot, path, line, ask);
  const std::lock_guard lock(mutex_);
  if (engine == ready_engine_) searchers_.push_back(std::move(searcher));
  return answer;
}

Result<ToolAnswer> CodeTools::answer(const Question& question, const ToolCall& call) {
  QUERN_TRY(check_tool_range("limit", question.limit, 1, kMaxToolLimit));
  QUERN_TRY(check_tool_range("max_lines", question.max_lines, 0, 1000));
  QUERN_TRY(check_tool_range("max_tokens", question.max_tokens, kMinToolTokens, kMaxToolTokens));
  QUERN_TRY(check_tool_kinds(question.ask.kinds));
  CodeFreshness freshness;
  std::size_t offset = 0;
  QUERN_ASSIGN(const store::Snapshot snapshot, snapshot_for(question, call, freshness, offset));
  const std::string seal = seal_of(question);  // As of before the model is there.
  CodeAsk ask = question.ask;
  const auto n_page = static_cast<std::size_t>(question.limit);
  ask.n_wanted = static_cast<std::uint32_t>(offset + n_page + 1);
  QUERN_ASSIGN(const CodeAnswer found, run_search(snapshot, ask, question.path, question.line));
  if (call.is_cancelled && call.is_cancelled()) return {Code::kCancelled, "the call was cancelled"};

  ToolAnswer out;
  ToolText text(static_cast<std::size_t>(question.max_tokens));
  text.add_always(root_line());
  std::size_t i = offset;
  const std::size_t end = std::min(found.hits.size(), offset + n_page);
  for (; i < end; ++i) {
    const std::size_t whole = std::size_t{3} * static_cast<std::size_t>(question.max_tokens);
    std::string hit = hit_text(found.hits[i], question.max_lines, whole);
    if (text.add(hit)) continue;
    if (i > offset) break;
    text.add_always(hit_text(found.hits[i], question.max_lines, whole - whole / 4));
  }
  if (i < found.hits.size() && i < kMaxToolOffset) {
    out.cursor = make_cursor(static_cast<std::uint64_t>(snapshot->id()), i, seal);
    text.add_always(fmt::format(
        "\nhits {} to {}{}; for the next ones pass cursor \"{}\"\n", offset + 1, i,
        i < end ? fmt::format(" (no room for more in {} tokens)", question.max_tokens) : "",
        out.cursor));
    const std::lock_guard lock(mutex_);
    if (std::find(answered_.begin(), answered_.end(), snapshot) == answered_.end()) {
      answered_.push_back(snapshot);
      if (answered_.size() > kKeptGenerations) answered_.pop_front();
    }
  } else if (i > offset) {
    text.add_always(
        i < found.hits.size()
            ? fmt::format(
                  "\nhits {} to {}: no more than {} are paged through, narrow the question\n",
                  offset + 1, i, kMaxToolOffset)
            : fmt::format("\nhits {} to {}: all there are\n", offset + 1, i));
  } else {
    text.add_always(why_empty(question, found, freshness));
  }
  text.add_always(notes(freshness, why_no_vectors(*snapshot, found), found.n_without_vector));
  for (const std::string& damaged : found.damaged) {
    text.add_always(fmt::format("note: {}\n", in_a_line(damaged)));
  }
  out.text = text.take();
  return out;
}

std::string CodeTools::why_no_vectors(const store::Generation& generation,
                                      const CodeAnswer& answer) const {
  const store::SpaceRow* space = generation.active_space();
  if (answer.why_no_vectors.empty() || space == nullptr) return answer.why_no_vectors;
  const std::lock_guard lock(mutex_);
  if (ready_engine_ != nullptr) return answer.why_no_vectors;
  if (!engine_problem_.empty()) return in_a_line(engine_problem_);
  return fmt::format("{} is still being opened", in_a_line(space->space.model));
}

std::string CodeTools::notes(const CodeFreshness& freshness, const std::string& why_no_vectors,
                             std::uint64_t n_without_vector) const {
  std::string out;
  if (!freshness.problem.empty()) {
    out += fmt::format("note: the index may be older than the files: {}\n",
                       in_a_line(freshness.problem));
  } else if (freshness.is_walking) {
    out += "note: the tree is still being looked through, so changes may be missing: ask again\n";
  } else if (!freshness.is_current) {
    out += fmt::format(
        "note: {} changed files are not in the index yet, they are being read: ask "
        "again for a whole answer\n",
        freshness.n_pending);
  }
  for (const std::string& note : freshness.notes) {
    out += fmt::format("note: {}\n", in_a_line(note));
  }
  if (!why_no_vectors.empty()) {
    out += fmt::format("note: found by words and names alone: {}\n", why_no_vectors);
  } else if (n_without_vector > 0) {
    out += fmt::format("note: {} pieces have no vector yet and are found by words and names\n",
                       n_without_vector);
  }
  return out;
}

std::string CodeTools::why_empty(const Question& question, const CodeAnswer& answer,
                                 const CodeFreshness& freshness) {
  std::string out =
      fmt::format("nothing found: {}\n",
                  in_a_line(answer.why_empty.empty() ? "no piece is about it" : answer.why_empty));
  if (freshness.n_files > 0 || freshness.n_skipped > 0) {
    out += fmt::format("looked in {} files; {} paths are left out by ignore rules and the like\n",
                       freshness.n_files, freshness.n_skipped);
  }
  std::vector<std::string> filters;
  const auto add = [&](const char* name, const std::vector<std::string>& values) {
    if (!values.empty()) filters.push_back(fmt::format("{} {}", name, fmt::join(values, ", ")));
  };
  add("paths", question.ask.paths);
  if (!question.ask.below.empty()) filters.push_back("below " + question.ask.below);
  add("languages", question.ask.languages);
  add("kinds", question.ask.kinds);
  if (question.ask.only_definitions) filters.emplace_back("only definitions");
  if (!filters.empty()) {
    out += in_a_line(fmt::format("filters: {}; try without", fmt::join(filters, "; "))) + "\n";
  }
  if (!question.ask.languages.empty()) {
    out += fmt::format("languages of the index: {}\n", languages_of_index());
  }
  return out;
}

std::string CodeTools::languages_of_index() {
  std::string out;
  const Status status = store()->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(SqlStatement rows,
                 sql.prepare("SELECT language, count(*) FROM code_file WHERE n_chunks > 0 "
                             "GROUP BY language ORDER BY 2 DESC, 1 LIMIT 30"));
    while (true) {
      QUERN_ASSIGN(const bool is_row, rows.step());
      if (!is_row) return {};
      const std::string name = rows.bytes(0);
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name.empty() ? "(none)" : name,
                         rows.number(1));
    }
  });
  return status.ok() && !out.empty() ? out : "none yet";
}

Result<ToolAnswer> CodeTools::search(const CodeToolSearch& ask, const ToolCall& call) {
  if (ask.query.find_first_not_of(" \t\r\n") == std::string::npos) {
    return {Code::kBadInput, "query is empty: say in words what the code does, or name a symbol"};
  }
  if (ask.query.size() > kMaxQueryBytes) {
    return {Code::kBadInput, fmt::format("query has {} bytes, at most {} are taken",
                                         ask.query.size(), kMaxQueryBytes)};
  }
  Question question;
  question.about = ask.query;
  question.ask.question = ask.query;
  question.ask.paths = ask.paths;
  question.ask.below = options_.below;
  for (const std::string& language : ask.languages) {
    question.ask.languages.push_back(language_from_name(language));
  }
  question.ask.kinds = ask.kinds;
  question.ask.only_definitions = ask.only_definitions;
  question.limit = ask.limit;
  question.max_lines = ask.max_lines;
  question.max_tokens = ask.max_tokens;
  question.cursor = ask.cursor;
  return answer(question, call);
}

Result<ToolAnswer> CodeTools::similar(const CodeToolSimilar& ask, const ToolCall& call) {
  if (ask.line < 1) return {Code::kBadInput, "line counts from 1"};
  QUERN_ASSIGN(const OpenFile file, open_file(ask.path));  // For its name, or why it is not there.
  const int n_lines = static_cast<int>(count_lines(file.text));
  if (ask.line > n_lines) {
    return {Code::kBadInput, fmt::format("{} has {} lines, there is no line {}",
                                         in_a_line(file.path), n_lines, ask.line)};
  }
  Question question;
  question.path = file.path;
  question.ask.below = options_.below;
  question.line = ask.line;
  question.limit = ask.limit;
  question.max_lines = ask.max_lines;
  question.max_tokens = ask.max_tokens;
  question.cursor = ask.cursor;
  return answer(question, call);
}

Result<ToolAnswer> CodeTools::status(const ToolCall& call) {
  QUERN_ASSIGN(const CodeFreshness freshness, refresh(call));
  QUERN_ASSIGN(const store::Snapshot snapshot, store()->snapshot());
  want_engine(*snapshot);
  std::int64_t n_files = 0, n_no_text = 0;
  QUERN_TRY(store()->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(const std::int64_t has_tables,
                 sql.number("SELECT count(*) FROM sqlite_schema WHERE name = 'code_file'"));
    if (has_tables == 0) return {};
    QUERN_ASSIGN(n_files, sql.number("SELECT count(*) FROM code_file WHERE n_chunks > 0"));
    QUERN_ASSIGN(n_no_text, sql.number("SELECT count(*) FROM code_file WHERE n_chunks = 0"));
    return {};
  }));
  ToolAnswer out;
  std::string& text = out.text;
  text = root_line() + fmt::format("index: {}\n", in_a_line(options_.place.folder));
  text += fmt::format("files: {} indexed, {} empty or no text, {} paths left out by rules\n",
                      n_files, n_no_text, freshness.n_skipped);
  text += fmt::format("pieces: {}\ngeneration: {}\n", snapshot->row().n_live, snapshot->id());
  text += fmt::format("languages: {}\n", languages_of_index());
  const store::SpaceRow* space = snapshot->active_space();
  if (space == nullptr) {
    text += "vectors: none, the index has no model ('quern code index --model M' gives it one)\n";
  } else {
    text += fmt::format("vectors: of {}, {} pieces without one{}\n", space->space.model,
                        snapshot->n_missing(space->id),
                        keeper_->is_making_vectors() ? ", being made" : "");
    std::string problem = keeper_->vector_problem();
    bool is_ready = false;
    {
      const std::lock_guard lock(mutex_);
      if (!engine_problem_.empty()) problem = engine_problem_;
      is_ready = ready_engine_ != nullptr;
    }
    if (!problem.empty()) text += fmt::format("vectors are not made: {}\n", in_a_line(problem));
    if (problem.empty() && !is_ready) text += "model: being opened\n";
  }
  text += fmt::format("up to date: {}\n", freshness.is_current ? "yes" : "no");
  text += notes(freshness, "", 0);
  for (const Status& damaged : snapshot->damaged()) {
    text += fmt::format("note: {}\n", in_a_line(damaged.message()));
  }
  return out;
}

}  // namespace quern::apps
