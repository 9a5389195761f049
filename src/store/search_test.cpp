#include "store/search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return dot / std::sqrt(aa * bb);
}

class search : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create_with_vectors();
  }

  /// Many segments, documents replaced and erased, a third of them without a vector.
  void fill() {
    auto out = open_writer();
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 60; ++i) put(*out, "k" + std::to_string((i * 7 + round * 31) % 200), i);
      for (int i = 0; i < 9; ++i) erase(*out, "k" + std::to_string((i * 13 + round) % 200));
      commit(*out);
    }
  }

  SearchResult find(const Query& query) {
    auto searcher = Searcher::create(fixture_schema(), pool_);
    EXPECT_TRUE(searcher.ok());
    auto result = searcher->search(*snapshot(), query);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? std::move(*result) : SearchResult();
  }

  Status refusal(const Query& query) {
    return Searcher::create(fixture_schema(), pool_)->search(*snapshot(), query).status();
  }

  std::optional<Filter> filter(const std::string& text) {
    auto out = parse_filter(text, fixture_schema().attributes);
    EXPECT_TRUE(out.ok());
    return *out;
  }

  ThreadPool pool_{2};
};

/// Everything of an answer that must not depend on how documents lie.
std::string shown(const SearchResult& result) {
  std::string out = std::string(mode_name(result.answered)) + " " + result.why_empty + "\n";
  for (const SearchHit& hit : result.hits) {
    out += fmt::format("{} {} {} {} {} {} {}\n", hit.hit.key, hit.hit.score, hit.hit.stored,
                       hit.sides.lexical.value_or(-9), hit.sides.dense.value_or(-9),
                       hit.sides.lexical_rank, hit.sides.dense_rank);
  }
  return out;
}

}  // namespace

TEST_F(search, the_nearest_are_those_of_all_products) {
  fill();
  for (const char* expression : {"", "year >= 2005", "lang = \"cpp\" and not draft = true"}) {
    const std::vector<float> vector = fixture_vector(std::string("query") + expression);
    Query query{.vector = vector, .mode = Mode::kDense, .n_wanted = 12};
    if (*expression != '\0') query.filter = filter(expression);
    std::vector<std::pair<double, std::string>> want;
    for (const auto& [key, document] : model_) {
      if (document.vector.empty()) continue;
      const auto has = [&](auto&& is) {
        return std::any_of(document.attributes.begin(), document.attributes.end(), is);
      };
      const bool fits =
          *expression == '\0' ||
          (*expression == 'y'
               ? has([](const auto& v) { return v.i_attribute == 0 && v.number >= 2005; })
               : has([](const auto& v) { return v.text == "cpp"; }) &&
                     !has([](const auto& v) { return v.i_attribute == 2 && v.number == 1; }));
      if (fits) want.emplace_back(-cosine(vector, document.vector), key);
    }
    std::sort(want.begin(), want.end());
    const SearchResult found = find(query);
    ASSERT_EQ(found.hits.size(), std::min<std::size_t>(12, want.size())) << expression;
    for (std::size_t i = 0; i < found.hits.size(); ++i) {
      EXPECT_NEAR(found.hits[i].hit.score, -want[i].first, 2e-5) << i;
      EXPECT_EQ(found.hits[i].hit.key, want[i].second) << i;
      EXPECT_EQ(found.hits[i].sides.dense_rank, static_cast<int>(i) + 1);
    }
  }
}

TEST_F(search, a_hit_has_its_attributes_where_they_are_wanted) {
  fill();
  for (const Mode mode : {Mode::kLexical, Mode::kDense, Mode::kHybrid}) {
    Query query = {.text = "cats zebra", .vector = fixture_vector("q"), .mode = mode};
    query.gives_attributes = true;
    const SearchResult result = find(query);
    ASSERT_FALSE(result.hits.empty());
    for (const SearchHit& hit : result.hits) {
      EXPECT_EQ(hit.attributes, model_.at(hit.hit.key).attributes) << hit.hit.key;
    }
    query.gives_attributes = false;
    EXPECT_TRUE(find(query).hits[0].attributes.empty());
  }
}

