#include "apps/papers/boolean_query.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "apps/papers/boolean_terms.h"
#include "base/edit_distance.h"
#include "base/test_folder.h"
#include "store/store.h"
#include "store/writer.h"
#include "text/analysis/analyzer.h"

namespace quern::apps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A tree as text: (and a b), (or ..), (not ..), "phrase"~1, begin*, word~2.
std::string said(const BooleanQuery& query) {
  const auto list = [&](std::string_view name) {
    std::string out = "(" + std::string(name);
    for (const BooleanQuery& part : query.parts) out += " " + said(part);
    return out + ")";
  };
  switch (query.op) {
    case BooleanOp::kAnd:
      return list("and");
    case BooleanOp::kOr:
      return list("or");
    case BooleanOp::kNot:
      return list("not");
    case BooleanOp::kWord:
      return query.text;
    case BooleanOp::kPrefix:
      return query.text + "*";
    case BooleanOp::kFuzzy:
      return query.text + "~" + std::to_string(query.distance);
    case BooleanOp::kPhrase:
      return "\"" + query.text + "\"~" + std::to_string(query.distance);
  }
  return "?";
}

std::string parsed(std::string_view text) {
  const auto query = parse_boolean_query(text);
  return query.ok() ? said(*query) : code_name(query.status().code());
}

struct PlacedTerm {
  std::string text;
  std::uint32_t position = 0;
};
using Terms = std::vector<PlacedTerm>;

Terms terms_of(std::string_view text) {
  Terms out;
  text::Analyzer("english").analyze(text, [&](const text::Term& term) {
    out.push_back({std::string(term.text), term.position});
  });
  return out;
}

bool has_term(const Terms& terms, std::string_view term) {
  return std::ranges::find(terms, term, &PlacedTerm::text) != terms.end();
}

/// The plain meaning of a phrase: some places of its words, each at most `slop` out of step.
bool has_phrase(const Terms& text, const Terms& phrase, int slop, std::size_t i, std::int64_t low,
                std::int64_t high) {
  if (i == phrase.size()) return true;
  for (const PlacedTerm& term : text) {
    if (term.text != phrase[i].text) continue;
    const std::int64_t at = std::int64_t{term.position} - phrase[i].position;
    const std::int64_t first = i == 0 ? at : std::min(low, at);
    const std::int64_t last = i == 0 ? at : std::max(high, at);
    if (last - first <= slop && has_phrase(text, phrase, slop, i + 1, first, last)) return true;
  }
  return false;
}

/// The plain meaning of a query: whether one text matches; nothing where no word of it has a term.
std::optional<bool> matches(const BooleanQuery& query, const Terms& text) {
  const Terms words = terms_of(query.text);
  std::optional<bool> out;
  switch (query.op) {
    case BooleanOp::kAnd:
    case BooleanOp::kOr:
    case BooleanOp::kNot:
      for (const BooleanQuery& part : query.parts) {
        const auto one = matches(part, text);
        if (!one) continue;
        const bool so_far = out.value_or(query.op != BooleanOp::kOr);
        out = query.op == BooleanOp::kOr ? so_far || *one : so_far && *one;
      }
      return query.op == BooleanOp::kNot && out ? !*out : out;
    case BooleanOp::kPrefix:
      return has_term(text, words.empty() ? query.text : words[0].text) ||
             std::ranges::any_of(
                 text, [&](const PlacedTerm& t) { return t.text.starts_with(query.text); });
    case BooleanOp::kFuzzy:
      if (words.empty()) return {};
      return std::ranges::any_of(text, [&](const PlacedTerm& t) {
        return is_within_edits(t.text, words[0].text, query.distance);
      });
    case BooleanOp::kWord:
    case BooleanOp::kPhrase:
      if (words.empty()) return {};
      return has_phrase(text, words, query.distance, 0, 0, 0);
  }
  return {};
}

