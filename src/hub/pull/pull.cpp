#include "hub/pull/pull.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "hub/manifest.h"
#include "hub/model_files.h"
#include "hub/pull/file_choice.h"
#include "hub/pull/listing.h"
#include "hub/pull/pull_lock.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

// Beside the files themselves: records, folders, the manifest.
constexpr std::uint64_t kSpareBytes = 4u << 20;

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_gguf(const std::string& path) { return path.ends_with(".gguf"); }

std::string flat(std::string text) {
  for (std::size_t at = 0; (at = text.find('/', at)) != text.npos;) text.replace(at, 1, "--");
  return text;
}

/// "m-Q4_K_M-00001-of-00002.gguf" -> "m-Q4_K_M".
std::string stem_of(const std::string& gguf) {
  std::string stem = file_name(gguf);
  stem.resize(stem.size() - std::string_view(".gguf").size());
  if (const std::size_t part = stem.rfind("-00001-of-"); part != stem.npos) stem.resize(part);
  return stem;
}

std::string default_name(const PullReference& reference, const FileChoice& choice) {
  return choice.is_gguf ? stem_of(choice.files.front().path) : file_name(reference.repo);
}

/// What an installed model was pulled from; nothing where there is no such model.
std::optional<Manifest> manifest_of(const Hub& hub, const std::string& name) {
  const Result<Manifest> manifest = read_manifest(hub.home() + "/models/" + name);
  return manifest.ok() ? std::optional(*manifest) : std::nullopt;
}

bool holds(const Manifest& manifest, const std::string& path) {
  return std::any_of(manifest.files.begin(), manifest.files.end(),
                     [&](const ManifestFile& file) { return file.path == path; });
}

/// Without the network: an installed model of that repository, if there is one.
Result<Pulled> pull_offline(const Hub& hub, const PullRequest& request) {
  QUERN_ASSIGN(const std::vector<std::string> names, hub.names());
  const PullReference& want = request.reference;
  for (const std::string& name : names) {
    const std::optional<Manifest> manifest = manifest_of(hub, name);
    if (!manifest || manifest->hub_name != want.repo) continue;
    if (!request.name.empty() && request.name != name) continue;
    if (is_gguf(want.file) && !holds(*manifest, file_name(want.file))) continue;
    QUERN_ASSIGN(InstalledModel model, hub.find(name));
    if (!model.problem.empty()) continue;
    return Pulled{.model = std::move(model), .commit = manifest->commit, .was_there = true};
  }
  return {Code::kUnavailable,
          fmt::format("HF_HUB_OFFLINE is set, and no model of '{}' is installed", want.repo)};
}

/// One pull on its way: what was chosen, and where it is gathered.
class Pull {
 public:
  Pull(const Hub& hub, const PullRequest& request)
      : hub_(hub),
        request_(request),
        client_(request.access, request.reference, request.watch),
        pulls_(hub.home() + "/pulls") {}

  Result<Pulled> run() {
    QUERN_ASSIGN(listing_, fetch_listing(client_));
    QUERN_ASSIGN(choice_, choose_files(listing_, request_.reference.file).in(repo()));
    name_ = request_.name.empty() ? default_name(request_.reference, choice_) : request_.name;
    QUERN_TRY(hub_.check_new_name(name_));
    QUERN_TRY(check_owner());
    QUERN_ASSIGN(PullLock lock, take_lock());
    if (std::optional<Pulled> there = find_installed()) {
      lock.remove();
      return *std::move(there);
    }
    for (ListedFile& file : choice_.files) {
      QUERN_TRY(complete_file(client_, listing_.commit, file));
    }
    QUERN_TRY(make_folder());
    reuse_installed_files();
    QUERN_TRY(check_space());
    QUERN_TRY(check_facts());
    download_.on_progress = [this](const DownloadProgress& now) {
      n_fetched_ = now.n_fetched;
      if (request_.on_progress) request_.on_progress(now);
    };
    QUERN_ASSIGN(const std::vector<ManifestFile> files, download_files(download_, choice_.files));
    Pulled out;
    QUERN_ASSIGN(out.model, install(files));
    out.commit = listing_.commit;
    out.n_fetched = n_fetched_;
    std::error_code ignored;
    fs::remove_all(download_.folder.path, ignored);
    lock.remove();
    return out;
  }

 private:
  const std::string& repo() const { return request_.reference.repo; }

  void note(const std::string& text) const {
    if (request_.watch.on_note) request_.watch.on_note(text);
  }

  /// A name that stands for another model is not taken away from it.
  Status check_owner() const {
    const std::optional<Manifest> manifest = manifest_of(hub_, name_);
    if (!manifest || manifest->hub_name.empty() || manifest->hub_name == repo()) return {};
    return {Code::kBadInput,
            fmt::format("'{}' is the name of an installed model of '{}': give this "
                        "one another with --name",
                        name_, manifest->hub_name)};
  }

