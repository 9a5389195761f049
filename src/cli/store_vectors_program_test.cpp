// Stores with vectors as users of the program meet them.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

std::string model_path(const std::string& name) {
  return QUERN_SOURCE_DIR "/tests/data/models/" + name;
}

class store_vectors_program : public ProgramTest {
 protected:
  Ended create(const std::string& flags) {
    dir_ = folder_.file("papers");
    const Ended created = quern("store create " + dir_ + " " + flags);
    EXPECT_EQ(created.exit_code, 0) << created.err;
    return created;
  }

  Ended add(const std::string& lines, const std::string& flags = "") {
    const std::string texts = folder_.write("texts.jsonl", lines);
    return quern("store add " + dir_ + " --texts " + texts + " " + flags);
  }

  json stats() { return json::parse(quern("store stats --json " + dir_).out); }

  static std::string lines(int n) {
    std::string out;
    for (int i = 0; i < n; ++i) {
      out += "{\"id\":" + std::to_string(i) + ",\"title\":\"cat " + std::to_string(i) +
             "\",\"text\":\"the dog\"}\n";
    }
    return out;
  }

  std::string dir_;
};

}  // namespace

TEST_F(store_vectors_program, what_has_a_model_is_embedded_once_for_all_stores) {
  create("--model " + model_path("tiny-mean-f32"));
  const Ended added = add(lines(20));
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_PRED2(contains, added.err, "added 20 documents; 20 vectors (0 kept from before");
  EXPECT_EQ(stats()["vectors"][0]["missing"], 0);
  EXPECT_EQ(stats()["vectors"][0]["dims"], 32);
  EXPECT_PRED2(contains, quern("store stats " + dir_).out, "vectors     32 of ");
  const Ended again = add(lines(20));
  EXPECT_PRED2(contains, again.err, "added 0 documents, 20 unchanged");
  EXPECT_EQ(quern("store verify --rebuild " + dir_).exit_code, 0);

  const std::string other = folder_.file("other");
  ASSERT_EQ(quern("store create " + other + " --model " + model_path("tiny-mean-f32")).exit_code,
            0);
  const Ended shared = quern("store add " + other + " --texts " + folder_.file("texts.jsonl"));
  EXPECT_PRED2(contains, shared.err, "20 vectors (20 kept from before, 0 tokens embedded)");
  const std::string third = folder_.file("third");
  ASSERT_EQ(quern("store create " + third + " --model " + model_path("tiny-mean-f32")).exit_code,
            0);
  const Ended alone =
      quern("store add " + third + " --vector-log 0 --texts " + folder_.file("texts.jsonl"));
  EXPECT_PRED2(contains, alone.err, "20 vectors (0 kept from before");
}

TEST_F(store_vectors_program, vectors_may_come_later_and_be_those_of_another_model) {
  create("--model " + model_path("tiny-mean-f32"));
  ASSERT_EQ(add(lines(10), "--vectors none").exit_code, 0);
  EXPECT_EQ(stats()["vectors"][0]["missing"], 10);
  ASSERT_EQ(quern("store embed " + dir_).exit_code, 0);
  EXPECT_EQ(stats()["vectors"][0]["missing"], 0);
  const Ended changed = quern("store embed " + dir_ + " --model " + model_path("tiny-cls"));
  ASSERT_EQ(changed.exit_code, 0) << changed.err;
  ASSERT_EQ(stats()["vectors"].size(), 1u);
  EXPECT_PRED2(contains, stats()["vectors"][0]["model"].get<std::string>(), "tiny-cls");
  EXPECT_EQ(stats()["vectors"][0]["missing"], 0);
}

