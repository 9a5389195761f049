#include "apps/code/tree_walk.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "apps/code/folder_look.h"

namespace quern::apps {
namespace {

// As many folders as pay for starting a thread.
constexpr std::size_t kFoldersForThread = 8;

// The files of a folder and, at their places among them, its folders.
struct Node {
  std::vector<WalkedFile> files;
  std::vector<std::pair<std::size_t, Node*>> folders;  // How many files come before it.
};

// Folders are looked into by two threads, the last found first; what they find is put in order
// afterwards.
class Walk {
 public:
  Walk(const TreeLook& look, const std::function<bool()>& is_stopped)
      : look_(look), is_stopped_(is_stopped) {
    todo_.push_back({look.root_folder(), &nodes_.emplace_back()});
    out_.notes = look.notes();
  }

  Result<TreeWalk> run() {
    work();
    if (second_.joinable()) second_.join();
    if (was_stopped_) return Status{Code::kCancelled, "the walk was stopped"};
    if (out_.n_folders == 0) {
      return Status{Code::kIo,
                    fmt::format("cannot read the folder '{}': {}", look_.root(),
                                out_.skipped.empty() ? "it is gone" : out_.skipped[0].problem)};
    }
    put_files_in_order();
    std::sort(out_.skipped.begin(), out_.skipped.end(),
              [](const SkippedPath& a, const SkippedPath& b) { return a.path < b.path; });
    std::sort(out_.notes.begin(), out_.notes.end());
    out_.notes.erase(std::unique(out_.notes.begin(), out_.notes.end()), out_.notes.end());
    return std::move(out_);
  }

 private:
  struct Todo {
    FolderToLook folder;
    Node* node;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return !todo_.empty() || n_busy_ == 0 || was_stopped_; });
      if (todo_.empty() || was_stopped_) break;
      if (is_stopped_ && is_stopped_()) {
        was_stopped_ = true;
        break;
      }
      const Todo todo = std::move(todo_.back());
      todo_.pop_back();
      n_busy_ += 1;
      lock.unlock();
      FolderFindings found = look_.look_into(todo.folder);
      lock.lock();
      n_busy_ -= 1;
      add(std::move(found), *todo.node);
      if (todo_.size() >= kFoldersForThread && !has_tried_second_) start_second();
      if (todo_.size() > 1) changed_.notify_one();
    }
    changed_.notify_all();
  }

  void add(FolderFindings found, Node& node) {
    out_.n_folders += found.is_looked_into ? 1 : 0;
    node.files = std::move(found.files);
    node.folders.reserve(found.folders.size());
    for (std::size_t i = 0; i < found.folders.size(); ++i) {
      Node* const next = &nodes_.emplace_back();
      node.folders.emplace_back(found.n_files_before[i], next);
      todo_.push_back({std::move(found.folders[i]), next});
    }
    std::move(found.skipped.begin(), found.skipped.end(), std::back_inserter(out_.skipped));
    std::move(found.notes.begin(), found.notes.end(), std::back_inserter(out_.notes));
  }

  void start_second() {
    has_tried_second_ = true;
    if (std::thread::hardware_concurrency() < 2) return;
    try {
      second_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
      // No more threads for this process: one does it all.
    }
  }

  void put_files_in_order() {
    struct Step {
      Node* node;
      std::size_t i_file = 0, i_folder = 0;
    };
    std::size_t n_files = 0;
    for (const Node& node : nodes_) n_files += node.files.size();
    out_.files.reserve(n_files);
    std::vector<Step> steps = {{&nodes_.front()}};
    while (!steps.empty()) {
      Step& step = steps.back();
      Node& node = *step.node;
      const bool has_folder = step.i_folder < node.folders.size();
      const std::size_t end = has_folder ? node.folders[step.i_folder].first : node.files.size();
      for (; step.i_file < end; ++step.i_file) {
        out_.files.push_back(std::move(node.files[step.i_file]));
      }
      if (has_folder) {
        steps.push_back({node.folders[step.i_folder++].second});
      } else {
        node.files = {};
        steps.pop_back();
      }
    }
  }

  const TreeLook& look_;
  const std::function<bool()>& is_stopped_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Node> nodes_;
  std::vector<Todo> todo_;
  std::size_t n_busy_ = 0;
  bool was_stopped_ = false;
  bool has_tried_second_ = false;
  std::thread second_;
  TreeWalk out_;
};

}  // namespace

Result<TreeWalk> walk_tree(const std::string& root, const WalkOptions& options,
                           const std::function<bool()>& is_stopped) {
  QUERN_ASSIGN(const TreeLook look, TreeLook::open(root, options));
  return Walk(look, is_stopped).run();
}

}  // namespace quern::apps
