#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"
#include "store/writer.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

class writer_vectors : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create_with_vectors();
  }

  /// Documents of several commits, a third of them without a vector, some replaced and erased.
  void fill(Writer& writer) {
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 12; ++i) {
        put(writer, "k" + std::to_string((i * 7 + round * 5) % 20), i + round);
      }
      erase(writer, "k" + std::to_string(round * 3));
      commit(writer);
    }
  }

  std::uint64_t n_without() {
    std::uint64_t n = 0;
    for (const auto& [key, document] : model_) n += document.vector.empty() ? 1 : 0;
    return n;
  }

  Document with(std::vector<float> vector) {
    Document document = fixture_document("new", 1);
    document.vector = std::move(vector);
    return document;
  }
};

}  // namespace

TEST_F(writer_vectors, they_live_and_go_with_their_documents) {
  auto out = open_writer();
  fill(*out);
  expect_model();
  expect_right();
  ASSERT_GT(n_without(), 0u);
  EXPECT_EQ(snapshot()->n_missing(1), n_without());
  ASSERT_TRUE(out->compact(pace_).ok());
  ASSERT_EQ(n_segment_files(), 2u);  // Text and vectors.
  expect_model();
  expect_right();
  for (const auto& [key, document] : Model(model_)) erase(*out, key);
  commit(*out);
  EXPECT_EQ(n_segment_files(), 0u);
}

TEST_F(writer_vectors, a_coded_one_is_kept_to_the_bit) {
  auto out = open_writer();
  const OwnedRow row = fixture_row("coded");
  ASSERT_TRUE(out->put(fixture_document("new", 1), row).ok());
  OwnedRow narrow = row;
  narrow.planes.resize(2);
  EXPECT_EQ(out->put(fixture_document("other", 1), narrow).code(), Code::kBadInput);
  commit(*out);
  std::vector<std::uint8_t> low(row.planes.size() / 2);
  const auto kept = out->segments()[0].vectors_in(1)->coded_row(0, low);
  ASSERT_TRUE(kept.ok() && *kept);
  OwnedRow back = {.planes = {(*kept)->hi.begin(), (*kept)->hi.end()}, .factors = (*kept)->factors};
  back.planes.insert(back.planes.end(), (*kept)->lo.begin(), (*kept)->lo.end());
  EXPECT_EQ(back.planes, row.planes);
  EXPECT_EQ(back.factors.scale, row.factors.scale);
  EXPECT_EQ(back.factors.norm2, row.factors.norm2);
}

TEST_F(writer_vectors, documents_without_get_them_later) {
  auto out = open_writer();
  fill(*out);
  for (const SegmentView& view : out->segments()) attach(*out, view.segment->id(), 1);
  EXPECT_EQ(n_without(), 0u);
  EXPECT_EQ(snapshot()->n_missing(1), 0u);
  expect_model();
  expect_right();
  const GenerationId before = snapshot()->id();
  const auto never = [](std::uint32_t, std::string_view) -> Result<std::optional<CodedRow>> {
    ADD_FAILURE() << "nobody is without";
    return std::optional<CodedRow>();
  };
  EXPECT_EQ(*out->attach_vectors(out->segments()[0].segment->id(), 1, never), 0u);
  EXPECT_EQ(snapshot()->id(), before);
  expect_right();
}

TEST_F(writer_vectors, an_attachment_that_fails_changes_nothing) {
  auto out = open_writer();
  for (int i = 0; i < 4; ++i) put(*out, "without" + std::to_string(i), 0);
  commit(*out);
  const GenerationId before = snapshot()->id();
  const SegmentId segment = out->segments()[0].segment->id();
  OwnedRow row = fixture_row("x");
  int n_asked = 0;
  const auto fails = [&](std::uint32_t, std::string_view) -> Result<std::optional<CodedRow>> {
    if (n_asked++ == 1) return {Code::kUnavailable, "no model"};
    return std::optional(row.row());
  };
  EXPECT_EQ(out->attach_vectors(segment, 1, fails).status().message(), "no model");
  OwnedRow wide = row;
  wide.planes.resize(4 * row.planes.size());
  const auto too_wide = [&](std::uint32_t, std::string_view) -> Result<std::optional<CodedRow>> {
    return std::optional(wide.row());
  };
  EXPECT_THAT(out->attach_vectors(segment, 1, too_wide).status().message(),
              HasSubstr("has 256 codes, want 64"));
  EXPECT_EQ(out->attach_vectors(999, 1, fails).status().code(), Code::kNotFound);
  EXPECT_EQ(out->attach_vectors(segment, 9, fails).status().code(), Code::kNotFound);
  EXPECT_EQ(snapshot()->id(), before);
  put(*out, "still", 1);
  commit(*out);
  expect_model();
  expect_right();
}