TEST_F(store_vectors_program, what_is_not_said_of_a_change_is_as_it_was) {
  create("--model " + model_path("tiny-mean-f32") + " --dimensions 16 --metric dot");
  ASSERT_EQ(add(lines(5)).exit_code, 0);
  ASSERT_EQ(quern("store embed " + dir_ + " --text-prompt 'passage: '").exit_code, 0);
  ASSERT_EQ(quern("store embed " + dir_ + " --query-prompt 'query: '").exit_code, 0);
  const json space = stats()["vectors"][0];
  EXPECT_EQ(space["dims"], 16);
  EXPECT_EQ(space["metric"], "dot");
  EXPECT_EQ(space["missing"], 0);
  const std::string at = model_path("tiny-mean-f32");
  const Ended same = quern("store embed " + dir_ + " --text-prompt 'passage: ' --model " + at);
  EXPECT_PRED2(contains, same.err, "added 0 documents in");
  ASSERT_EQ(quern("store embed " + dir_ + " --dimensions 8").exit_code, 0);
  EXPECT_EQ(stats()["vectors"][0]["dims"], 8);
}

TEST_F(store_vectors_program, what_becomes_of_long_texts_is_kept_with_the_store) {
  std::string words;
  for (int i = 0; i < 300; ++i) words += "the cat number " + std::to_string(i) + " ";
  const std::string line = "{\"id\":\"a\",\"text\":\"" + words + "\"}\n";
  create("--long-texts cut --model " + model_path("tiny-mean-f32"));
  const Ended mixed = add(line, "--long-texts mean");
  EXPECT_EQ(mixed.exit_code, 4);
  EXPECT_PRED2(contains, mixed.err, "by 'cut'");
  const Ended cut = add(line, "--long-texts cut");
  EXPECT_EQ(cut.exit_code, 0) << cut.err;
  EXPECT_PRED2(contains, cut.err, "1 vectors");
  ASSERT_EQ(quern("store embed " + dir_ + " --text-prompt 'passage: '").exit_code, 0);
  EXPECT_EQ(stats()["vectors"][0]["long_texts"], "cut");
  const Ended mean = quern("store embed " + dir_ + " --long-texts mean");
  EXPECT_PRED2(contains, mean.err, "1 vectors");
  EXPECT_EQ(stats()["vectors"][0]["long_texts"], "mean");
  EXPECT_EQ(stats()["vectors"][0]["missing"], 0);
  EXPECT_EQ(quern("store search " + dir_ + " 'cat number'").exit_code, 0);
}

TEST_F(store_vectors_program, a_model_that_moved_is_the_same_one) {
  const std::string before = folder_.file("before"), after = folder_.file("after");
  std::filesystem::create_directory_symlink(model_path("tiny-mean-f32"), before);
  create("--model " + before + " --dimensions 16");
  ASSERT_EQ(add(lines(5)).exit_code, 0);
  std::filesystem::rename(before, after);
  const Ended lost = quern("store search " + dir_ + " cat");
  EXPECT_EQ(lost.exit_code, 3);
  EXPECT_PRED2(contains, lost.err, "store embed DIR --model");
  EXPECT_EQ(quern("store search " + dir_ + " cat --mode bm25").exit_code, 0);
  const int generation = stats()["generation"];
  const Ended found = quern("store embed " + dir_ + " --vector-log 0 --model " + after);
  ASSERT_EQ(found.exit_code, 0) << found.err;
  EXPECT_PRED2(contains, found.err, "added 0 documents in");  // And no vectors.
  EXPECT_EQ(stats()["generation"], generation + 1);
  EXPECT_EQ(stats()["vectors"][0]["model"], after);
  EXPECT_EQ(stats()["vectors"][0]["dims"], 16);
  EXPECT_EQ(quern("store search " + dir_ + " cat").exit_code, 0);
}

TEST_F(store_vectors_program, a_model_may_come_after_the_documents) {
  create("");
  ASSERT_EQ(add(lines(5)).exit_code, 0);
  EXPECT_EQ(quern("store embed " + dir_).exit_code, 4);
  ASSERT_EQ(quern("store embed " + dir_ + " --model " + model_path("tiny-mean-f32")).exit_code, 0);
  EXPECT_EQ(stats()["vectors"][0]["missing"], 0);
}

