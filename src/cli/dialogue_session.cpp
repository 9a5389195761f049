#include "cli/dialogue_session.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "cli/dialogue_input.h"
#include "cli/exit_code.h"
#include "cli/json_line.h"
#include "cli/line_editor.h"
#include "cli/output_file.h"
#include "cli/store_vectors.h"

namespace quern::cli {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{4} << 30;

// As the engine's results: where nothing is said, and at most this share of the budget.
constexpr std::size_t kUsualCacheBytes = std::size_t{64} << 20;
constexpr std::size_t kBudgetShare = 16;

apps::DialogueCacheLimits limits_of(const CacheSize& size, const ByteLedger& ledger) {
  const std::size_t usual = std::min(kUsualCacheBytes, ledger.limit_bytes() / kBudgetShare);
  return {.n_bytes = size.n_bytes > 0 ? size.n_bytes : usual, .n_items = size.n_items};
}

}  // namespace

Result<std::unique_ptr<DialogueSession>> DialogueSession::open(const std::string& file,
                                                               const std::string& model,
                                                               const EngineFlags& engine,
                                                               Caching caching) {
  std::unique_ptr<DialogueSession> out(new DialogueSession);
  EngineFlags flags = engine;
  if (caching == Caching::kOff) flags.cache.size = "0";
  QUERN_ASSIGN(out->file_, apps::PredictorFile::open(file));
  QUERN_ASSIGN(out->engine_, open_engine(flags));
  QUERN_ASSIGN(out->embedder_, out->file_->embedder(*out->engine_, model));
  out->pool_ = std::make_unique<ThreadPool>(thread_count(flags));
  ByteLedger& ledger = out->engine_->ledger();
  QUERN_ASSIGN(out->cache_, dialogue_cache_of(flags.cache, ledger));
  QUERN_ASSIGN(out->service_, apps::NextTurnService::make({.file = out->file_.get(),
                                                           .embedder = &*out->embedder_,
                                                           .pool = out->pool_.get(),
                                                           .cache = out->cache_.get()}));
  out->conversations_ = std::make_unique<apps::Conversations>(*out->service_, ledger);
  return out;
}

Result<std::unique_ptr<apps::DialogueCache>> dialogue_cache_of(const CacheFlags& flags,
                                                               ByteLedger& ledger) {
  QUERN_ASSIGN(const std::optional<CacheSize> size, cache_size_from(flags.size).in("--cache-size"));
  if (!size) return std::unique_ptr<apps::DialogueCache>();
  return std::make_unique<apps::DialogueCache>(ledger, limits_of(*size, ledger));
}

std::string DialogueSession::stats_json() const {
  return apps::json_from_cache(cache_ ? cache_->stats() : apps::DialogueCacheStats(),
                               engine_->stats().results);
}

Status DialogueSession::take(const apps::ConversationFile& file) {
  QUERN_TRY(apps::check_predictor(file, service_->fingerprint()));
  for (const auto& [name, bytes] : file.states) {
    Result<apps::ConversationState> state =
        apps::conversation_from_bytes(service_->predictor(), bytes);
    if (!state.ok()) return state.status().in(fmt::format("conversation '{}'", name));
    QUERN_TRY(conversations_->put(name, std::move(*state)));
  }
  return {};
}

Result<apps::ConversationFile> DialogueSession::give() const {
  apps::ConversationFile out = {.predictor = service_->fingerprint()};
  for (const apps::Conversations::Row& row : conversations_->list()) {
    QUERN_ASSIGN(const apps::ConversationState state, conversations_->state(row.name));
    out.states.emplace(row.name, apps::bytes_from_conversation(state));
  }
  return out;
}

Result<apps::ConversationFile> read_conversations(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return apps::ConversationFile();
  QUERN_ASSIGN(const std::string text, read_file(path, kMaxFileBytes));
  return apps::conversations_from_text(text).in("'" + path + "'");
}

// A link leads to the same lock as what it leads to.
Result<ConversationBook> ConversationBook::open(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    return {Code::kBadInput, fmt::format("'{}' is no file of conversations", path)};
  }
  const fs::path place = fs::weakly_canonical(path, error);
  ConversationBook out;
  out.path_ = path;
  QUERN_ASSIGN(out.lock_, store::WriterLock::take((error ? path : place.string()) + ".lock",
                                                  "quern dialogue"));
  QUERN_ASSIGN(out.file_, read_conversations(path));
  return out;
}

Status ConversationBook::save() const {
  QUERN_ASSIGN(OutputFile out, OutputFile::create(path_));
  QUERN_TRY(
      apps::write_conversations(file_, [&](std::string_view line) { return out.write(line); }));
  return out.commit();
}

std::string text_from_next(const apps::NextTurns& next) {
  std::string out;
  for (const apps::NextTurn& turn : next.turns) {
    out += fmt::format("{:.3f}  {}\n", turn.score, in_one_line(turn.text));
  }
  return out + fmt::format("confidence {:.2f}\n", next.confidence);
}

Status converse(DialogueSession& session, const std::string& name, const apps::NextAsk& ask) {
  LineEditor editor;
  while (const std::optional<std::string> line = editor.read("you> ")) {
    if (line->find_first_not_of(" \t") == std::string::npos) continue;
    apps::Turn turn = {.speaker = "you", .text = *line};
    const auto heard = session.conversations().hear(name, std::span(&turn, 1), ask);
    if (!heard.ok()) {
      print_error(heard.status().message());
      continue;
    }
    print_note(text_from_next(heard->next));
    if (heard->next.turns.empty()) continue;
    turn = {.speaker = "quern", .text = heard->next.turns[0].text};
    QUERN_TRY(session.conversations().hear(name, std::span(&turn, 1), ask).status());
  }
  return {};
}

}  // namespace quern::cli
