#include "apps/code/code_documents.h"

#include <random>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(code_documents, a_piece_knows_its_place_its_names_and_what_it_lies_in) {
  const std::string text = "class A {\n  f();\n  g();\n}\nh();\n";
  ChunkedCode chunked;
  chunked.chunks = {{.span = {0, 17, 1, 2}, .symbol = "A.f", .kind = SymbolKind::kMethod},
                    {.span = {17, 25, 3, 4}, .symbol = "A", .kind = SymbolKind::kClass},
                    {.span = {26, 30, 5, 5}, .symbol = "h", .kind = SymbolKind::kFunction}};
  chunked.symbols = {{.name = "A", .path = "A", .kind = SymbolKind::kClass, .span = {0, 25, 1, 4}},
                     {.name = "f", .path = "A.f", .span = {12, 16, 2, 2}},
                     {.name = "g", .path = "A.g", .span = {19, 23, 3, 3}},
                     {.name = "h", .path = "h", .span = {26, 30, 5, 5}}};
  const auto documents = documents_of_file(
      "src/a.js", {.language = "javascript", .role = FileRole::kTest}, text, chunked);
  ASSERT_EQ(documents.size(), 3u);
  EXPECT_EQ(documents[0].fields,
            (std::vector<std::string>{"src/a.js", "A\nA.f", text.substr(0, 17)}));
  EXPECT_EQ(documents[1].fields[1], "A\ng") << "the class around it, then what begins in it";
  EXPECT_EQ(documents[2].fields[1], "h");
  EXPECT_EQ(documents[2].fields[2], "h();");
  EXPECT_EQ(path_of_key(documents[1].key), "src/a.js");
  EXPECT_EQ(documents[1].n_parent, 8u);
  EXPECT_LT(documents[0].key, documents[1].key);
  EXPECT_EQ(code_text_to_embed(documents[1].fields), "src/a.js\nA g\n" + text.substr(17, 8));
  const store::AttributeValue symbol = {.i_attribute = kSymbolAttribute, .text = "g"};
  EXPECT_EQ(documents[1].attributes.back(), symbol);
  EXPECT_EQ(documents[1].attributes[2].text, "test");
  for (const store::Document& document : documents) {
    const Status checked = store::check_document(document, code_schema());
    EXPECT_TRUE(checked.ok()) << checked.message();
  }
  const auto stored = chunk_from_bytes(documents[1].stored);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(*stored, (StoredChunk{.span = {17, 25, 3, 4},
                                  .symbol = "A",
                                  .kind = SymbolKind::kClass,
                                  .role = FileRole::kTest,
                                  .language = "javascript"}));
}

TEST(code_documents, more_names_than_a_store_takes_are_not_too_many) {
  ChunkedCode chunked;
  const std::string text(60'000, 'x');
  chunked.chunks = {{.span = {0, text.size(), 1, 1}}};
  for (std::size_t i = 0; i < 3000; ++i) {
    chunked.symbols.push_back(
        {.name = "a_name_" + std::to_string(i), .path = "p", .span = {i, i + 1, 1, 1}});
  }
  const auto documents = documents_of_file("a", {}, text, chunked);
  EXPECT_TRUE(store::check_document(documents[0], code_schema()).ok());
  EXPECT_NE(documents[0].fields[1].find("p"), std::string::npos);
}

TEST(code_documents, bytes_that_are_no_piece_are_refused) {
  const std::string whole = bytes_from_chunk({.span = {5, 900, 2, 70}, .symbol = "a.b"});
  ASSERT_TRUE(chunk_from_bytes(whole).ok());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(chunk_from_bytes(whole.substr(0, n)).ok()) << n;
  }
  EXPECT_FALSE(chunk_from_bytes(whole + "x").ok());
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 30, 0);
    for (char& byte : bytes) byte = static_cast<char>(random());
    const auto chunk = chunk_from_bytes(bytes);
    if (chunk.ok()) {
      EXPECT_GE(chunk->span.last_line, chunk->span.first_line);
    }
  }
}

}  // namespace
}  // namespace quern::apps
