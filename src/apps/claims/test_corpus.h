// Corpora of a few sources, for the tests of claims.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/corpus_adding.h"
#include "apps/claims/corpus_reader.h"
#include "apps/store_model.h"
#include "apps/test_engine.h"
#include "base/thread_pool.h"
#include "store/writer.h"

namespace quern::apps {

class CorpusTest : public EngineTest {
 protected:
  /// Adds lines of JSON to the corpus "test"; those that are none are in problems_.
  CorpusAddReport add_lines(const std::vector<std::string>& lines) {
    std::size_t i = 0;
    return add_read([&](const IsKnownInput&) -> std::optional<ReadSource> {
      if (i == lines.size()) return {};
      ReadSource out;
      Result<CorpusText> text = corpus_text_from_line(lines[i++]);
      if (text.ok()) {
        out.text = std::move(*text);
      } else {
        out.status = text.status();
      }
      out.text.origin = "line " + std::to_string(i);
      return out;
    });
  }

  template <typename Next>
  CorpusAddReport add_read(const Next& next) {
    EXPECT_TRUE(ensure_corpus(folder_, "test").ok());
    auto writer = store::Writer::open({.folder = corpus_folder(folder_, "test")}, {.who = "test"});
    EXPECT_TRUE(writer.ok()) << writer.status().message();
    CorpusAdd add;
    add.writer = writer->get();
    std::optional<TextEmbedder> embedder;
    if (!model_.empty()) {
      auto opened = TextEmbedder::open(*engine_, {.model = fixture_model(model_)});
      EXPECT_TRUE(opened.ok()) << opened.status().message();
      embedder.emplace(std::move(*opened));
      auto space = space_of(*embedder, fixture_model(model_));
      EXPECT_TRUE(space.ok());
      auto id = (*writer)->add_space(*space);
      EXPECT_TRUE(id.ok()) << id.status().message();
      add.embedder = &*embedder;
      add.space = *id;
    }
    add.next = [&](const IsKnownInput& is_known) -> Result<std::optional<ReadSource>> {
      return next(is_known);
    };
    add.on_problem = [&](const std::string& where, const Status& problem) {
      problems_.push_back(where + ": " + problem.message());
    };
    add.is_stopped = is_stopped_;
    auto report = add_to_corpus(add);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? std::move(*report) : CorpusAddReport();
  }

  std::unique_ptr<store::Store> open_test_corpus() {
    auto store = open_corpus(folder_, "test");
    EXPECT_TRUE(store.ok()) << store.status().message();
    return store.ok() ? std::move(*store) : nullptr;
  }

  std::string model_;  // "": no vectors.
  std::vector<std::string> problems_;
  std::function<bool()> is_stopped_ = {};
};

}  // namespace quern::apps
