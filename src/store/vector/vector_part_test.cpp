#include "store/vector/vector_part.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/byte_cursor.h"
#include "store/vector/test_vectors.h"

namespace quern::store {
namespace {

using ::testing::HasSubstr;

constexpr int kD = 40;

/// Sections in memory.
struct Sections {
  std::string present, scales, norms2, hi, lo;

  static ByteSink into(std::string& section) {
    return [&section](std::span<const std::byte> bytes) -> Status {
      section.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return {};
    };
  }
  VectorSinks sinks() { return {into(scales), into(norms2), into(hi), into(lo)}; }

  VectorSections view() const {
    return {bytes_of(present), bytes_of(scales), bytes_of(norms2), bytes_of(hi)};
  }
};

/// Every fifth document has no vector.
Sections written(Metric metric, std::uint32_t n_docs) {
  Sections out;
  VectorWriter writer(metric, kD, out.sinks());
  for (std::uint32_t i = 0; i < n_docs; ++i) {
    EXPECT_TRUE((i % 5 == 2 ? writer.add_none() : writer.add(falling_vector(kD, i))).ok());
  }
  out.present = writer.present();
  return out;
}

TEST(vector_part, finds_what_was_written_and_nothing_that_is_not_there) {
  const Sections sections = written(Metric::kL2, 500);
  const auto part = VectorPart::open(sections.view(), 500, kD, Metric::kL2);
  ASSERT_TRUE(part.ok()) << part.status().message();
  EXPECT_EQ(part->n_vectors(), 400u);
  EXPECT_FALSE(part->has_all());
  EXPECT_FALSE(part->present().has(7));

  const std::string path =
      (std::filesystem::temp_directory_path() / ("vector_part_test." + std::to_string(getpid())))
          .string();
  std::ofstream(path, std::ios::binary) << "12345" << sections.lo;
  const auto file = InputFile::open(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(file.ok());
  ThreadPool pool(2);
  const auto words = part->present().words();
  for (const std::uint32_t doc : {0u, 8u, 499u}) {
    const auto query = make_query(falling_vector(kD, doc), kD, Metric::kL2);
    const auto best = nearest(*query, part->codes(), low_rows_in(*file, 5, kD), &words, 400, pool);
    ASSERT_TRUE(best.ok()) << best.status().message();
    EXPECT_EQ((*best)[0].id, doc);
    EXPECT_EQ(best->size(), 400u);
    for (const Candidate& c : *best) EXPECT_NE(c.id % 5, 2u);
  }
  const auto query = make_query(falling_vector(kD, 0), kD, Metric::kL2);
  EXPECT_FALSE(
      nearest(*query, part->codes(), low_rows_in(*file, 900000, kD), &words, 1, pool).ok());
}

TEST(vector_part, a_merge_copies_rows_as_they_are) {
  const Sections first = written(Metric::kCosine, 50);
  const auto part = VectorPart::open(first.view(), 50, kD, Metric::kCosine);
  ASSERT_TRUE(part.ok());
  Sections copy;
  VectorWriter writer(Metric::kCosine, kD, copy.sinks());
  const auto bytes = [](const std::string& s, std::uint32_t i) {
    return std::span(reinterpret_cast<const std::uint8_t*>(s.data()) + std::size_t{i} * 64, 64);
  };
  for (std::uint32_t i = 0; i < 50; ++i) {
    if (!part->present().has(i)) {
      ASSERT_TRUE(writer.add_none().ok());
      continue;
    }
    ASSERT_TRUE(writer
                    .add_coded({.hi = bytes(first.hi, i),
                                .lo = bytes(first.lo, i),
                                .factors = {part->codes().scales[i], part->codes().norms2[i]}})
                    .ok());
  }
  copy.present = writer.present();
  EXPECT_EQ(copy.present, first.present);
  EXPECT_EQ(copy.hi, first.hi);
  EXPECT_EQ(copy.lo, first.lo);
  EXPECT_EQ(copy.scales, first.scales);
  EXPECT_EQ(copy.norms2, first.norms2);
}

TEST(vector_part, a_refused_vector_leaves_the_writer_as_it_was) {
  Sections sections;
  VectorWriter writer(Metric::kCosine, kD, sections.sinks());
  ASSERT_TRUE(writer.add(falling_vector(kD, 1)).ok());
  EXPECT_THAT(writer.add(std::vector<float>(kD)).message(), HasSubstr("zero"));
  EXPECT_THAT(writer.add(std::vector<float>(kD + 1, 1)).message(), HasSubstr("41 values, want 40"));
  ASSERT_TRUE(writer.add_none().ok());
  sections.present = writer.present();
  EXPECT_EQ(writer.n_docs(), 2u);
  EXPECT_TRUE(VectorPart::open(sections.view(), 2, kD, Metric::kCosine).ok());
}

TEST(vector_part, errors_of_a_sink_come_through) {
  Sections sections;
  VectorSinks sinks = sections.sinks();
  sinks.hi = [](auto) { return Status(Code::kIo, "disk is full"); };
  VectorWriter writer(Metric::kCosine, kD, sinks);
  EXPECT_EQ(writer.add(falling_vector(kD, 1)).message(), "disk is full");
}

TEST(vector_part, sections_of_a_wrong_length_are_named) {
  const Sections good = written(Metric::kL2, 10);
  const auto error = [](const Sections& s, std::uint32_t n_docs, int d) {
    return VectorPart::open(s.view(), n_docs, d, Metric::kL2).status().message();
  };
  EXPECT_EQ(error(good, 10, kD), "");
  EXPECT_THAT(error(good, 11, kD), HasSubstr("section"));
  EXPECT_THAT(error(good, 10, 65), HasSubstr("section 'hi' has 640 bytes, want 1280"));
  Sections cut = good;
  cut.scales.pop_back();
  EXPECT_THAT(error(cut, 10, kD), HasSubstr("section 'scales' has 39 bytes"));
  cut = good;
  cut.present.pop_back();
  EXPECT_THAT(error(cut, 10, kD), HasSubstr("section 'present'"));
}

// Rows that lie near each other are read together, others alone: each is its own all the same.
TEST(low_rows_in, gives_each_row_whatever_lies_between) {
  constexpr std::uint32_t kRows = 3000;
  constexpr std::size_t kOffset = 64;
  const auto n_bytes = static_cast<std::size_t>(kernels::padded_codes(kD));
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("low-rows-{}", ::getpid())).string();
  std::string bytes(kOffset, 'x');
  for (std::uint32_t row = 0; row < kRows; ++row) {
    for (std::size_t i = 0; i < n_bytes; ++i) {
      bytes += static_cast<char>((row * 131 + i * 7) >> (i % 3));
    }
  }
  std::ofstream(path, std::ios::binary) << bytes;
  const auto file = InputFile::open(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(file.ok());
  const ReadLow read = low_rows_in(*file, kOffset, kD);

  std::mt19937 random(1);
  for (const std::uint32_t most_apart : {1u, 3u, 40u, 400u}) {
    std::vector<std::uint32_t> ids;
    for (std::uint32_t id = 0; id < kRows; id += 1 + random() % most_apart) ids.push_back(id);
    std::vector<std::uint8_t> out(ids.size() * n_bytes);
    ASSERT_TRUE(read(ids, out).ok());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::string_view want(bytes.data() + kOffset + ids[i] * n_bytes, n_bytes);
      const std::string_view got(reinterpret_cast<const char*>(out.data()) + i * n_bytes, n_bytes);
      ASSERT_EQ(got, want) << "row " << ids[i] << ", at most " << most_apart << " apart";
    }
  }
  const std::vector<std::uint32_t> behind_the_end = {kRows - 1, kRows};
  std::vector<std::uint8_t> out(2 * n_bytes);
  EXPECT_FALSE(read(behind_the_end, out).ok());
  EXPECT_TRUE(read({}, {}).ok());
}

}  // namespace
}  // namespace quern::store