TEST_F(store_vectors_program, vectors_may_be_brought_along) {
  create("--dims 3 --metric dot");
  const Ended added =
      add("{\"id\":\"a\",\"text\":\"x\",\"vector\":[1,2,3]}\n"
          "{\"id\":\"b\",\"text\":\"y\",\"vector\":[1,2]}\n",
          "--vectors given");
  EXPECT_EQ(added.exit_code, 1);
  EXPECT_PRED2(contains, added.err, "texts.jsonl line 2: ");
  EXPECT_EQ(stats()["vectors"][0]["metric"], "dot");
  EXPECT_EQ(stats()["vectors"][0]["missing"], 0);
  EXPECT_NE(quern("store create " + folder_.file("x") + " --dims 3 --model m").exit_code, 0);
}

TEST_F(store_vectors_program, a_store_takes_the_vectors_that_it_was_made_for) {
  const std::string brings = "{\"id\":\"a\",\"text\":\"x\",\"vector\":[1,2,3]}\n";
  create("--dims 3");
  ASSERT_EQ(add(brings).exit_code, 0);
  EXPECT_EQ(stats()["vectors"][0]["missing"], 0);
  dir_ = folder_.file("other");
  ASSERT_EQ(quern("store create " + dir_ + " --model " + model_path("tiny-mean-f32")).exit_code, 0);
  const Ended refused = add(brings + lines(1));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_PRED2(contains, refused.err, "document 'a' brings a \"vector\"");
  EXPECT_EQ(stats()["documents"], 1);
  EXPECT_PRED2(contains, add(brings, "--vectors given").err, "tiny-mean-f32");
  ASSERT_EQ(add(brings, "--vectors model").exit_code, 0);
  EXPECT_EQ(stats()["vectors"][0]["missing"], 0);
}

TEST_F(store_vectors_program, a_search_goes_by_both_sides_unless_it_says_otherwise) {
  create("--model " + model_path("tiny-mean-f32"));
  ASSERT_EQ(add(lines(20)).exit_code, 0);
  const std::string search = "store search " + dir_ + " --json ";
  const json both = json::parse(quern(search + "'cat 7'").out);
  EXPECT_EQ(both["mode"], "hybrid");
  EXPECT_EQ(both["hits"][0]["key"], "7");
  EXPECT_TRUE(both["hits"][0].contains("bm25"));
  EXPECT_TRUE(both["hits"][0].contains("dense"));
  EXPECT_EQ(both["approximate"], false);
  EXPECT_GT(both["timings"]["vector_ms"], 0);
  EXPECT_EQ(json::parse(quern(search + "7 --mode bm25").out)["hits"].size(), 1u);
  EXPECT_EQ(json::parse(quern(search + "cat --mode dense --exact --top 15").out)["hits"].size(),
            15u);
  const json explained = json::parse(quern(search + "'cat 7' --fusion rrf --explain").out);
  EXPECT_EQ(explained["hits"][0]["terms"].size(), 2u);
  const json reranked = json::parse(
      quern(search + "cat --rerank " + model_path("tiny-reranker") + " --rerank-top 5").out);
  EXPECT_EQ(reranked["reranked"], "5 of 5");
  EXPECT_TRUE(reranked["hits"][4].contains("rerank_score"));
  EXPECT_FALSE(reranked["hits"][5].contains("rerank_score"));
  EXPECT_EQ(quern("store search " + dir_ + " cat --fusion fitted").exit_code, 4);
  EXPECT_NE(quern("store search " + dir_ + " cat --fusion best").exit_code, 0);
  EXPECT_EQ(json::parse(quern(search + "cat --diversity 0.9").out)["hits"].size(), 10u);
  EXPECT_NE(quern(search + "cat --diversity 0.9 --group 2").exit_code, 0);
  for (const char* ranking : {"--mode bm25", "--alpha 0.5", "--rerank m", "--window 9", "--exact",
                              "--explain", "--diversity 0.5", "--deadline 5"}) {
    EXPECT_EQ(quern(search + "--regex cat " + ranking).exit_code, 2) << ranking;
  }
  EXPECT_EQ(quern(search + "--regex cat").exit_code, 0);
  EXPECT_NE(quern("store search " + dir_ + " cat --alpha 2").exit_code, 0);
  EXPECT_PRED2(contains, quern("store search " + dir_ + " cat --rrf-k 9").err, "--fusion rrf");
  EXPECT_PRED2(contains, quern("store search " + dir_ + " cat --fusion fitted --alpha 0.2").err,
               "no place");
}