TEST_F(writer_vectors, another_model_is_filled_beside_and_takes_over) {
  auto out = open_writer();
  fill(*out);
  const auto space = out->add_space(fixture_space("second"));
  ASSERT_TRUE(space.ok()) << space.status().message();
  EXPECT_EQ(*out->add_space(fixture_space("second")), *space);
  EXPECT_EQ(snapshot()->active_space()->id, 1);
  for (const SegmentView& view : out->segments()) {
    attach(*out, view.segment->id(), *space, "second");
    expect_model();  // Still the first one's.
  }
  EXPECT_EQ(snapshot()->n_missing(*space), 0u);
  put(*out, "later", 1);  // With a vector of the active space: without one in the other.
  commit(*out);
  EXPECT_EQ(snapshot()->n_missing(*space), 1u);
  ASSERT_TRUE(out->compact(pace_).ok());
  EXPECT_EQ(n_segment_files(), 3u);
  expect_model();

  ASSERT_TRUE(out->activate_space(*space, Writer::Coverage::kAny).ok());
  EXPECT_EQ(n_segment_files(), 2u);
  for (auto& [key, document] : model_) {
    document.vector.clear();
    if (key != "later") document.vector = decoded(fixture_row(document.stored, "second").row());
  }
  expect_model();
  expect_right();
  EXPECT_EQ(snapshot()->spaces().size(), 1u);
  EXPECT_EQ(out->activate_space(1).code(), Code::kNotFound);
  EXPECT_TRUE(out->activate_space(*space).ok());
}

TEST_F(writer_vectors, what_cannot_be_a_vector_is_refused_by_name) {
  auto out = open_writer();
  put(*out, "a", 1);
  commit(*out);
  EXPECT_THAT(out->put(with({1, 2})).message(),
              HasSubstr("document 'new': the vector has 2 values, want 5"));
  EXPECT_THAT(out->put(with({0, 0, 0, 0, 0})).message(), HasSubstr("the vector is zero"));
  EXPECT_THAT(out->put(with({1, 2, std::numeric_limits<float>::quiet_NaN(), 4, 5})).message(),
              HasSubstr("value 2 of the vector is nan"));
  EXPECT_EQ(*out->commit(), snapshot()->id());
  expect_model();

  VectorSpace other = fixture_space();
  other.d = 6;
  EXPECT_THAT(out->add_space(other).status().message(), HasSubstr("is there with other facts"));
  EXPECT_EQ(out->add_space({.fingerprint = "x", .model = "", .d = 0}).status().code(),
            Code::kBadInput);
  EXPECT_EQ(out->add_space({.fingerprint = "", .model = "", .d = 4}).status().code(),
            Code::kBadInput);
  for (std::size_t i = 1; i < kMaxSpaces; ++i) {
    ASSERT_TRUE(out->add_space(fixture_space("s" + std::to_string(i))).ok());
  }
  EXPECT_EQ(out->add_space(fixture_space("one more")).status().code(), Code::kExhausted);
}

TEST_F(writer_vectors, a_model_gets_another_name_in_one_commit_and_keeps_its_vectors) {
  auto out = open_writer();
  fill(*out);
  const GenerationId before = snapshot()->id();
  VectorSpace moved = fixture_space();
  moved.model = "where it is now";
  EXPECT_EQ(*out->add_space(moved), 1);
  ASSERT_EQ(out->spaces().size(), 1u);
  EXPECT_EQ(snapshot()->active_space()->space, moved);
  EXPECT_EQ(snapshot()->id(), before + 1);
  expect_model();
  expect_right();
  EXPECT_EQ(*out->add_space(moved), 1);
  EXPECT_EQ(snapshot()->id(), before + 1);  // As it is already.
  moved.text_prompt = "another";
  EXPECT_EQ(out->add_space(moved).status().code(), Code::kBadInput);
}