TEST_F(search, equals_go_by_their_keys_wherever_they_lie) {
  auto out = open_writer();
  for (int i = 0; i < 300; ++i) {
    Document document = fixture_document("k" + std::to_string(i * 37 % 300), 1);
    document.vector =
        i % 50 == 7 ? std::vector<float>{1, 2, 3, 4, 4} : std::vector<float>{1, 2, 3, 4, 5};
    ASSERT_TRUE(out->put(document).ok());
    if (i % 40 == 0) commit(*out);
  }
  commit(*out);
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) {
    if (i % 50 != 7) keys.push_back("k" + std::to_string(i * 37 % 300));
  }
  std::sort(keys.begin(), keys.end());
  const SearchResult found =
      find({.vector = {2, 4, 6, 8, 10}, .mode = Mode::kDense, .n_wanted = 40});
  ASSERT_EQ(found.hits.size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(found.hits[i].hit.key, keys[i]);
}

TEST_F(search, answers_do_not_depend_on_segments) {
  fill();
  std::vector<Query> queries;
  for (int i = 0; i < 24; ++i) {
    static const char* const kTexts[] = {"cats", "protein zebra", "the cell", "running cells a"};
    Query query{.text = kTexts[i % 4],
                .vector = fixture_vector("q" + std::to_string(i)),
                .mode = static_cast<Mode>(i % 3),
                .n_wanted = static_cast<std::uint32_t>(1 + i),
                .window = static_cast<std::uint32_t>(i % 2 == 0 ? 30 : 200)};
    query.fusion.spec.kind = static_cast<FusionKind>(i / 3 % 4);
    if (i % 5 == 0) query.filter = filter("year < 2010");
    queries.push_back(query);
  }
  std::vector<std::string> before;
  for (const Query& query : queries) before.push_back(shown(find(query)));
  ASSERT_TRUE(open_writer()->compact(pace_).ok());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    EXPECT_EQ(shown(find(queries[i])), before[i]) << i;
    EXPECT_THAT(before[i], HasSubstr("k")) << i;
  }
}

TEST_F(search, a_fused_score_is_what_its_formula_says) {
  fill();
  const std::vector<float> vector = fixture_vector("question");
  Query query{.text = "protein cats", .vector = vector, .n_wanted = 500, .window = 400};
  query.fusion.spec.alpha = 0.3;
  const SearchResult fused = find(query);
  EXPECT_EQ(fused.answered, Mode::kHybrid);
  query.mode = Mode::kLexical;
  std::map<std::string, double> lexical;
  for (const SearchHit& hit : find(query).hits) lexical[hit.hit.key] = *hit.sides.lexical;
  double most = 0, low = 2, high = -2;
  for (const auto& [key, score] : lexical) most = std::max(most, score);
  std::map<std::string, double> dense;
  for (const auto& [key, document] : model_) {
    if (!document.vector.empty()) dense[key] = cosine(vector, document.vector);
  }
  for (const auto& [key, score] : dense) {
    low = std::min(low, score);
    high = std::max(high, score);
  }
  ASSERT_EQ(fused.hits.size(), [&] {
    std::size_t n = dense.size();
    for (const auto& [key, score] : lexical) n += dense.contains(key) ? 0 : 1;
    return n;
  }());
  for (const SearchHit& hit : fused.hits) {
    const double words = lexical.contains(hit.hit.key) ? lexical[hit.hit.key] : 0;
    const double near = dense.contains(hit.hit.key) ? dense[hit.hit.key] : low;
    EXPECT_NEAR(hit.hit.score, 0.7 * words / most + 0.3 * (near - low) / (high - low), 1e-4);
    EXPECT_EQ(hit.sides.dense.has_value(), dense.contains(hit.hit.key));
    EXPECT_EQ(*hit.sides.lexical, words);
  }
}

