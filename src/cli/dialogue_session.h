// A predictor of dialogues opened for a command: its file, the engine with its model, its caches;
// and conversations that are read from a file and kept in it.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/dialogue/conversation_file.h"
#include "apps/dialogue/conversations.h"
#include "apps/dialogue/next_turns.h"
#include "base/status.h"
#include "cli/flags.h"
#include "store/catalog/writer_lock.h"

namespace quern::cli {

class DialogueSession {
 public:
  /// Whether what was computed is kept for later.
  enum class Caching { kOn, kOff };

  /// --cache-size bounds the dialogues that are kept, as it bounds the engine's results. Errors: as
  /// PredictorFile::open and embedder; those of the engine.
  static Result<std::unique_ptr<DialogueSession>> open(const std::string& file,
                                                       const std::string& model,
                                                       const EngineFlags& engine, Caching caching);

  const apps::NextTurnService& service() const { return *service_; }
  apps::Conversations& conversations() { return *conversations_; }

  /// What the caches did, as a line of JSON.
  std::string stats_json() const;

  /// Errors: kBadInput where the conversations are another predictor's, or damaged.
  Status take(const apps::ConversationFile& file);
  /// All that there are now.
  Result<apps::ConversationFile> give() const;

 private:
  DialogueSession() = default;

  std::unique_ptr<apps::PredictorFile> file_;
  std::unique_ptr<engine::Engine> engine_;
  std::optional<apps::TextEmbedder> embedder_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<apps::DialogueCache> cache_;  // Null: off.
  std::optional<apps::NextTurnService> service_;
  std::unique_ptr<apps::Conversations> conversations_;
};

/// As --cache-size says, bounded where it says nothing; null: none. The ledger outlives it. Errors:
/// kBadInput for the flag.
Result<std::unique_ptr<apps::DialogueCache>> dialogue_cache_of(const CacheFlags& flags,
                                                               ByteLedger& ledger);

/// A file of conversations, which nobody else writes meanwhile. It appears whole or stays as it is.
class ConversationBook {
 public:
  /// Errors: kUnavailable where another run holds it; kIo; as conversations_from_text.
  static Result<ConversationBook> open(const std::string& path);

  apps::ConversationFile& file() { return file_; }

  /// Errors: kIo.
  Status save() const;

 private:
  ConversationBook() = default;

  std::string path_;
  store::WriterLock lock_;
  apps::ConversationFile file_;
};

/// As it is now, whoever writes it. No file is one without conversations. Errors: kIo; as
/// conversations_from_text.
Result<apps::ConversationFile> read_conversations(const std::string& path);

/// What a person is shown: the candidates with their scores, and the confidence.
std::string text_from_next(const apps::NextTurns& next);

/// Conversation `name` goes on by what is typed, and by the best candidate as what the other says.
/// Errors: as Conversations::hear of a candidate.
Status converse(DialogueSession& session, const std::string& name, const apps::NextAsk& ask);

}  // namespace quern::cli
