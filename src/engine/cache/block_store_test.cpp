#include "engine/cache/block_store.h"

#include <set>

#include <gtest/gtest.h>

namespace quern::engine {

TEST(block_store, takes_chunks_of_what_is_free_and_gives_them_back) {
  ByteLedger ledger(3 * BlockStore::kChunkBytes);
  BlockStore store(ledger, "blocks");
  EXPECT_EQ(store.take(), BlockStore::kNone);
  EXPECT_TRUE(store.grow() && store.grow() && store.grow());
  EXPECT_FALSE(store.grow());
  EXPECT_EQ(ledger.used_bytes(), 3 * BlockStore::kChunkBytes);
  std::set<BlockStore::Id> taken;
  for (std::size_t i = 0; i < 3 * BlockStore::kBlocksPerChunk; ++i) taken.insert(store.take());
  EXPECT_EQ(taken.size(), 3 * BlockStore::kBlocksPerChunk);
  EXPECT_EQ(store.take(), BlockStore::kNone);
  EXPECT_EQ(store.n_free(), 0u);

  for (const BlockStore::Id id : taken) {
    if (id >= BlockStore::kBlocksPerChunk) store.give(id);
  }
  store.give(5);
  store.retire_behind(1);
  EXPECT_EQ(store.n_free(), 1u);
  EXPECT_TRUE(store.is_retired(BlockStore::kBlocksPerChunk));
  store.drop_retired();
  EXPECT_EQ(ledger.used_bytes(), BlockStore::kChunkBytes);
  EXPECT_EQ(store.take(), 5u);
  EXPECT_EQ(store.take(), BlockStore::kNone);
}

TEST(block_store, what_is_given_in_a_retired_chunk_is_not_handed_out) {
  ByteLedger ledger(1 << 20);
  BlockStore store(ledger, "blocks");
  ASSERT_TRUE(store.grow());
  const BlockStore::Id id = store.take();
  store.retire_behind(0);
  store.give(id);
  EXPECT_EQ(store.take(), BlockStore::kNone);
  store.drop_retired();
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

}  // namespace quern::engine