TEST_F(search, a_side_with_nothing_to_say_leaves_and_says_why) {
  fill();
  const std::vector<float> vector = fixture_vector("question");
  SearchResult result = find({.text = "protein"});
  EXPECT_EQ(result.answered, Mode::kLexical);
  EXPECT_EQ(result.why_one_side, "the question has no vector");
  EXPECT_FALSE(result.hits.empty());
  result = find({.text = "", .vector = vector});
  EXPECT_EQ(result.answered, Mode::kDense);
  EXPECT_THAT(result.why_one_side, HasSubstr("no words to look for"));
  EXPECT_FALSE(result.hits.empty());
  EXPECT_GT(result.n_without_vector, 0u);

  EXPECT_THAT(refusal({.text = "x", .vector = {1, 2}}).message(),
              HasSubstr("the question's vector: the vector has 2 values, want 5"));
  EXPECT_THAT(refusal({.text = "x", .mode = Mode::kDense}).message(),
              HasSubstr("the question has no vector"));
  EXPECT_EQ(mode_from_name("semantic").status().code(), Code::kBadInput);

  place_.folder = path("fresh");
  create_with_vectors();
  EXPECT_EQ(find({.text = "x", .vector = vector}).why_empty, "the store is empty");
  {
    auto out = open_writer();
    put(*out, "a", 3);
    commit(*out);
  }
  result = find({.text = "zzz", .vector = vector});
  EXPECT_EQ(result.why_one_side, "none of the 1 documents has a vector yet");
  EXPECT_THAT(result.why_empty, HasSubstr("'zzz'"));
  EXPECT_THAT(find({.vector = vector, .mode = Mode::kDense}).why_empty,
              HasSubstr("none of the 1 documents has a vector yet"));
  EXPECT_THAT(find({.text = "zzz", .vector = vector, .filter = filter("year = 1")}).why_empty,
              HasSubstr("the filter allows none of the 1 documents"));
  place_.folder = path("plain");
  create();
  EXPECT_THAT(refusal({.vector = vector, .mode = Mode::kDense}).message(),
              HasSubstr("the store has no vectors"));
}

TEST_F(search, what_the_question_excludes_is_not_found_by_its_vector) {
  fill();
  const std::vector<float> vector = fixture_vector("question");
  Query query{.text = "cats -protein",
              .syntax = QuerySyntax::kOperators,
              .vector = vector,
              .n_wanted = 300,
              .window = 300};
  const SearchResult result = find(query);
  Query with{.text = "protein", .mode = Mode::kLexical, .n_wanted = 300};
  std::map<std::string, bool> excluded;
  for (const SearchHit& hit : find(with).hits) excluded[hit.hit.key] = true;
  ASSERT_FALSE(excluded.empty());
  ASSERT_FALSE(result.hits.empty());
  bool found_by_vector_alone = false;
  for (const SearchHit& hit : result.hits) {
    EXPECT_FALSE(excluded.contains(hit.hit.key)) << hit.hit.key;
    found_by_vector_alone = found_by_vector_alone || hit.sides.lexical_rank == 0;
  }
  EXPECT_TRUE(found_by_vector_alone);
}

TEST_F(search, terms_of_an_explanation_sum_up) {
  fill();
  const SearchResult result = find({.text = "protein cats cell",
                                    .vector = fixture_vector("question"),
                                    .n_wanted = 30,
                                    .is_explained = true});
  ASSERT_FALSE(result.hits.empty());
  std::size_t n_terms = 0;
  for (const SearchHit& hit : result.hits) {
    double sum = 0;
    for (const TermScore& term : hit.sides.terms) {
      sum += term.score;
      EXPECT_TRUE(term.field == "title" || term.field == "text");
    }
    EXPECT_EQ(sum, *hit.sides.lexical);
    n_terms += hit.sides.terms.size();
  }
  EXPECT_GT(n_terms, result.hits.size());
}

