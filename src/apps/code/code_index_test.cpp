#include "apps/code/code_index.h"

#include <filesystem>
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "apps/code/code_search.h"
#include "base/test_folder.h"
#include "store/check/rebuild.h"
#include "store/check/verify.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;

class code_index : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    fs::create_directory(path("tree"));
    place_ = {.root = fs::canonical(path("tree")), .folder = path("home/code/index")};
    const Status created = create_code_index(place_, {});
    ASSERT_TRUE(created.ok()) << created.message();
    auto chunker = Chunker::create({});
    ASSERT_TRUE(chunker.ok());
    chunker_ = std::move(*chunker);
  }

  void put(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(place_.root + "/" + name).parent_path());
    write(place_.root + "/" + name, text);
  }

  CodeUpdateReport update(const CodePlace& place) {
    auto writer = store::Writer::open({.folder = place.folder}, {.who = "a test"});
    EXPECT_TRUE(writer.ok()) << writer.status().message();
    auto report = update_code_index({.writer = writer->get(),
                                     .chunker = chunker_.get(),
                                     .root = place.root,
                                     .is_stopped = is_stopped_});
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? std::move(*report) : CodeUpdateReport();
  }
  CodeUpdateReport update() { return update(place_); }

  store::Snapshot snapshot(const std::string& folder) {
    auto store = store::Store::open({.folder = folder});
    EXPECT_TRUE(store.ok()) << store.status().message();
    return *(*store)->snapshot();
  }

  /// Keys and texts of all that is in the index.
  std::map<std::string, std::string> contents(const std::string& folder) {
    std::map<std::string, std::string> out;
    const store::Snapshot state = snapshot(folder);
    for (const store::SegmentView& view : state->segments()) {
      auto reader = view.segment->stored_text();
      view.live->for_each([&](std::uint32_t doc) {
        out[(*view.segment->keys())->key(doc)->bytes] =
            reader.read(doc)->fields[2] + reader.read(doc)->stored;
      });
    }
    return out;
  }

  /// What a clean index of the tree as it is now holds.
  std::map<std::string, std::string> clean() {
    const CodePlace place = {.root = place_.root,
                             .folder = path("clean" + std::to_string(n_clean_++))};
    EXPECT_TRUE(create_code_index(place, {}).ok());
    update(place);
    return contents(place.folder);
  }

  std::vector<std::string> found(const std::string& question, CodeAsk ask = {}) {
    auto searcher = CodeSearcher::create(pool_, nullptr);
    EXPECT_TRUE(searcher.ok());
    ask.question = question;
    auto answer = searcher->search(snapshot(place_.folder), ask);
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    std::vector<std::string> out;
    for (const CodeHit& hit : answer->hits) {
      out.push_back(hit.path + ":" + std::to_string(hit.chunk.span.first_line));
    }
    why_empty_ = answer->why_empty;
    return out;
  }

  using Names = std::vector<std::string>;
  CodePlace place_;
  std::unique_ptr<Chunker> chunker_;
  std::function<bool()> is_stopped_;
  ThreadPool pool_{2};
  std::string why_empty_;
  int n_clean_ = 0;
};

TEST_F(code_index, files_are_found_as_they_are_now) {
  put("a.py", "def heap_push(x):\n    pass\n");
  put("lib/b.py", "def heap_pop():\n    return zebra\n");
  CodeUpdateReport report = update();
  EXPECT_EQ(report.n_files, 2u);
  EXPECT_EQ(report.n_read, 2u);
  EXPECT_EQ(found("zebra thing"), (Names{"lib/b.py:1"}));
  EXPECT_EQ(found("heap"), (Names{"a.py:1", "lib/b.py:1"}));

  put("lib/b.py", "def heap_pop():\n    return giraffe\n");
  put("c.py", "zebra = 1\n");
  fs::remove(place_.root + "/a.py");
  report = update();
  EXPECT_EQ(report.n_read, 2u);
  EXPECT_EQ(report.n_gone, 1u);
  EXPECT_EQ(found("zebra thing"), (Names{"c.py:1"}));
  EXPECT_EQ(found("giraffe here"), (Names{"lib/b.py:1"}));
  EXPECT_EQ(found("push"), Names{});
  EXPECT_FALSE(why_empty_.empty());
  EXPECT_EQ(contents(place_.folder), clean());
}