TEST_F(writer_vectors, the_memory_of_attaching_is_booked) {
  {
    auto out = open_writer();
    for (int i = 0; i < 2000; ++i) {
      ASSERT_TRUE(out->put(fixture_document(std::to_string(i), 1)).ok());
    }
    commit(*out);
  }
  const std::size_t wanted = vector_write_bytes(2000, kFixtureDims);
  for (const std::size_t room : {wanted - 1, wanted}) {
    ByteLedger ledger((std::size_t{1} << 20) + room);
    auto out =
        Writer::open(place_, {.who = "x", .ledger = &ledger, .memory_bytes = std::size_t{1} << 20});
    ASSERT_TRUE(out.ok()) << out.status().message();
    const OwnedRow row = fixture_row("a");
    const auto attached = (*out)->attach_vectors(
        (*out)->segments()[0].segment->id(), 1,
        [&](std::uint32_t, std::string_view) -> Result<std::optional<CodedRow>> {
          return std::optional(row.row());
        });
    EXPECT_EQ(attached.ok(), room == wanted) << attached.status().message();
    if (attached.ok()) {
      EXPECT_EQ(*attached, 2000u);
    }
    EXPECT_EQ(ledger.used_bytes(), std::size_t{1} << 20);
  }
}

TEST_F(writer_vectors, without_a_space_there_are_none) {
  place_.folder = path("plain");
  create();
  auto out = open_writer();
  EXPECT_THAT(out->put(with({1, 2, 3, 4, 5})).message(), HasSubstr("the store no vector space"));
  EXPECT_EQ(snapshot()->active_space(), nullptr);
}

TEST_F(writer_vectors, damaged_ones_are_named_and_the_words_are_still_read) {
  {
    auto out = open_writer();
    put(*out, "a", 1);
    commit(*out);
    put(*out, "b", 1);
    commit(*out);
  }
  const std::string name = snapshot()->segments()[0].row.parts[0].file;
  const std::string file = path("store/seg/" + name);
  const std::string whole = read(file);
  write(file, whole.substr(0, whole.size() - 1));
  Snapshot part = snapshot();
  ASSERT_EQ(part->damaged().size(), 1u);
  EXPECT_THAT(part->damaged()[0].message(), HasSubstr(name));
  EXPECT_EQ(part->segments().size(), 2u);
  EXPECT_EQ(part->n_missing(1), 1u);
  EXPECT_TRUE(verify_store(place_)->unused_files.empty());

  std::string flipped = whole;
  flipped[200] = static_cast<char>(flipped[200] ^ 4);  // A code.
  write(file, flipped);
  const auto report = verify_store(place_);
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_THAT(report->problems[0].message(), HasSubstr("is damaged between bytes 0 and"));
  write(file, whole);
  expect_right();
  expect_model();

  // They are made again: a writer takes them for none.
  for (const bool is_gone : {true, false}) {
    const std::string lost = path("store/seg/" + snapshot()->segments()[0].row.parts[0].file);
    if (is_gone) std::filesystem::remove(lost);
    if (!is_gone) write(lost, "cut");
    auto out = open_writer();
    ASSERT_NE(out, nullptr);
    attach(*out, out->segments()[0].segment->id(), 1);
    out.reset();
    out = open_writer();  // Removes what no row names any more.
    expect_right();
    expect_model();
  }
}

