// A library of papers in memory, for tests of what is served from one: searches find what has the
// question's words in its title, one after the other.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "apps/papers/paper_library.h"

namespace quern::serve {

class FakePaperLibrary : public apps::PaperLibrary {
 public:
  std::vector<apps::KnownPaper> all = {};
  std::map<std::int64_t, std::vector<apps::PaperLink>> citing = {};
  std::map<std::int64_t, std::vector<apps::PaperLink>> cited = {};
  std::vector<apps::KnownAuthor> people = {};
  std::vector<apps::PaperSnippet> passages = {};
  Status broken = {};  // What searches say instead.

  // What was asked last.
  apps::PaperAsk asked = {};
  apps::BulkAsk bulk_asked = {};
  std::vector<std::int64_t> liked = {}, unliked = {};

  void add(apps::Paper paper) {
    if (paper.ids.corpus_id == 0) {
      paper.ids.corpus_id = static_cast<std::int64_t>(all.size()) + 1;
    }
    if (paper.ids.paper_id.empty()) {
      paper.ids.paper_id = std::string(39, '0') + std::to_string(paper.ids.corpus_id % 10);
    }
    all.push_back({.paper = std::move(paper)});
  }

  Result<std::optional<std::int64_t>> find(std::string_view name) override {
    const auto is_it = [&](const apps::KnownPaper& known) {
      const apps::PaperIds& ids = known.paper.ids;
      return name == ids.paper_id || name == "CorpusId:" + std::to_string(ids.corpus_id) ||
             (!ids.doi.empty() && name == "DOI:" + ids.doi) ||
             (!ids.arxiv.empty() &&
              (name == "URL:https://arxiv.org/abs/" + ids.arxiv || name == "ARXIV:" + ids.arxiv));
    };
    const auto found = std::ranges::find_if(all, is_it);
    if (found != all.end()) return std::optional(found->paper.ids.corpus_id);
    if (name.find(':') == name.npos && name.size() != 40) {
      return {Code::kBadInput, "no form of an id"};
    }
    return std::optional<std::int64_t>();
  }

  Result<std::vector<std::optional<apps::KnownPaper>>> papers(
      std::span<const std::int64_t> corpus_ids) override {
    std::vector<std::optional<apps::KnownPaper>> out;
    for (const std::int64_t id : corpus_ids) {
      out.emplace_back();
      for (const apps::KnownPaper& known : all) {
        if (known.paper.ids.corpus_id == id) out.back() = known;
      }
    }
    return out;
  }

  Result<apps::LinkPage> citations(std::int64_t id, std::uint64_t offset, std::uint32_t n,
                                   const std::optional<apps::DayRange>&) override {
    return page_of(citing[id], offset, n);
  }
  Result<apps::LinkPage> references(std::int64_t id, std::uint64_t offset,
                                    std::uint32_t n) override {
    return page_of(cited[id], offset, n);
  }

  Result<std::vector<std::optional<apps::KnownAuthor>>> authors(
      std::span<const std::string> ids) override {
    std::vector<std::optional<apps::KnownAuthor>> out;
    for (const std::string& id : ids) {
      out.emplace_back();
      for (const apps::KnownAuthor& author : people) {
        if (author.id == id) out.back() = author;
      }
    }
    return out;
  }
  Result<apps::AuthorPage> search_authors(std::string_view text, std::uint64_t offset,
                                          std::uint32_t n) override {
    apps::AuthorPage out;
    for (const apps::KnownAuthor& author : people) {
      if (author.name.find(text) == author.name.npos) continue;
      if (out.total++ >= offset && out.authors.size() < n) out.authors.push_back(author);
    }
    return out;
  }
  Result<std::vector<std::int64_t>> papers_of_author(const std::string& id) override {
    std::vector<std::int64_t> out;
    for (const apps::KnownPaper& known : all) {
      for (const apps::PaperAuthor& author : known.paper.authors) {
        if (author.id == id) out.push_back(known.paper.ids.corpus_id);
      }
    }
    return out;
  }

  Result<apps::PaperHits> search(const apps::PaperAsk& ask) override {
    if (!broken.ok()) return broken;
    asked = ask;
    apps::PaperHits out;
    const std::vector<std::int64_t> found = titled(ask.text);
    out.total = std::min<std::uint64_t>(found.size(), 1000);
    for (std::size_t i = ask.offset; i < out.total && out.hits.size() < ask.n_wanted; ++i) {
      out.hits.push_back({.corpus_id = found[i], .score = 1.0 / static_cast<double>(i + 1)});
    }
    return out;
  }
  Result<apps::SnippetHits> snippets(const apps::PaperAsk& ask) override {
    asked = ask;
    return apps::SnippetHits{.snippets = passages};
  }
  Result<apps::BulkPage> bulk(const apps::BulkAsk& ask) override {
    if (ask.query == "(") return {Code::kBadInput, "query, byte 1: a '(' is not closed"};
    bulk_asked = ask;
    const std::vector<std::int64_t> found = titled(ask.query);
    apps::BulkPage out = {.total = found.size()};
    for (std::size_t i = ask.offset; i < found.size() && out.corpus_ids.size() < ask.n_wanted;
         ++i) {
      out.corpus_ids.push_back(found[i]);
    }
    return out;
  }
  Result<std::optional<apps::TitleMatch>> match(std::string_view title,
                                                const apps::PaperFilter&) override {
    const std::vector<std::int64_t> found = titled(title);
    if (found.empty()) return std::optional<apps::TitleMatch>();
    return std::optional(apps::TitleMatch{.corpus_id = found[0], .score = 97.5});
  }
  Result<std::vector<apps::TitleCompletion>> complete(std::string_view text,
                                                      std::size_t n) override {
    std::vector<apps::TitleCompletion> out;
    typed = text;
    for (const std::int64_t id : titled(text)) {
      if (out.size() < n) {
        out.push_back({.corpus_id = id, .title = "a title", .authors_year = "Who, 2017"});
      }
    }
    return out;
  }
  Result<std::vector<std::int64_t>> alike(std::span<const std::int64_t> like,
                                          std::span<const std::int64_t> unlike,
                                          std::size_t n) override {
    liked.assign(like.begin(), like.end());
    unliked.assign(unlike.begin(), unlike.end());
    std::vector<std::int64_t> out = titled("");
    out.resize(std::min(out.size(), n));
    return out;
  }
  Result<std::vector<float>> vector_of(std::int64_t) override {
    return std::vector<float>{0.5F, -1};
  }
  Result<std::string> text_of(std::int64_t) override { return std::string("text"); }
  Result<apps::LibraryCounts> counts() override { return apps::LibraryCounts{.model = "minilm"}; }

  std::string typed = {};  // What complete() was asked.

 private:
  static apps::LinkPage page_of(const std::vector<apps::PaperLink>& links, std::uint64_t offset,
                                std::uint32_t n) {
    apps::LinkPage out;
    for (std::size_t i = offset; i < links.size() && out.links.size() < n; ++i) {
      out.links.push_back(links[i]);
    }
    out.has_more = offset + out.links.size() < links.size();
    return out;
  }
  std::vector<std::int64_t> titled(std::string_view text) const {
    std::vector<std::int64_t> out;
    for (const apps::KnownPaper& known : all) {
      const std::string& title = known.paper.title;
      if (title.find(text) != title.npos) out.push_back(known.paper.ids.corpus_id);
    }
    return out;
  }
};

}  // namespace quern::serve
