#include "tensor/buffer.h"

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

namespace quern {

TEST(buffer, is_zeroed_aligned_and_in_the_ledger) {
  ByteLedger ledger(1 << 20);
  Result<Buffer> made = Buffer::make(ledger, "weights/x", 100000);
  ASSERT_TRUE(made.ok());
  Buffer& buffer = *made;
  EXPECT_EQ(buffer.size(), 100000u);
  EXPECT_EQ(ledger.used_bytes(), 100000u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % Buffer::kAlignment, 0u);
  EXPECT_TRUE(std::all_of(buffer.data(), buffer.data() + buffer.size(),
                          [](std::byte b) { return b == std::byte{0}; }));
  EXPECT_EQ(buffer.as<float>().size(), 25000u);
  buffer.as<float>()[24999] = 1.0f;
}

TEST(buffer, gives_its_bytes_back) {
  ByteLedger ledger(1000);
  {
    Result<Buffer> a = Buffer::make(ledger, "a", 600);
    ASSERT_TRUE(a.ok());
    Buffer moved = std::move(*a);
    EXPECT_EQ(ledger.used_bytes(), 600u);
    moved.as<char>()[599] = 'x';
    *a = std::move(moved);
    EXPECT_EQ(a->as<char>()[599], 'x');
  }
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(buffer, assigning_over_a_buffer_frees_it) {
  ByteLedger ledger(1000);
  Result<Buffer> a = Buffer::make(ledger, "a", 600);
  ASSERT_TRUE(a.ok());
  *a = Buffer();
  EXPECT_EQ(ledger.used_bytes(), 0u);
  EXPECT_EQ(a->size(), 0u);
}

TEST(buffer, over_budget_is_refused_before_memory_is_touched) {
  ByteLedger ledger(1000);
  const Result<Buffer> refused = Buffer::make(ledger, "a", 1001);
  EXPECT_EQ(refused.status().code(), Code::kExhausted);
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(buffer, more_than_the_system_has_is_refused_too) {
  ByteLedger ledger(SIZE_MAX);
  const Result<Buffer> refused = Buffer::make(ledger, "a", std::size_t{1} << 60);
  EXPECT_EQ(refused.status().code(), Code::kExhausted);
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(buffer, no_bytes_need_no_memory) {
  ByteLedger ledger(0);
  const Result<Buffer> empty = Buffer::make(ledger, "a", 0);
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->as<float>().empty());
}

}  // namespace quern
