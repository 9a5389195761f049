// Libraries of a few papers, for tests.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "apps/papers/paper_adding.h"
#include "apps/papers/paper_library.h"
#include "apps/store_model.h"
#include "apps/test_engine.h"
#include "base/thread_pool.h"
#include "store/writer.h"

namespace quern::apps {

inline Paper attention_paper() {
  Paper paper;
  paper.ids.arxiv = "1706.03762";
  paper.title = "Attention Is All You Need";
  paper.abstract = "We propose the Transformer. It is based solely on attention mechanisms.";
  paper.authors = {{.name = "Ashish Vaswani"}, {.name = "Noam Shazeer"}};
  paper.year = 2017;
  paper.date = "2017-06-12";
  paper.venue = "NIPS";
  paper.fields_of_study = {"Computer Science"};
  paper.sections = {
      {.heading = "Introduction", .number = "1", .text = "Recurrent networks are slow to train."},
      {.heading = "Results", .number = "2", .text = "Our model reaches 28.4 BLEU. It is fast."}};
  return paper;
}

inline Paper tagger_paper() {
  Paper paper;
  paper.ids.acl = "A00-1031";
  paper.ids.doi = "10.3115/974147.974178";
  paper.title = "TnT - A Statistical Part-Of-Speech Tagger";
  paper.abstract = "Trigrams'n'Tags is an efficient statistical part-of-speech tagger.";
  paper.authors = {{.name = "Thorsten Brants"}};
  paper.year = 2000;
  paper.venue = "ANLP";
  paper.n_citations = 1700;
  paper.is_open_access = true;
  return paper;
}

class PapersTest : public EngineTest {
 protected:
  std::string library_folder() const { return path("library"); }

  PaperAddReport add(std::vector<ReadPaper> records) {
    EXPECT_TRUE(ensure_library(library_folder()).ok());
    auto writer = store::Writer::open({.folder = library_folder()}, {.who = "test"});
    EXPECT_TRUE(writer.ok()) << writer.status().message();
    PaperAdd wanted;
    wanted.writer = writer->get();
    std::optional<TextEmbedder> embedder;
    if (!model_.empty()) {
      auto opened = TextEmbedder::open(*engine_, {.model = fixture_model(model_)});
      EXPECT_TRUE(opened.ok()) << opened.status().message();
      embedder.emplace(std::move(*opened));
      auto space = space_of(*embedder, fixture_model(model_));
      EXPECT_TRUE(space.ok());
      auto id = (*writer)->add_space(*space);
      EXPECT_TRUE(id.ok()) << id.status().message();
      wanted.embedder = &*embedder;
      wanted.space = *id;
    }
    std::size_t i = 0;
    wanted.next = [&](const IsKnownPaper& is_known) -> Result<std::optional<ReadPaper>> {
      if (i == records.size()) return std::optional<ReadPaper>();
      ReadPaper& record = records[i++];
      if (is_known(record.origin, record.input)) record.is_known = true;
      return std::optional(std::move(record));
    };
    wanted.on_problem = [&](const std::string& where, const Status& problem) {
      problems_.push_back(where + ": " + problem.message());
    };
    wanted.is_stopped = is_stopped_;
    auto report = add_papers(wanted);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? std::move(*report) : PaperAddReport();
  }

  PaperAddReport add_paper(Paper paper, const std::string& origin) {
    std::vector<ReadPaper> records(1);
    records[0].paper = std::move(paper);
    records[0].origin = origin;
    return add(std::move(records));
  }

  std::unique_ptr<PaperLibrary> open_library() {
    auto library = PaperLibrary::open({.folder = library_folder(),
                                       .pool = &pool_,
                                       .engine = model_.empty() ? nullptr : engine_.get()});
    EXPECT_TRUE(library.ok()) << library.status().message();
    return library.ok() ? std::move(*library) : nullptr;
  }

  std::string model_ = {};  // "": no vectors.
  std::vector<std::string> problems_ = {};
  std::function<bool()> is_stopped_ = {};
  ThreadPool pool_{2};
};

}  // namespace quern::apps
