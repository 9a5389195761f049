// The predictors of dialogues that a server has: opened when they are first needed, and anew where
// their files were replaced; each with its conversations, all with one cache.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apps/dialogue/conversations.h"
#include "apps/dialogue/dialogue_cache.h"
#include "apps/dialogue/next_turns.h"
#include "apps/dialogue/predictor_file.h"
#include "base/mapped_file.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "serve/dialogue/dialogue_figures.h"
#include "serve/dialogue/dialogue_options.h"

namespace quern::serve {

/// Threads: any.
class DialogueDesk {
 public:
  /// The engine outlives it.
  DialogueDesk(engine::Engine& engine, const DialogueOptions& options);

  /// A predictor at work.
  struct Opened {
    std::string name;
    std::unique_ptr<apps::PredictorFile> file;
    std::optional<apps::TextEmbedder> embedder;
    std::optional<apps::NextTurnService> service;
    std::unique_ptr<apps::Conversations> conversations;
    std::string model_state;  // Of the model's files, when they were found to be the right ones.
  };
  using OpenedPtr = std::shared_ptr<Opened>;

  /// The predictor of that name; "": the first. Where its file is another one by now, that of the
  /// new file, whose conversations begin anew unless it is the same predictor; where there is no
  /// file any more, the one that was open. Errors: kNotFound naming those that there are; as
  /// PredictorFile::open and embedder, also where the model is another one by now.
  Result<OpenedPtr> predictor(const std::string& name);

  struct Row {
    std::string name;
    std::shared_ptr<const Opened> opened = {};  // Null: nobody needed it yet.
  };
  /// As they were given. Waits for nothing that is opened.
  std::vector<Row> rows() const;

  apps::DialogueCache* cache() { return cache_.get(); }  // Null: there is none.

  /// What the caches did, as JSON.
  std::string cache_json() const;
  DialogueFigures figures() const;

 private:
  struct Place {
    DialogueFile file;
    std::mutex mutex;  // Guards these, and is held while it is opened.
    OpenedPtr opened = {};
    FileIdentity identity = {};     // Of the file that it was opened from.
    mutable std::mutex show_mutex;  // Guards this: the same, for who does not wait for it.
    std::shared_ptr<const Opened> shown = {};
  };
  Result<OpenedPtr> open(const DialogueFile& file);
  Status take_up(Place& place);
  Status check_model(Opened& opened);

  engine::Engine& engine_;
  const apps::ConversationLimits conversations_;
  ThreadPool scans_;  // Of searches: a pass of a model does not hold them up.
  std::unique_ptr<apps::DialogueCache> cache_;
  std::atomic<long> n_expired_{0};  // Of predictors that were replaced.
  std::vector<std::unique_ptr<Place>> places_;
};

}  // namespace quern::serve
