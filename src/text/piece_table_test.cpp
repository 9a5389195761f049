#include "text/piece_table.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace quern::text {
namespace {

TEST(piece_table, finds_each_piece_by_its_bytes) {
  std::vector<std::string> pieces;
  for (int i = 0; i < 5000; ++i) pieces.push_back("p" + std::to_string(i * i));
  const PieceTable table(pieces);
  for (int i = 0; i < 5000; ++i) {
    const auto& p = pieces[static_cast<std::size_t>(i)];
    ASSERT_EQ(table.find(p), i);
    ASSERT_EQ(table.piece(i), p);
    ASSERT_EQ(table.find(p + "x"), -1);
  }
}

TEST(piece_table, the_last_of_equal_pieces_wins_and_empty_ones_are_not_found) {
  const PieceTable table({"a", "", "b", "a"});
  EXPECT_EQ(table.find("a"), 3);
  EXPECT_EQ(table.find("b"), 2);
  EXPECT_EQ(table.find(""), -1);
  EXPECT_EQ(PieceTable(std::vector<std::string>()).find("a"), -1);
  EXPECT_EQ(PieceTable().find("a"), -1);
}

TEST(piece_table, a_cut_prefix_is_not_part_of_the_key) {
  const PieceTable table({"ing", "##ing", "##", "##s"}, "##");
  EXPECT_EQ(table.find("ing"), 1);
  EXPECT_EQ(table.find("s"), 3);
  EXPECT_EQ(table.find("##ing"), -1);
  EXPECT_EQ(table.piece(1), "##ing");
  EXPECT_EQ(table.longest_bytes(), 3u);
}

}  // namespace
}  // namespace quern::text
