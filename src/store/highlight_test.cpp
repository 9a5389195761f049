#include "store/highlight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace quern::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class highlight : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    const auto writer = open_writer();
    for (int i = 0; i < 20; ++i) put(*writer, "k" + std::to_string(i), i);
    commit(*writer);
    // With positions, for phrases.
    auto made = Highlighter::create({.fields = {{.name = "title", .analyzer = "english"},
                                                {.name = "text", .analyzer = "simple"}}});
    ASSERT_TRUE(made.ok());
    highlighter_ = std::make_unique<Highlighter>(std::move(*made));
  }

  // The marked words of a title.
  std::vector<std::string> marked(std::string_view question, std::string_view utf8,
                                  QuerySyntax syntax = QuerySyntax::kOperators,
                                  std::size_t field = 0) {
    const Status set = highlighter_->set_question(question, syntax, *snapshot());
    EXPECT_TRUE(set.ok()) << set.message();
    std::vector<std::string> out;
    for (const text::Mark& mark : highlighter_->marks(field, utf8)) {
      out.emplace_back(utf8.substr(mark.span.begin, mark.span.end - mark.span.begin));
    }
    return out;
  }

  std::unique_ptr<Highlighter> highlighter_;
};

}  // namespace

TEST_F(highlight, words_are_marked_as_the_field_finds_them) {
  EXPECT_THAT(marked("run cat", "Running cats, and the cat's dog ran"),
              ElementsAre("Running", "cats", "cat's"));
  EXPECT_THAT(marked("cats", "Cats and CATS of a cat", QuerySyntax::kPlain, 1),
              ElementsAre("Cats", "CATS"));
  EXPECT_THAT(marked("café", "Un CAFÉ ici"), ElementsAre("CAFÉ"));
  EXPECT_THAT(marked("the", "the cat"), IsEmpty());
  EXPECT_THAT(marked("cat", ""), IsEmpty());
}

TEST_F(highlight, a_phrase_is_marked_where_it_stands_together) {
  EXPECT_THAT(marked("\"big cat\"", "a cat, a big dog, a big cat"), ElementsAre("big", "cat"));
  EXPECT_THAT(marked("\"big cat\"~3", "a cat, a big dog"), ElementsAre("cat", "big"));
  EXPECT_THAT(marked("\"cat of the house\"", "cat at a house; cat in the house"),
              ElementsAre("cat", "house", "cat", "house"));
}

TEST_F(highlight, beginnings_are_marked_and_what_must_not_be_there_is_not) {
  EXPECT_THAT(marked("prot* -cat", "Proteins, protocols and cats"),
              ElementsAre("Proteins", "protocols"));
  EXPECT_THAT(marked("+cat", "the cat"), ElementsAre("cat"));
}

TEST_F(highlight, rare_words_weigh_more) {
  ASSERT_TRUE(highlighter_->set_question("cats unicorn", QuerySyntax::kPlain, *snapshot()).ok());
  const auto marks = highlighter_->marks(0, "cats and a unicorn");
  ASSERT_EQ(marks.size(), 2u);
  EXPECT_LT(marks[0].weight, marks[1].weight);
  EXPECT_NE(marks[0].what, marks[1].what);
  EXPECT_GT(marks[0].weight, 0);
}

}  // namespace quern::store