TEST_F(code_index, what_did_not_change_is_not_read_and_what_was_touched_is_not_written) {
  put("a.py", "one = 1\n");
  put("b.py", "two = 2\n");
  update();
  // Times that lie back far enough to be believed.
  const auto past = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(place_.root + "/a.py", past);
  fs::last_write_time(place_.root + "/b.py", past);
  ::usleep(60'000);  // ctime is what it is.
  CodeUpdateReport report = update();
  EXPECT_EQ(report.n_same, 2u);
  const auto generation = report.generation;
  report = update();
  EXPECT_EQ(report.n_unchanged, 2u);
  EXPECT_EQ(report.n_read, 0u);
  EXPECT_EQ(report.generation, generation) << "nothing is committed where nothing changed";
}

TEST_F(code_index, a_change_within_a_tick_of_the_clock_is_not_missed) {
  put("a.py", "one = 1\n");
  update();
  put("a.py", "two = 2\n");  // As many bytes, about the same time.
  update();
  EXPECT_EQ(found("two"), (Names{"a.py:1"}));
}

TEST_F(code_index, files_become_folders_and_folders_files) {
  put("x", "alpha = 1\n");
  put("y/z.py", "beta = 1\n");
  update();
  fs::remove(place_.root + "/x");
  fs::remove_all(place_.root + "/y");
  put("x/z.py", "gamma = 1\n");
  put("y", "delta = 1\n");
  update();
  EXPECT_EQ(contents(place_.folder), clean());
  EXPECT_EQ(found("alpha"), Names{});
  EXPECT_EQ(found("gamma"), (Names{"x/z.py:1"}));
}

TEST_F(code_index, what_is_no_text_is_left_out_and_said) {
  put("picture.bin", std::string("PNG\0\1\2", 6));
  put("empty.py", " \n");
  put("good.py", "good = 1\n");
  put(std::string("odd\nname.py"), "odd = 1\n");
  put("latin.py", "caf\xe9 = 'cr\xe8me'\n");
  const CodeUpdateReport report = update();
  EXPECT_EQ(report.n_files, 3u);
  EXPECT_EQ(found("odd"), (Names{"odd\nname.py:1"}));
  EXPECT_EQ(found("crème"), (Names{"latin.py:1"}));
  auto store = store::Store::open({.folder = place_.folder});
  CodeTables tables;
  ASSERT_TRUE((*store)
                  ->read_tables([&](Sql& sql) -> Status {
                    QUERN_ASSIGN(tables, read_code_tables(sql));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(tables.files.size(), 5u);
  EXPECT_FALSE(tables.files.at("picture.bin").note.empty());
  EXPECT_EQ(tables.files.at("empty.py").n_chunks, 0u);
  EXPECT_EQ(tables.facts.at("root"), place_.root);
}

TEST_F(code_index, a_stopped_update_goes_on_where_it_was) {
  for (int i = 0; i < 50; ++i) {
    put("f" + std::to_string(i) + ".py", "value_" + std::to_string(i) + " = 1\n");
  }
  int n_asked = 0;
  is_stopped_ = [&] { return ++n_asked > 20; };
  const CodeUpdateReport stopped = update();
  EXPECT_TRUE(stopped.was_stopped);
  EXPECT_GT(stopped.n_pending, 0u);
  is_stopped_ = {};
  const CodeUpdateReport rest = update();
  EXPECT_EQ(rest.n_files, 50u);
  EXPECT_EQ(contents(place_.folder), clean());
}

TEST_F(code_index, another_recipe_is_done_with_only_when_all_files_are) {
  for (int i = 0; i < 40; ++i) {
    std::string text;
    for (int line = 0; line < 60; ++line) text += "word" + std::to_string(line) + " = 1\n";
    put("f" + std::to_string(i) + ".py", text);
  }
  update();
  ::usleep(30'000);  // So that their times are believed.
  update();
  const auto before = contents(place_.folder);
  auto smaller = Chunker::create({.sizes = {.max_chars = 200}});
  ASSERT_TRUE(smaller.ok());
  chunker_ = std::move(*smaller);
  int n_asked = 0;
  is_stopped_ = [&] { return ++n_asked > 12; };
  EXPECT_TRUE(update().was_stopped);
  is_stopped_ = {};
  update();
  const auto after = contents(place_.folder);
  EXPECT_NE(after, before);
  EXPECT_EQ(after, clean());
}

TEST_F(code_index, a_folder_that_is_called_code_is_sources_too) {
  const std::string root = place_.root;
  EXPECT_EQ(walk_of_index({}, root, root + "/code/index").exclude,
            (std::vector<std::string>{"/code/index/"}));
  EXPECT_EQ(walk_of_index({}, root, root + "/home/code/tree-0123456789abcdef").exclude,
            (std::vector<std::string>{"/home/code/tree-0123456789abcdef/", "/home/code/"}));
  EXPECT_TRUE(walk_of_index({}, root, path("home/code/x")).exclude.empty());
}

TEST_F(code_index, random_changes_leave_what_a_clean_index_has) {
  std::mt19937 random(11);
  const auto text = [&] {
    std::string out;
    for (unsigned n = random() % 200; n > 0; --n) {
      out += "word" + std::to_string(random() % 50) + (random() % 4 == 0 ? "\n" : " ");
    }
    return out;
  };
  for (int round = 0; round < 12; ++round) {
    for (unsigned n = random() % 8; n > 0; --n) {
      const std::string name = (random() % 2 ? "d" + std::to_string(random() % 3) + "/" : "") +
                               std::string("f") + std::to_string(random() % 12) + ".py";
      if (random() % 3 == 0) {
        fs::remove(place_.root + "/" + name);
      } else {
        put(name, text());
      }
    }
    update();
    ASSERT_EQ(contents(place_.folder), clean()) << round;
  }
  const auto report = store::verify_store({.folder = place_.folder});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_TRUE(report->problems.empty());
}

TEST_F(code_index, filters_hold_for_paths_languages_and_definitions) {
  put("src/a.py", "heap = 1\n");
  put("src/deep/b.go", "heap := 1\n");
  put("tests/test_a.py", "heap = 2\n");
  update();
  EXPECT_EQ(found("heap", {.question = "", .paths = {"src/"}}),
            (Names{"src/a.py:1", "src/deep/b.go:1"}));
  EXPECT_EQ(found("heap", {.question = "", .paths = {"*.go"}}), (Names{"src/deep/b.go:1"}));
  EXPECT_EQ(found("heap", {.question = "", .paths = {"src/*.py"}}), (Names{"src/a.py:1"}));
  EXPECT_EQ(found("heap", {.question = "", .languages = {"go"}}), (Names{"src/deep/b.go:1"}));
  EXPECT_EQ(found("heap", {.question = "", .roles = {"test"}}), (Names{"tests/test_a.py:1"}));
  EXPECT_EQ(found("heap", {.question = "", .paths = {"nowhere/"}}), Names{});
  EXPECT_NE(why_empty_.find("nowhere"), std::string::npos) << why_empty_;
}

TEST_F(code_index, a_tree_has_its_place_and_folders_in_it_find_it) {
  fs::create_directories(place_.root + "/a/b");
  const std::string home = path("home");
  const auto place = default_code_place(place_.root, home);
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(place->folder.rfind(home + "/code/tree-", 0), 0u) << place->folder;
  EXPECT_FALSE(find_code_place(place_.root + "/a/b", home)->has_value());
  ASSERT_TRUE(create_code_index(*place, {}).ok());
  const auto found = find_code_place(place_.root + "/a/b", home);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->root, place_.root);
  // The one inside the tree goes before that of the home.
  const CodePlace here = code_place_here(place_.root);
  ASSERT_TRUE(create_code_index(here, {}).ok());
  EXPECT_EQ((*find_code_place(place_.root + "/a", home))->folder, here.folder);
  EXPECT_EQ(default_code_place(path("none"), home).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace quern::apps
