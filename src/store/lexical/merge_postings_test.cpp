#include "store/lexical/merge_postings.h"

#include <random>

#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

struct Sections {
  std::string dictionary, postings, positions;
};

Status merge(std::span<const PostingsMergeInput> inputs, const TestSegment& norms, Sections& out) {
  PostingsWriter postings(TestSegment::into(out.postings), TestSegment::into(out.positions));
  DictionaryWriter dictionary(TestSegment::into(out.dictionary));
  const std::vector<std::span<const std::uint8_t>> spans(norms.norms.begin(), norms.norms.end());
  QUERN_TRY(merge_postings(inputs, spans, postings, dictionary));
  return dictionary.finish();
}

TEST(merge_postings, documents_dealt_out_to_segments_merge_to_the_bytes_of_one) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    std::mt19937 random(seed);
    const auto documents = random_documents(1000, 2, 50, random);
    const std::size_t n_inputs = 1 + random() % 5;
    std::vector<std::vector<TestDocument>> dealt(n_inputs);
    std::vector<std::vector<std::uint32_t>> maps(n_inputs);
    std::vector<TestDocument> kept;
    for (const TestDocument& document : documents) {
      const std::size_t input = random() % n_inputs;
      const bool is_dead = random() % 5 == 0;
      dealt[input].push_back(document);
      maps[input].push_back(is_dead ? kNoDoc : static_cast<std::uint32_t>(kept.size()));
      if (!is_dead) kept.push_back(document);
    }
    std::vector<std::unique_ptr<TestSegment>> segments;
    std::vector<PostingsMergeInput> inputs;
    for (std::size_t i = 0; i < n_inputs; ++i) {
      segments.push_back(make_segment(dealt[i], 2));
      inputs.push_back({&segments[i]->part, maps[i]});
    }
    const auto want = make_segment(kept, 2);
    Sections got;
    const Status status = merge(inputs, *want, got);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(got.dictionary, want->dictionary);
    EXPECT_EQ(got.postings, want->postings);
    EXPECT_EQ(got.positions, want->positions);
  }
}

TEST(merge_postings, nothing_left_is_an_empty_dictionary) {
  const auto segment = make_segment({{{"a", "b"}}, {{"a"}}});
  const std::vector<std::uint32_t> map = {kNoDoc, kNoDoc};
  const std::vector<PostingsMergeInput> inputs = {{&segment->part, map}};
  Sections got;
  ASSERT_TRUE(merge(inputs, *segment_of_lengths({}, 1), got).ok());
  EXPECT_EQ(Dictionary::open(bytes_of(got.dictionary))->n_terms(), 0u);
}

TEST(merge_postings, damaged_inputs_are_errors_and_never_a_crash) {
  std::mt19937 random(9);
  const auto documents = random_documents(600, 1, 20, random);
  const auto segment = make_segment(documents);
  const TestSegment whole = *segment;
  std::vector<std::uint32_t> map;
  for (std::uint32_t doc = 0; doc < 600; ++doc) map.push_back(doc);
  int n_errors = 0;
  for (int round = 0; round < 2000; ++round) {
    segment->dictionary = whole.dictionary;
    segment->postings = whole.postings;
    segment->positions = whole.positions;
    std::string& section = round % 3 == 0   ? segment->dictionary
                           : round % 3 == 1 ? segment->postings
                                            : segment->positions;
    section[random() % section.size()] = static_cast<char>(random());
    if (!segment->open().ok()) continue;
    const std::vector<PostingsMergeInput> inputs = {{&segment->part, map}};
    Sections got;
    n_errors += merge(inputs, *segment, got).ok() ? 0 : 1;
  }
  EXPECT_GT(n_errors, 100);
}

}  // namespace
}  // namespace quern::store
