// Sections of invented vectors: filled, streamed, bound, and gone through with little in memory.

#include "models/sections.h"

#include <numeric>

#include <gmock/gmock.h>

#include "models/test_sections.h"

namespace quern::models {
namespace {

using testing::HasSubstr;

/// A "model" of vectors: section s holds the one of the numbers s, s + 1, ...
class SectionsTest : public testing::Test {
 protected:
  explicit SectionsTest(std::vector<int> sizes = {100'000, 300'000, 250'000, 300'000}) {
    for (std::size_t s = 0; s < sizes.size(); ++s) {
      numbers.emplace_back(static_cast<std::size_t>(sizes[s]));
      std::iota(numbers.back().begin(), numbers.back().end(), static_cast<float>(s));
    }
    bound.resize(numbers.size());
    std::vector<SectionUse> uses(numbers.size(), SectionUse::kInTurn);
    uses[0] = SectionUse::kAlways;
    walk = walk_sections(uses, [&](int s, WeightPlacer& placer) {
      const std::vector<float>& from = numbers[static_cast<std::size_t>(s)];
      bound[static_cast<std::size_t>(s)] = placer.vector({.format = BlockFormat::kF32,
                                                          .n_rows = 1,
                                                          .n_cols = static_cast<int>(from.size()),
                                                          .bytes = std::as_bytes(std::span(from))});
    });
    walk.drop_source = [&] { ++n_drops; };
  }

  void expect_bound() const {
    for (std::size_t s = 0; s < numbers.size(); ++s) {
      EXPECT_TRUE(
          std::equal(bound[s].begin(), bound[s].end(), numbers[s].begin(), numbers[s].end()))
          << s;
    }
  }

  KeptSections streamed() {
    KeptSections out;
    const Status status = stream_sections(walk, room, out);
    EXPECT_TRUE(status.ok()) << status.message();
    return out;
  }

  std::vector<std::vector<float>> numbers;
  std::vector<std::span<const float>> bound;
  SectionWalk walk;
  int n_drops = 0;
  ByteLedger ledger{std::size_t{128} << 20};
  WeightRoom room{ledger, "weights/m", ThreadPool::serial()};
};

TEST_F(SectionsTest, streamed_sections_are_those_that_are_filled) {
  const Result<WeightWindow> filled = fill_sections(walk, room);
  ASSERT_TRUE(filled.ok());
  expect_bound();
  EXPECT_EQ(n_drops, 4);
  const KeptSections kept = streamed();
  EXPECT_EQ(n_drops, 8);
  EXPECT_EQ(kept.announced, walk.bytes);
  ASSERT_EQ(filled->n_sections(), 4);
  EXPECT_EQ(filled->n_bytes(), walk.total());
  for (int s = 0; s < 4; ++s) {
    const std::span<const std::byte> bytes = filled->section(s);
    EXPECT_TRUE(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) ==
                kept.sections[static_cast<std::size_t>(s)])
        << s;
  }
}

TEST_F(SectionsTest, streaming_holds_the_largest_section_and_nothing_afterwards) {
  struct Watcher : KeptSections {
    explicit Watcher(const ByteLedger& of) : ledger_(of) {}
    Status add(std::span<const std::byte> section) override {
      most = std::max(most, ledger_.used_bytes());
      return KeptSections::add(section);
    }
    const ByteLedger& ledger_;
    std::size_t most = 0;
  } watcher(ledger);
  ASSERT_TRUE(stream_sections(walk, room, watcher).ok());
  EXPECT_EQ(watcher.most, walk.bytes[1]);
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST_F(SectionsTest, streaming_wants_the_largest_section_and_what_is_read_of_its_source) {
  EXPECT_EQ(walk.most_read_bytes, 0u);  // Vectors.
  ByteLedger small(walk.bytes[1] - 1);
  KeptSections sink;
  const Status status = stream_sections(walk, {small, "weights/m", ThreadPool::serial()}, sink);
  EXPECT_EQ(status.code(), Code::kExhausted);
  EXPECT_TRUE(sink.announced.empty());
}

TEST_F(SectionsTest, a_sink_that_fails_ends_the_streaming) {
  struct Full : KeptSections {
    Status add(std::span<const std::byte> section) override {
      if (sections.size() == 2) return {Code::kIo, "the disk is full"};
      return KeptSections::add(section);
    }
  } full;
  EXPECT_EQ(stream_sections(walk, room, full).message(), "the disk is full");
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST_F(SectionsTest, bound_sections_are_what_was_streamed) {
  const KeptSections kept = streamed();
  ThreadPool pool(2);
  for (const Residency residency : {Residency::kWhole, Residency::kStreamed}) {
    Result<WeightWindow> window =
        bind_sections(walk, kept.mapped(), residency, {ledger, "weights/m", pool});
    ASSERT_TRUE(window.ok()) << window.status().message();
    EXPECT_TRUE(window->is_mapped());
    EXPECT_EQ(window->n_bytes(), walk.total());
    EXPECT_EQ(ledger.used_bytes(), residency == Residency::kWhole ? walk.total() : walk.least());
    expect_bound();
  }
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST_F(SectionsTest, damage_in_any_section_is_named) {
  const KeptSections kept = streamed();
  for (std::size_t s = 0; s < kept.sections.size(); ++s) {
    KeptSections damaged = kept;
    MappedSections mapped = damaged.mapped();
    mapped.sections[s].checksum ^= 1;
    const Status status = bind_sections(walk, std::move(mapped), Residency::kWhole, room).status();
    EXPECT_EQ(status.code(), Code::kBadInput);
    EXPECT_THAT(status.message(), HasSubstr("section " + std::to_string(s) + " of 4 is damaged"));
  }
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST_F(SectionsTest, sections_of_other_sizes_are_refused) {
  const KeptSections kept = streamed();
  const auto bind = [&](const KeptSections& sections) {
    return bind_sections(walk, sections.mapped(), Residency::kWhole, room).status();
  };
  KeptSections fewer = kept;
  fewer.sections.pop_back();
  KeptSections shorter = kept;
  shorter.sections[2].resize(shorter.sections[2].size() - 64);
  KeptSections more = kept;
  more.sections.emplace_back(64, 'x');
  for (const KeptSections* wrong : {&fewer, &shorter, &more}) {
    EXPECT_EQ(bind(*wrong).code(), Code::kBadInput);
    EXPECT_THAT(bind(*wrong).message(), HasSubstr("sections, want 3800000 in 4"));
  }
}

TEST_F(SectionsTest, a_whole_window_stays) {
  const Result<WeightWindow> window =
      bind_sections(walk, streamed().mapped(), Residency::kWhole, room);
  ASSERT_TRUE(window.ok());
  const std::vector<int> order = {1, 2, 3};
  WeightPass pass(*window, order);
  EXPECT_FALSE(pass.is_streamed());
  for (int i = 0; i < 3; ++i) pass.go_to(i);
  EXPECT_GE(resident_bytes(window->section(0).data()), walk.total());
}

}  // namespace
}  // namespace quern::models