class boolean_query : public FolderTest {
 protected:
  /// Texts "0", "1", ... in several segments, one of which is replaced later.
  void SetUp() override {
    FolderTest::SetUp();
    place_.folder = path("store");
    ASSERT_TRUE(store::create_store(place_,
                                    {.fields = {{.name = "other", .analyzer = "simple"},
                                                {.name = "paper", .analyzer = "english"}}},
                                    "a test")
                    .ok());
  }
  void write(const std::vector<std::string>& texts, std::size_t n_in_segment) {
    auto writer = store::Writer::open(place_, {.who = "a test"});
    ASSERT_TRUE(writer.ok());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      ASSERT_TRUE((*writer)
                      ->put({.key = "d" + std::to_string(i),
                             .fields = {"everywhere", texts[i]},
                             .stored = ""})
                      .ok());
      if ((i + 1) % n_in_segment != 0) continue;
      ASSERT_TRUE((*writer)->commit().ok());
    }
    ASSERT_TRUE((*writer)->commit().ok());
    texts_ = texts;
    store_ = std::move(*store::Store::open(place_));
    snapshot_ = *store_->snapshot();
  }
  void erase(std::size_t i) {
    auto writer = store::Writer::open(place_, {.who = "a test"});
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->erase("d" + std::to_string(i)).ok());
    ASSERT_TRUE((*writer)->commit().ok());
    snapshot_ = *store_->snapshot();
  }

  Result<std::set<std::size_t>> find(std::string_view text) {
    QUERN_ASSIGN(const BooleanQuery query, parse_boolean_query(text));
    return find(query);
  }
  Result<std::set<std::size_t>> find(const BooleanQuery& query) {
    QUERN_ASSIGN(const auto found, match_boolean_query(query, *snapshot_, {.index = 1}));
    std::set<std::size_t> out;
    for (std::size_t i = 0; i < found.size(); ++i) {
      QUERN_ASSIGN(const store::KeyColumn* keys, snapshot_->segments()[i].segment->keys());
      found[i].for_each([&](std::uint32_t doc) {
        out.insert(static_cast<std::size_t>(std::stoul(keys->key(doc)->bytes.substr(1))));
      });
    }
    return out;
  }
  std::vector<std::size_t> found(std::string_view text) {
    const auto out = find(text);
    EXPECT_TRUE(out.ok()) << out.status().message();
    return {out->begin(), out->end()};
  }

  store::StorePlace place_;
  std::vector<std::string> texts_;
  std::unique_ptr<store::Store> store_;
  store::Snapshot snapshot_;
};

}  // namespace

TEST_F(boolean_query, signs_join_words) {
  EXPECT_EQ(parsed("a b"), "(and a b)");
  EXPECT_EQ(parsed("a + b | c"), "(or (and a b) c)");
  EXPECT_EQ(parsed("((cloud computing) | virtual*) +security -privacy"),
            "(and (or (and cloud computing) virtual*) security (not privacy))");
  EXPECT_EQ(parsed("\"neural net\" \"neural net\"~3 \"x\"~"),
            "(and \"neural net\"~0 \"neural net\"~3 \"x\"~2)");
  EXPECT_EQ(parsed("bugs~3 fish~ x~1"), "(and bugs~2 fish~2 x~1)");
  EXPECT_EQ(parsed("-(a b)"), "(not (and a b))");
  EXPECT_EQ(parsed("x-ray"), "x-ray");
}

TEST_F(boolean_query, nothing_that_is_typed_is_an_error) {
  EXPECT_EQ(parsed(""), "(and)");
  EXPECT_EQ(parsed(" | + - ( ) \n"), "(and)");
  EXPECT_EQ(parsed("a |"), "a");
  EXPECT_EQ(parsed("| a + "), "a");
  EXPECT_EQ(parsed("(a | (b c"), "(or a (and b c))");
  EXPECT_EQ(parsed("a) b"), "(and a b)");
  EXPECT_EQ(parsed("a) b) c)"), "(and a b c)");
  EXPECT_EQ(parsed("\"a b"), "\"a b\"~0");
  EXPECT_EQ(parsed("a - b"), "(and a b)");
  EXPECT_EQ(parsed("C++ *"), "(and C++ *)");
  EXPECT_EQ(parsed("--a"), "(not (not a))");
  EXPECT_EQ(parsed("\"a\"~99999999999999"), "\"a\"~1000");
}

TEST_F(boolean_query, what_stands_too_deep_or_is_too_long_is_refused) {
  EXPECT_EQ(parsed(std::string(30, '(') + "a"), "a");
  EXPECT_EQ(parsed(std::string(40, '(') + "a"), "bad_input");
  EXPECT_EQ(parsed(std::string(9000, '(')), "bad_input");
  EXPECT_EQ(parsed(std::string(9000, '-') + "a"), "bad_input");
  EXPECT_EQ(parsed(std::string(kMaxBooleanQueryBytes + 1, 'a')), "too_large");
}