TEST_F(search, candidates_carry_the_signals_of_a_fit) {
  fill();
  auto searcher = Searcher::create(fixture_schema(), pool_);
  const Query query{.text = "protein cats", .vector = fixture_vector("question"), .window = 20};
  const auto found = searcher->candidates(*snapshot(), query);
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_GT(found->query.best_lexical, 0);
  EXPECT_GE(found->keys.size(), 20u);
  bool has_length = false, has_share = false;
  for (const Scored& scored : found->query.candidates) {
    EXPECT_LT(scored.lexical, found->query.best_lexical);
    has_length = has_length || scored.log_length > 0;
    has_share = has_share || scored.idf_share > 0;
  }
  EXPECT_TRUE(has_length && has_share);
  EXPECT_TRUE(std::is_sorted(found->keys.begin(), found->keys.end()));
  // Without a word to look for, the vector alone has candidates.
  const auto wordless = searcher->candidates(*snapshot(), {.vector = query.vector, .window = 20});
  ASSERT_TRUE(wordless.ok()) << wordless.status().message();
  EXPECT_EQ(wordless->keys.size(), 20u);
  EXPECT_EQ(wordless->query.best_lexical, 0);
  EXPECT_EQ(searcher->candidates(*snapshot(), {.text = "x"}).status().code(), Code::kBadInput);
}

// Factors that lie far from what opening reads.
TEST_F(search, damaged_vectors_are_named_and_the_rest_answers) {
  {
    auto out = open_writer();
    for (int i = 0; i < 3000; ++i) put(*out, std::to_string(i), 1);
    commit(*out);
    put(*out, "small", 1);
    commit(*out);
  }
  const std::string name = snapshot()->segments()[0].row.parts[0].file;
  std::string bytes = read(path("store/seg/" + name));
  // Behind both planes of 3,000 rows.
  const std::size_t in_scales = 2 * 3000 * 64 + 4000;
  bytes[in_scales] = static_cast<char>(bytes[in_scales] ^ 4);
  write(path("store/seg/" + name), bytes);
  const SearchResult result =
      find({.text = "cats", .vector = fixture_vector("q"), .n_wanted = 4000, .window = 4000});
  ASSERT_EQ(result.damaged.size(), 1u);
  EXPECT_THAT(result.damaged[0], HasSubstr(name));
  EXPECT_EQ(result.answered, Mode::kHybrid);
  EXPECT_EQ(result.n_without_vector, 3000u);
  EXPECT_GT(result.hits.size(), 100u);  // By their words.
  bool has_small = false;
  for (const SearchHit& hit : result.hits) has_small = has_small || hit.hit.key == "small";
  EXPECT_TRUE(has_small);
}

TEST_F(search, says_whether_a_graph_was_walked_and_an_exact_one_walks_none) {
  fill();
  graph_from_ = 50;
  ASSERT_TRUE(open_writer()->compact(pace_).ok());
  Query query{.text = "", .vector = fixture_vector("a question"), .mode = Mode::kDense};
  const SearchResult by_plan = find(query);
  EXPECT_FALSE(by_plan.is_approximate);  // So few are scanned.
  query.exactness = Exactness::kGraph;
  const SearchResult walked = find(query);
  EXPECT_TRUE(walked.is_approximate);
  ASSERT_EQ(walked.dense_ways.size(), 1u);
  EXPECT_EQ(walked.dense_ways[0].way, SearchWay::kGraph);
  EXPECT_GT(walked.dense_ways[0].n_visits, 0u);
  query.exactness = Exactness::kExact;
  const SearchResult exact = find(query);
  EXPECT_FALSE(exact.is_approximate);
  EXPECT_EQ(exact.dense_ways[0].way, SearchWay::kScan);
  ASSERT_EQ(exact.hits.size(), by_plan.hits.size());
  for (std::size_t i = 0; i < exact.hits.size(); ++i) {
    EXPECT_EQ(exact.hits[i].hit.key, by_plan.hits[i].hit.key);
  }
}

}  // namespace quern::store
