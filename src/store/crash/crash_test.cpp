// Power cuts: runs are recorded, and from each record are made the states that a disk may be in
// after a cut. Each must open as the last commit that was acknowledged, or the one being made; must
// pass verify; and must take a further commit. QUERN_CRASH_STATES=5000 makes so many states.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/crash/crash_state.h"
#include "store/crash/recording_files.h"
#include "store/store_fixture.h"

namespace quern::store {
namespace {

namespace fs = std::filesystem;
using Kind = DiskOperation::Kind;

/// A commit: where in the trace it began and was acknowledged, and what lives from then on.
struct Mark {
  std::size_t begin = 0;
  std::size_t end = 0;
  Model after;
};

struct Recorded {
  std::vector<DiskOperation> operations;
  std::size_t created = 0;  // Where the creation was acknowledged.
  std::vector<Mark> marks;
};

class crash : public StoreTest {
 protected:
  /// Sessions of a writer that adds, replaces, erases, merges and compacts.
  Recorded record(unsigned seed) {
    std::mt19937 random(seed);
    place_.folder = path("run" + std::to_string(seed));
    Trace trace(folder_);  // The folder above has the store's name.
    RecordingFiles files(trace);
    const RecordingVfs vfs(trace);
    place_.files = &files;
    Recorded out;
    create();
    out.created = trace.n_operations();
    model_.clear();
    EXPECT_TRUE(open_writer()->add_space(fixture_space()).ok());
    has_vectors_ = true;
    graph_from_ = 4;  // So that merges and what comes after them build graphs.
    for (int session = 0; session < 3; ++session) {
      auto out_writer = open_writer(40'000);
      for (int round = 0; round < 5; ++round) {
        for (unsigned i = 0; i < 3 + random() % 12; ++i) {
          const std::string key = "k" + std::to_string(random() % 20);
          random() % 3 == 0 ? erase(*out_writer, key)
                            : put(*out_writer, key, static_cast<int>(random() % 1000));
        }
        const std::size_t begin = trace.n_operations();
        commit(*out_writer);
        out.marks.push_back({.begin = begin, .end = trace.n_operations(), .after = model_});
        EXPECT_TRUE(round % 3 < 2 || out_writer->maintain(pace_).ok());
        if (round == 1) attach_all(*out_writer, trace, out.marks);
      }
      EXPECT_TRUE(session != 1 || out_writer->compact(pace_).ok());
      if (session == 2) change_space(*out_writer, trace, out.marks);
    }
    place_.files = &real_files();
    out.operations = trace.operations();
    return out;
  }

  /// Vectors for documents without, segment by segment.
  void attach_all(Writer& writer, const Trace& trace, std::vector<Mark>& marks) {
    for (const SegmentView& view : writer.segments()) {
      const std::size_t begin = trace.n_operations();
      attach(writer, view.segment->id(), 1);
      marks.push_back({.begin = begin, .end = trace.n_operations(), .after = model_});
    }
  }

  /// Another model's vectors, filled beside the first one's, take their place.
  void change_space(Writer& writer, const Trace& trace, std::vector<Mark>& marks) {
    const auto space = writer.add_space(fixture_space("second"));
    ASSERT_TRUE(space.ok()) << space.status().message();
    for (const SegmentView& view : writer.segments()) {
      attach(writer, view.segment->id(), *space, "second");
    }
    for (auto& [key, document] : model_) {
      document.vector = decoded(fixture_row(document.stored, "second").row());
    }
    const std::size_t begin = trace.n_operations();
    const Status activated = writer.activate_space(*space);
    ASSERT_TRUE(activated.ok()) << activated.message();
    marks.push_back({.begin = begin, .end = trace.n_operations(), .after = model_});
  }

  /// What is wrong with the state that a cut behind the first n operations leaves; "" if nothing.
  std::string problem_at(const Recorded& run, std::size_t n, Unsynced unsynced,
                         std::mt19937& random) {
    const fs::path target = path("state");
    fs::remove_all(target);
    fs::create_directory(target);
    build_crash_state(std::span(run.operations).first(n), folder_, unsynced, random, target);
    Trace unused("/nowhere");
    RecordingFiles files(unused);  // Syncs nothing: this is not what is tried.
    const RecordingVfs vfs(unused);
    const std::string name = run.operations[0].path.substr(folder_.size() + 1);
    const StorePlace place{.folder = target / name.substr(0, name.find('.')), .files = &files};
    if (!fs::exists(place.folder)) return n >= run.created ? "the store is gone" : "";
    return problem_of(place, run, n);
  }

 private:
  static std::string problem_of(const StorePlace& place, const Recorded& run, std::size_t n) {
    auto opened = Store::open(place);
    if (!opened.ok()) return opened.status().message();
    const auto state = (*opened)->snapshot();
    if (!state.ok()) return state.status().message();
    if (!(*state)->damaged().empty()) return (*state)->damaged()[0].message();
    const Model found = contents(**state);
    Model acknowledged;
    bool is_expected = false;
    for (const Mark& mark : run.marks) {
      if (mark.end <= n) acknowledged = mark.after;
      is_expected = is_expected || (mark.begin <= n && n < mark.end && found == mark.after);
    }
    if (!is_expected && found != acknowledged) return "documents are not those of a commit";
    opened->reset();
    return problem_with_further_commit(place, found);
  }

  static std::string problem_with_further_commit(const StorePlace& place, Model model) {
    {
      auto further = Writer::open(place, {.who = "after the cut"});
      if (!further.ok()) return further.status().message();
      model["after"] = fixture_document("after", 1);
      if (const Status put = (*further)->put(model["after"]); !put.ok()) return put.message();
      const auto committed = (*further)->commit();
      if (!committed.ok()) return committed.status().message();
    }
    const auto report = verify_store(place);
    if (!report.ok()) return report.status().message();
    if (!report->problems.empty()) return report->problems[0].message();
    if (!report->unused_files.empty()) return "a file stays: " + report->unused_files[0];
    auto opened = Store::open(place);
    return contents(**(*opened)->snapshot()) == model ? "" : "the further commit is not there";
  }

 protected:
  /// Of n_states random cuts; the first problem goes into `example`.
  int count_bad(const Recorded& run, int n_states, unsigned seed, std::string& example) {
    std::mt19937 random(seed);
    int n_bad = 0;
    for (int i = 0; i < n_states; ++i) {
      const std::size_t n = 1 + random() % run.operations.size();
      const auto unsynced = static_cast<Unsynced>(random() % 4);
      const std::string problem = problem_at(run, n, unsynced, random);
      if (problem.empty()) continue;
      if (n_bad++ == 0) {
        example = "cut behind operation " + std::to_string(n) + " of " +
                  std::to_string(run.operations.size()) + ": " + problem;
      }
    }
    return n_bad;
  }
};

bool is_of_segments(const DiskOperation& operation) {
  return operation.path.find("/seg") != std::string::npos;
}

}  // namespace

TEST_F(crash, no_state_loses_or_breaks_anything) {
  const char* wish = std::getenv("QUERN_CRASH_STATES");
  const int n_states = wish != nullptr ? std::atoi(wish) : 200;
  const int n_traces = std::clamp(n_states / 50, 1, 20);
  for (int seed = 0; seed < n_traces; ++seed) {
    const Recorded run = record(static_cast<unsigned>(seed));
    std::string example;
    EXPECT_EQ(count_bad(run, n_states / n_traces, static_cast<unsigned>(seed), example), 0)
        << example;
  }
}

// The harness finds what it is there to find.
TEST_F(crash, planted_faults_are_found) {
  const Recorded right = record(1);
  const auto n_found = [&](const Recorded& run) {
    std::string example;
    return count_bad(run, 150, 5, example);
  };
  EXPECT_EQ(n_found(right), 0);

  Recorded no_folder_sync = right;
  Recorded no_file_sync = right;
  Recorded early_removal = right;
  std::size_t last_sync = 0;
  for (std::size_t i = 0; i < right.operations.size(); ++i) {
    const DiskOperation& operation = right.operations[i];
    if (!is_of_segments(operation)) continue;
    if (operation.kind == Kind::kSyncFolder) {
      no_folder_sync.operations[i].kind = Kind::kNothing;
      last_sync = i;
    }
    if (operation.kind == Kind::kSync) no_file_sync.operations[i].kind = Kind::kNothing;
    // To before the rows that say that the file is not needed any more.
    if (operation.kind == Kind::kRemove &&
        (operation.path.ends_with(".qsg") || operation.path.ends_with(".qvs"))) {
      const auto begin = early_removal.operations.begin();
      std::rotate(begin + static_cast<std::ptrdiff_t>(last_sync) + 1,
                  begin + static_cast<std::ptrdiff_t>(i),
                  begin + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
  EXPECT_GT(n_found(no_folder_sync), 0) << "no sync of the folder";
  EXPECT_GT(n_found(no_file_sync), 0) << "renamed before it is synced";
  EXPECT_GT(n_found(early_removal), 0) << "removed before the commit";
}

// Each call that can fail does once: nothing is lost, and the next writer goes on.
TEST_F(crash, an_error_of_any_call_loses_nothing) {
  place_.folder = path("prepared");
  create();
  {
    auto out = open_writer();
    for (int i = 0; i < 8; ++i) {
      put(*out, "k" + std::to_string(i), 0);
      commit(*out);
    }
  }
  const Model before = model_;
  bool has_failed = true;
  std::size_t failing = 0;
  for (; has_failed; ++failing) {
    SCOPED_TRACE(failing);
    place_.folder = path("tried");
    fs::remove_all(place_.folder);
    fs::copy(path("prepared"), place_.folder, fs::copy_options::recursive);
    model_ = before;
    std::vector<Model> possible = {before};
    {
      Trace trace(place_.folder);
      RecordingFiles files(trace);
      const RecordingVfs vfs(trace);
      StorePlace place{.folder = place_.folder, .files = &files};
      std::size_t n = 0;
      trace.fails = [&] { return n++ == failing; };
      auto out = Writer::open(place, {.who = "x"});
      if (out.ok()) {
        Model after = before;
        after["new"] = fixture_document("new", 1);
        after.erase("k3");
        ASSERT_TRUE((*out)->put(after["new"]).ok());
        ASSERT_TRUE((*out)->erase("k3").ok());
        if ((*out)->commit().ok()) {
          possible = {after};
          static_cast<void>((*out)->maintain(pace_));
        } else {
          possible.push_back(after);
        }
      }
      out = Status(Code::kCancelled, "done");
      has_failed = n > failing;
    }
    model_ = contents(*snapshot());
    EXPECT_TRUE(std::find(possible.begin(), possible.end(), model_) != possible.end());
    auto out = open_writer();
    ASSERT_NE(out, nullptr);
    put(*out, "more", 1);
    commit(*out);
    expect_model();
    expect_right();
  }
  EXPECT_GT(failing, 40u);
}

}  // namespace quern::store