TEST_F(store_vectors_program, how_the_sides_go_together_is_learnt_and_kept) {
  create("--model " + model_path("tiny-mean-f32"));
  ASSERT_EQ(add(lines(30)).exit_code, 0);
  std::string questions;
  std::string judged = "query\tdocument\tgain\n";
  for (int i = 0; i < 30; ++i) {
    questions += "{\"id\":\"q" + std::to_string(i) + "\",\"text\":\"" + std::to_string(i) + "\"}\n";
    judged += "q" + std::to_string(i) + "\t" + std::to_string(i) + "\t1\n";
  }
  const std::string flags = " --queries " + folder_.write("q.jsonl", questions) + " --qrels " +
                            folder_.write("qrels.tsv", judged);
  const Ended fit = quern("store fit " + dir_ + flags);
  ASSERT_EQ(fit.exit_code, 0) << fit.err;
  EXPECT_PRED2(contains, fit.err, "30 questions; nDCG@10 by words 1.0000");
  EXPECT_PRED2(contains, fit.err, "kept: ");
  const Ended gated = quern("store fit " + dir_ + flags + " --rerank-top 5 --rerank " +
                            model_path("tiny-reranker"));
  ASSERT_EQ(gated.exit_code, 0) << gated.err;
  EXPECT_PRED2(contains, gated.err, "of the questions, nDCG@10 ");
  const Ended reranked =
      quern("store search " + dir_ + " --json --queries " + folder_.file("q.jsonl") +
            " --rerank-top 5 --rerank " + model_path("tiny-reranker"));
  EXPECT_PRED2(contains, reranked.out, "\"reranked\":\"skipped: both sides agree\"");
  EXPECT_EQ(quern("store search " + dir_ + " 7 --fusion fitted").exit_code, 0);
  ASSERT_EQ(quern("store embed " + dir_ + " --model " + model_path("tiny-cls")).exit_code, 0);
  const Ended stale = quern("store search " + dir_ + " 7");
  EXPECT_EQ(stale.exit_code, 0);
  EXPECT_PRED2(contains, stale.err, "store fit");
  EXPECT_EQ(quern("store search " + dir_ + " 7 --fusion fitted").exit_code, 4);
}

TEST_F(store_vectors_program, questions_may_bring_their_vectors) {
  create("--dims 2");
  ASSERT_EQ(add("{\"id\":\"a\",\"text\":\"x\",\"vector\":[1,0]}\n"
                "{\"id\":\"b\",\"text\":\"x\",\"vector\":[0,1]}\n",
                "--vectors given")
                .exit_code,
            0);
  const std::string queries =
      folder_.write("q.jsonl", "{\"id\":\"1\",\"text\":\"x\",\"vector\":[0.1,1]}\n");
  const Ended found =
      quern("store search " + dir_ + " --queries " + queries + " --mode dense --run -");
  ASSERT_EQ(found.exit_code, 0) << found.err;
  EXPECT_TRUE(found.out.starts_with("1 Q0 b 1 ")) << found.out;
  EXPECT_EQ(quern("store search " + dir_ + " x --mode dense").exit_code, 4);
  EXPECT_EQ(quern("store search " + dir_ + " x").exit_code, 0);
}

TEST_F(store_vectors_program, what_cannot_be_is_said) {
  dir_ = folder_.file("papers");
  EXPECT_EQ(quern("store create " + dir_ + " --model nowhere").exit_code, 3);
  EXPECT_EQ(quern("store create " + dir_ + " --model " + model_path("tiny-nli")).exit_code, 4);
  create("");
  const Ended given = add("{\"id\":\"a\",\"text\":\"x\",\"vector\":[1]}\n", "--vectors given");
  EXPECT_EQ(given.exit_code, 4);
  EXPECT_PRED2(contains, given.err, "--dims");
  EXPECT_NE(add(lines(1), "--vectors some").exit_code, 0);
}

}  // namespace quern::cli