// What opening does not read: a code far from the ends.
TEST_F(writer_vectors, a_damaged_code_is_found_by_whoever_reads_all) {
  {
    auto out = open_writer();
    for (int i = 0; i < 3000; ++i) put(*out, std::to_string(i), 1);
    commit(*out);
  }
  const std::string name = snapshot()->segments()[0].row.parts[0].file;
  const std::string file = path("store/seg/" + name);
  std::string bytes = read(file);
  bytes[70'000] = static_cast<char>(bytes[70'000] ^ 4);
  write(file, bytes);
  EXPECT_TRUE(snapshot()->damaged().empty());
  const auto report = verify_store(place_);
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_THAT(report->problems[0].message(), HasSubstr("section 'high codes'"));
  const Snapshot whole = *snapshot()->without_damaged();
  ASSERT_NE(whole, nullptr);
  EXPECT_EQ(whole->segments().size(), 1u);
  EXPECT_EQ(whole->n_missing(1), 3000u);
  auto out = open_writer();
  erase(*out, "7");
  EXPECT_THAT(out->compact(pace_).message(), HasSubstr(name));
  put(*out, "still", 1);
  commit(*out);
  EXPECT_EQ(contents(*snapshot()).size(), 3000u);
  const std::uint64_t n_attached = *out->attach_vectors(
      out->segments()[0].segment->id(), 1,
      [&, row = OwnedRow()](std::uint32_t,
                            std::string_view key) mutable -> Result<std::optional<CodedRow>> {
        row = fixture_row(model_.at(std::string(key)).stored);
        return std::optional(row.row());
      });
  EXPECT_EQ(n_attached, 2999u);
  EXPECT_TRUE(out->compact(pace_).ok());
  EXPECT_TRUE(verify_store(place_)->problems.empty());
}

TEST_F(writer_vectors, a_check_that_was_stopped_says_nothing_of_the_files) {
  auto out = open_writer();
  fill(*out);
  const Snapshot now = snapshot();
  class Stops : public Pace {
    bool stop_asked() const override { return true; }
  } stops;
  {
    const Pace::Scope scope(stops);
    EXPECT_EQ(now->without_damaged().status().code(), Code::kCancelled);
  }
  const auto whole = now->without_damaged();
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  EXPECT_EQ(*whole, nullptr);
}

TEST_F(writer_vectors, a_space_with_fewer_vectors_takes_over_only_if_that_is_meant) {
  auto out = open_writer();
  fill(*out);
  const SpaceId space = *out->add_space(fixture_space("second"));
  attach(*out, out->segments()[0].segment->id(), space, "second");
  const Status refused = out->activate_space(space);
  EXPECT_EQ(refused.code(), Code::kUnavailable);
  EXPECT_THAT(refused.message(), HasSubstr("which is searched now"));
  expect_model();
  EXPECT_TRUE(out->activate_space(space, Writer::Coverage::kAny).ok());
  EXPECT_GT(snapshot()->n_missing(space), 0u);
}

// A file of the right sums that says what cannot be.
TEST_F(writer_vectors, vectors_that_cannot_be_are_found) {
  auto out = open_writer();
  put(*out, "a", 0);
  put(*out, "b", 0);
  commit(*out);
  const SegmentId segment = out->segments()[0].segment->id();
  const auto problem_with = [&](const std::function<void(OwnedRow&)>& how) {
    OwnedRow row = fixture_row("x");
    how(row);
    const auto part = write_vectors(
        real_files(), folder_, {.segment = segment, .nonce = 5}, 2, out->spaces()[0],
        [&](std::uint32_t doc) { return doc == 0 ? std::optional(row.row()) : std::nullopt; });
    EXPECT_TRUE(part.ok()) << part.status().message();
    const auto file = VectorFile::open(folder_, segment, 2, *part, fixture_space());
    EXPECT_TRUE(file.ok()) << file.status().message();
    std::filesystem::remove(path(part->file));
    return (*file)->check().message();
  };
  EXPECT_EQ(problem_with([](OwnedRow&) {}), "");
  const auto is_found = HasSubstr("the vector of document 0 cannot be one");
  EXPECT_THAT(problem_with([](OwnedRow& row) { row.planes[1] = 0; }), is_found);
  EXPECT_THAT(problem_with([](OwnedRow& row) { row.planes[9] = 1; }), is_found);
  EXPECT_THAT(problem_with([](OwnedRow& row) { row.planes[64 + 9] = 1; }), is_found);
  EXPECT_THAT(problem_with([](OwnedRow& row) { row.factors.scale = 0; }), is_found);
  EXPECT_THAT(problem_with([](OwnedRow& row) { row.factors.norm2 = INFINITY; }), is_found);
}

}  // namespace quern::store
