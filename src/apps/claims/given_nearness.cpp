#include "apps/claims/given_nearness.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "apps/text_windows.h"

namespace quern::apps {
namespace {

// Sentences of claims that share a request: more would hold many vectors at once and gain nothing.
constexpr std::size_t kSentencesTogether = 512;

double cosine_of(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    dot += double{a[i]} * double{b[i]};
    aa += double{a[i]} * double{a[i]};
    bb += double{b[i]} * double{b[i]};
  }
  return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
}

/// Texts of one request, each as its windows.
class TextVectors {
 public:
  TextVectors(const TextEmbedder& embedder, engine::Request request, engine::WorkClass work_class)
      : engine_(embedder.engine()), request_(std::move(request)) {
    request_.work_class = work_class;
  }

  /// Returns its place among them.
  std::size_t add(std::span<const std::string_view> windows) {
    for (const std::string_view window : windows) {
      request_.inputs.emplace_back();
      request_.inputs.back().text = window;
    }
    n_windows_.push_back(windows.size());
    return n_windows_.size() - 1;
  }

  Status run() {
    if (request_.inputs.empty()) return {};
    response_ = engine_.run(std::move(request_));
    QUERN_TRY(response_.status);
    std::size_t at = 0;
    for (const std::size_t n : n_windows_) {
      vectors_.push_back(mean_of(at, n));
      at += n;
    }
    return {};
  }

  /// What is wrong with one text is its own error.
  const Result<std::vector<float>>& vector(std::size_t place) const { return vectors_[place]; }

 private:
  Result<std::vector<float>> mean_of(std::size_t begin, std::size_t n) {
    WindowMean mean;
    for (std::size_t i = begin; i < begin + n; ++i) {
      QUERN_TRY(response_.outcomes[i].status);
      mean.add(std::move(response_.outcomes[i].values));
    }
    return mean.take();
  }

  engine::Engine& engine_;
  engine::Request request_;
  engine::Response response_;
  std::vector<std::size_t> n_windows_;
  std::vector<Result<std::vector<float>>> vectors_;
};

/// Where the texts of a claim are among those of a request.
struct Places {
  std::size_t claim = 0;
  std::vector<std::size_t> sentences = {};
  std::vector<std::size_t> passages = {};  // [sentences] Of the passage that each is in.
};

/// Claims whose texts go together.
class Group {
 public:
  Group(const TextEmbedder& embedder, engine::WorkClass work_class)
      : embedder_(embedder),
        queries_(embedder, embedder.query_request(), work_class),
        texts_(embedder, embedder.text_request(), work_class) {}

  Status add(const GivenForClaim& given) {
    Places places;
    QUERN_ASSIGN(const auto query, embedder_.query_windows(given.claim));
    places.claim = queries_.add(query);
    for (const EvidenceSentence* sentence : given.sentences) {
      QUERN_ASSIGN(places.sentences.emplace_back(), add_text(sentence->text));
    }
    for (std::size_t i = 0; i < given.sentences.size();) {
      const std::string& source = given.sentences[i]->source.key;
      std::string passage;
      std::size_t end = i;
      for (; end < given.sentences.size() && given.sentences[end]->source.key == source; ++end) {
        passage += (end > i ? " " : "") + given.sentences[end]->text;
      }
      QUERN_ASSIGN(const std::size_t place, add_text(passage));
      places.passages.insert(places.passages.end(), end - i, place);
      i = end;
    }
    places_.push_back(std::move(places));
    return {};
  }

  Status run() {
    QUERN_TRY(queries_.run());
    return texts_.run();
  }

  /// Of the i-th that was added.
  Status write(std::size_t i, const GivenForClaim& given) const {
    const Places& places = places_[i];
    const Result<std::vector<float>>& wanted = queries_.vector(places.claim);
    QUERN_TRY(wanted.status());
    for (std::size_t k = 0; k < given.sentences.size(); ++k) {
      const Result<std::vector<float>>& sentence = texts_.vector(places.sentences[k]);
      const Result<std::vector<float>>& passage = texts_.vector(places.passages[k]);
      QUERN_TRY(sentence.status());
      QUERN_TRY(passage.status());
      given.sentences[k]->nearness.cosine = cosine_of(*wanted, *sentence);
      given.sentences[k]->nearness.passage_cosine = cosine_of(*wanted, *passage);
    }
    return {};
  }

 private:
  Result<std::size_t> add_text(const std::string& text) {
    QUERN_ASSIGN(const auto windows, embedder_.windows(text));
    return texts_.add(windows);
  }

  const TextEmbedder& embedder_;
  TextVectors queries_;
  TextVectors texts_;
  std::vector<Places> places_;
};

Status measure_group(std::span<GivenForClaim> claims, const TextEmbedder& embedder,
                     engine::WorkClass work_class) {
  Group group(embedder, work_class);
  std::vector<GivenForClaim*> added;
  for (GivenForClaim& given : claims) {
    given.status = group.add(given);
    if (given.status.ok()) added.push_back(&given);
  }
  QUERN_TRY(group.run());
  for (std::size_t i = 0; i < added.size(); ++i) added[i]->status = group.write(i, *added[i]);
  return {};
}

}  // namespace

Status measure_given(std::span<GivenForClaim> claims, const TextEmbedder& embedder,
                     engine::WorkClass work_class, const std::function<bool()>& is_stopped) {
  for (std::size_t begin = 0; begin < claims.size();) {
    if (is_stopped && is_stopped()) return {Code::kCancelled, "interrupted"};
    std::size_t end = begin;
    for (std::size_t n = 0; end < claims.size() && n < kSentencesTogether; ++end) {
      n += claims[end].sentences.size();
    }
    QUERN_TRY(measure_group(claims.subspan(begin, end - begin), embedder, work_class));
    begin = end;
  }
  return {};
}

}  // namespace quern::apps
