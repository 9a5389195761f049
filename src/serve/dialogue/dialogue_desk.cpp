#include "serve/dialogue/dialogue_desk.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file_identity.h"
#include "base/log.h"

namespace quern::serve {
namespace {

constexpr std::size_t kUsualCache = std::size_t{64} << 20;
constexpr std::size_t kLeastShare = 16;  // Of the budget.

std::unique_ptr<apps::DialogueCache> cache_of(ByteLedger& ledger, const DialogueOptions& options) {
  if (!options.has_cache) return nullptr;
  const std::size_t usual = std::min(kUsualCache, ledger.limit_bytes() / kLeastShare);
  return std::make_unique<apps::DialogueCache>(
      ledger,
      apps::DialogueCacheLimits{.n_bytes = options.cache_bytes > 0 ? options.cache_bytes : usual,
                                .n_items = options.cache_items});
}

}  // namespace

DialogueDesk::DialogueDesk(engine::Engine& engine, const DialogueOptions& options)
    : engine_(engine),
      conversations_{.n_most = options.max_conversations, .idle = options.idle},
      scans_(engine.n_threads()),
      cache_(cache_of(engine.ledger(), options)) {
  for (const DialogueFile& file : options.files) {
    places_.push_back(std::make_unique<Place>());
    places_.back()->file = file;
  }
}

Result<DialogueDesk::OpenedPtr> DialogueDesk::open(const DialogueFile& file) {
  auto out = std::make_shared<Opened>();
  out->name = file.name;
  QUERN_ASSIGN(out->file, apps::PredictorFile::open(file.path, &engine_.ledger()));
  QUERN_TRY(check_model(*out));
  QUERN_ASSIGN(out->embedder, out->file->embedder(engine_));
  QUERN_ASSIGN(out->service, apps::NextTurnService::make({.file = out->file.get(),
                                                          .embedder = &*out->embedder,
                                                          .pool = &scans_,
                                                          .cache = cache_.get()}));
  out->conversations =
      std::make_unique<apps::Conversations>(*out->service, engine_.ledger(), conversations_);
  return out;
}

// Vectors of another model that has the name by now would be compared with the old one's.
Status DialogueDesk::check_model(Opened& opened) {
  QUERN_ASSIGN(const engine::ModelInfo info, engine_.describe(opened.file->space().model));
  if (!info.state.empty() && info.state == opened.model_state) return {};
  QUERN_TRY(opened.file->embedder(engine_).status());
  opened.model_state = info.state;
  return {};
}

// The file's identity is read before it is opened: one that is replaced meanwhile is found to be
// another the next time.
Status DialogueDesk::take_up(Place& place) {
  const Result<FileIdentity> now = file_identity(place.file.path);
  if (place.opened != nullptr && (!now.ok() || *now == place.identity)) {
    return check_model(*place.opened);
  }
  QUERN_ASSIGN(OpenedPtr opened, open(place.file));
  place.identity = now.ok() ? *now : FileIdentity();
  if (place.opened != nullptr) {
    // The same predictor, copied or touched: its conversations go on.
    if (opened->service->fingerprint() == place.opened->service->fingerprint()) return {};
    n_expired_ += place.opened->conversations->n_expired();
    log_info("predictor '{}': its file was replaced; {} conversations begin anew", place.file.name,
             place.opened->conversations->size());
  }
  place.opened = std::move(opened);
  const std::lock_guard lock(place.show_mutex);
  place.shown = place.opened;
  return {};
}

Result<DialogueDesk::OpenedPtr> DialogueDesk::predictor(const std::string& name) {
  const auto found = std::ranges::find_if(
      places_, [&](const auto& place) { return name.empty() || place->file.name == name; });
  if (found == places_.end()) {
    std::vector<std::string> names;
    for (const auto& place : places_) names.push_back(place->file.name);
    return {Code::kNotFound,
            fmt::format("no predictor '{}': there are {}", name, fmt::join(names, ", "))};
  }
  Place& place = **found;
  const std::lock_guard lock(place.mutex);
  QUERN_TRY(take_up(place).in(fmt::format("predictor '{}'", place.file.name)));
  return place.opened;
}

std::vector<DialogueDesk::Row> DialogueDesk::rows() const {
  std::vector<Row> out;
  for (const auto& place : places_) {
    const std::lock_guard lock(place->show_mutex);
    out.push_back({.name = place->file.name, .opened = place->shown});
  }
  return out;
}

std::string DialogueDesk::cache_json() const {
  return apps::json_from_cache(cache_ ? cache_->stats() : apps::DialogueCacheStats(),
                               engine_.stats().results);
}

DialogueFigures DialogueDesk::figures() const {
  DialogueFigures out = {.n_expired = n_expired_};
  if (cache_ != nullptr) out.cache = cache_->stats();
  for (const Row& row : rows()) {
    if (row.opened == nullptr) continue;
    out.n_conversations += row.opened->conversations->size();
    out.n_expired += row.opened->conversations->n_expired();
  }
  return out;
}

}  // namespace quern::serve