TEST_F(boolean_query, each_sign_finds_what_it_means) {
  write({"Neural machine translation of rare words", "A rule of translation by machines",
         "The network is neural", "Computing on clouds", "computers and privacy"},
        2);
  EXPECT_THAT(found("machine translation"), ElementsAre(0, 1));  // Stemmed.
  EXPECT_THAT(found("\"machine translation\""), ElementsAre(0));
  EXPECT_THAT(found("\"translation machine\"~2"), ElementsAre(0, 1));
  EXPECT_THAT(found("neural | cloud"), ElementsAre(0, 2, 3));
  EXPECT_THAT(found("neural -rare"), ElementsAre(2));
  EXPECT_THAT(found("-neural"), ElementsAre(1, 3, 4));
  EXPECT_THAT(found("net*"), ElementsAre(2));
  EXPECT_THAT(found("computing*"), ElementsAre(3, 4));  // As the word itself does.
  EXPECT_THAT(found("nueral~2"), ElementsAre(0, 2));
  EXPECT_THAT(found("nueral~1"), ElementsAre());
  EXPECT_THAT(found("(neural | cloud) + (words | computing)"), ElementsAre(0, 3));
  EXPECT_THAT(found("the neural"), ElementsAre(0, 2));  // A word without a term does not matter,
  EXPECT_THAT(found("neural -the"), ElementsAre(0, 2));
  EXPECT_THAT(found("the"), ElementsAre());         // but for itself.
  EXPECT_THAT(found("everywhere"), ElementsAre());  // Of the other field.
  erase(0);
  EXPECT_THAT(found("neural"), ElementsAre(2));
  EXPECT_THAT(found("-cloud"), ElementsAre(1, 2, 4));
}

TEST_F(boolean_query, a_beginning_of_too_many_words_is_refused) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "q" + std::to_string(i) + "x ";
  write({many}, 1);
  EXPECT_EQ(find("q*").status().code(), Code::kBadInput);
  EXPECT_THAT(find("q*").status().message(), HasSubstr("'q'"));
  EXPECT_EQ(find("q1~2").status().code(), Code::kOk);
  EXPECT_THAT(found("q123*"), ElementsAre(0));
  std::string signs;
  for (int i = 0; i < kMaxBooleanSigns; ++i) signs += "q123* | ";
  EXPECT_THAT(found(signs), ElementsAre(0));
  EXPECT_EQ(find(signs + "q124x~1").status().code(), Code::kBadInput);
}

TEST_F(boolean_query, edits_are_counted_in_characters) {
  EXPECT_TRUE(is_within_edits("m\xC3\xBCller", "muller", 1));
  EXPECT_FALSE(is_within_edits("muller", "mueller", 0));
  EXPECT_TRUE(is_within_edits("", "ab", 2));
  EXPECT_FALSE(is_within_edits("", "abc", 2));
  EXPECT_TRUE(is_within_edits("kitten", "sittin", 2));
  EXPECT_FALSE(is_within_edits("kitten", "sitting", 2));
  // Against the whole table, of all short texts of two letters.
  std::vector<std::string> all = {""};
  for (std::size_t i = 0; all[i].size() < 5; ++i) {
    for (const char c : {'a', 'b'}) all.push_back(all[i] + c);
  }
  for (const std::string& a : all) {
    for (const std::string& b : all) {
      for (int n = 0; n <= 2; ++n) {
        ASSERT_EQ(is_within_edits(a, b, n), edit_distance(a, b) <= n) << a << " " << b << " " << n;
      }
    }
  }
}

TEST_F(boolean_query, any_query_finds_what_it_plainly_means) {
  const std::vector<std::string> kWords = {"graph", "graphs", "neural", "net",  "the",
                                           "rule",  "ruler",  "cat",    "cats", "of"};
  std::mt19937 random(7);
  const auto word = [&] { return kWords[random() % kWords.size()]; };
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i) {
    std::string text;
    for (unsigned n = random() % 9; n > 0; --n) text += word() + " ";
    texts.push_back(text);
  }
  write(texts, 17);
  const std::function<std::string(int)> query = [&](int depth) -> std::string {
    switch (depth > 0 ? random() % 8 : 4 + random() % 4) {
      case 0:
        return "(" + query(depth - 1) + " " + query(depth - 1) + ")";
      case 1:
        return "(" + query(depth - 1) + " | " + query(depth - 1) + ")";
      case 2:
        return "-" + query(depth - 1);
      case 3:
        return "(" + query(depth - 1) + " + -" + query(depth - 1) + ")";
      case 4:
        return word().substr(0, 1 + random() % 4) + "*";
      case 5:
        return word() + "~" + std::to_string(random() % 3);
      case 6:
        return "\"graph " + kWords[2 + random() % 5] + " cat\"~" + std::to_string(random() % 4);
      default:
        return word();
    }
  };
  for (int i = 0; i < 400; ++i) {
    const std::string text = query(3);
    const auto tree = parse_boolean_query(text);
    ASSERT_TRUE(tree.ok());
    std::set<std::size_t> want;
    for (std::size_t d = 0; d < texts.size(); ++d) {
      if (matches(*tree, terms_of(texts[d])).value_or(false)) want.insert(d);
    }
    const auto got = find(*tree);
    ASSERT_TRUE(got.ok()) << text << ": " << got.status().message();
    EXPECT_EQ(*got, want) << text;
  }
}

}  // namespace quern::apps