  std::string key() const {
    std::string key = flat(repo());
    if (choice_.is_gguf) key += "--" + flat(choice_.files.front().path);
    return key;
  }

  Result<PullLock> take_lock() const {
    std::error_code error;
    fs::create_directories(pulls_, error);
    if (error) return {Code::kIo, fmt::format("cannot make '{}': {}", pulls_, error.message())};
    return PullLock::take(
        fmt::format("{}/{}.lock", pulls_, key()),
        [this] { note(fmt::format("another process pulls '{}': waiting for it", repo())); },
        request_.watch.is_cancelled);
  }

  std::string target_of(const std::string& path) const {
    return choice_.is_gguf ? file_name(path) : path;
  }

  std::optional<Pulled> find_installed() const {
    const std::optional<Manifest> manifest = manifest_of(hub_, name_);
    if (!manifest || manifest->hub_name != repo() || manifest->commit != listing_.commit) return {};
    for (const ListedFile& file : choice_.files) {
      if (!holds(*manifest, target_of(file.path))) return {};
    }
    Result<InstalledModel> model = hub_.find(name_);
    if (!model.ok() || !model->problem.empty()) return {};  // Damaged: fetched again.
    return Pulled{.model = std::move(*model), .commit = listing_.commit, .was_there = true};
  }

  /// The folder of this commit. What an earlier commit left is taken over: files that did not
  /// change have the same digest, others are dropped by theirs.
  Status make_folder() {
    download_ = {.access = request_.access,
                 .reference = request_.reference,
                 .commit = listing_.commit,
                 .folder = {fmt::format("{}/{}@{}", pulls_, key(), listing_.commit)},
                 .watch = request_.watch};
    std::error_code error;
    std::vector<fs::path> others;
    for (const fs::directory_entry& entry : fs::directory_iterator(pulls_, error)) {
      if (entry.path().filename().string().starts_with(key() + "@") &&
          entry.path() != download_.folder.path) {
        others.push_back(entry.path());
      }
    }
    for (const fs::path& other : others) {
      if (!fs::exists(download_.folder.path, error))
        fs::rename(other, download_.folder.path, error);
      fs::remove_all(other, error);
    }
    for (const std::string& folder : {download_.folder.whole(), download_.folder.part()}) {
      fs::create_directories(folder, error);
      if (error) return {Code::kIo, fmt::format("cannot make '{}': {}", folder, error.message())};
    }
    return {};
  }

  /// Files of the installed model that the new commit did not change need not come again.
  void reuse_installed_files() const {
    const std::optional<Manifest> manifest = manifest_of(hub_, name_);
    if (!manifest) return;
    std::error_code ignored;
    for (const ListedFile& file : choice_.files) {
      for (const ManifestFile& old : manifest->files) {
        if (file.sha256.empty() || old.sha256 != file.sha256) continue;
        const fs::path target = fs::path(download_.folder.whole()) / file.path;
        fs::create_directories(target.parent_path(), ignored);
        fs::create_hard_link(fs::path(hub_.home()) / "models" / name_ / old.path, target, ignored);
      }
    }
  }

  Status check_space() const {
    QUERN_ASSIGN(const std::uint64_t need, n_bytes_missing(download_, choice_.files));
    std::error_code error;
    const fs::space_info space = fs::space(pulls_, error);
    if (error || space.available >= need + kSpareBytes) return {};
    return {Code::kIo,
            fmt::format("'{}' needs {} more, the disk of '{}' has {} free", repo(),
                        human_bytes(need + kSpareBytes), pulls_, human_bytes(space.available))};
  }

  /// Fetches the small files, and refuses a model by them before its weights come.
  Status check_facts() const {
    if (choice_.is_gguf) return {};
    std::vector<ListedFile> facts;
    std::copy_if(choice_.files.begin(), choice_.files.end(), std::back_inserter(facts),
                 [](const ListedFile& file) { return !is_weight_file(file.path); });
    QUERN_TRY(download_files(download_, facts).status());
    return check_model_facts(download_.folder.whole()).in("nothing of the weights was fetched");
  }

  Result<InstalledModel> install(const std::vector<ManifestFile>& files) const {
    Installation installation{.name = name_,
                              .hub_name = repo(),
                              .commit = listing_.commit,
                              .fill = [&](const std::string& part) {
                                return link_model_files(
                                    download_.folder.whole(), part,
                                    choice_.is_gguf ? Names::kFlat : Names::kKept, files);
                              }};
    return hub_.install(installation);
  }

  const Hub& hub_;
  const PullRequest& request_;
  HubClient client_;
  std::string pulls_;
  Listing listing_;
  FileChoice choice_;
  std::string name_;
  Download download_;
  std::uint64_t n_fetched_ = 0;
};

}  // namespace

Result<Pulled> pull(const Hub& hub, const PullRequest& request) {
  if (request.access.offline) return pull_offline(hub, request);
  return Pull(hub, request).run();
}

}  // namespace quern::hub
