#include <csignal>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kNli = QUERN_SOURCE_DIR "/tests/data/models/tiny-nli";
const std::string kEmbedder = QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32";

class claims_program : public ProgramTest {
 protected:
  Ended claims(const std::string& args) { return quern("claims " + args); }
  Ended verify(const std::string& claim, const std::string& args) {
    return claims("verify " + quoted(claim) + " --model " + kNli + " " + args);
  }

  std::string file(const std::string& name, const std::string& text) {
    folder_.write(name, text);
    return folder_.file(name);
  }

  std::string three_claims() {
    return file(
        "claims.jsonl",
        R"({"id": 1, "claim": "the cat sat", "evidence": ["the cat sat on it"]})"
        "\n"
        R"({"id": "b", "claim": "dogs run", "evidence": [{"text": "no dog runs", "source": "x"}]})"
        "\nno json\n\n"
        R"({"id": "d", "claim": "birds fly", "evidence": []})"
        "\n");
  }

  /// Somebody changes the database.
  void change(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(folder_.file("home/claims/claims.db").c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
};

}  // namespace

TEST_F(claims_program, given_evidence_is_judged_and_shown) {
  const Ended ended = verify("the cat sat", "--given 'the cat sat on the mat' --given 'a dog'");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("the cat sat on the mat"));
  EXPECT_THAT(ended.out, HasSubstr("evidence 2"));
  EXPECT_THAT(ended.out, HasSubstr("entailment"));
  EXPECT_THAT(ended.err, HasSubstr("kept as claim 1"));
}

TEST_F(claims_program, json_is_the_same_bytes_each_time_and_markdown_a_page) {
  const std::string args = "--given 'the cat sat on the mat' --json";
  const Ended first = verify("the cat sat", args);
  const Ended second = verify("the cat sat", args + " --threads 1 --no-keep");
  EXPECT_EQ(first.out, second.out);
  EXPECT_THAT(second.err, Not(HasSubstr("kept")));
  const json result = json::parse(first.out);
  EXPECT_EQ(result["claim"], "the cat sat");
  EXPECT_EQ(result["evidence"][0]["span"], (json{0, 22}));
  EXPECT_FALSE(result.contains("timings"));
  EXPECT_TRUE(json::parse(verify("the cat sat", args + " --timings").out).contains("timings"));
  const Ended page = verify("the cat sat", "--given '# a' --report");
  EXPECT_THAT(page.out, HasSubstr("# the cat sat\n\n**"));
  EXPECT_THAT(page.out, HasSubstr("> \\# a"));
}

TEST_F(claims_program, what_is_no_claim_is_refused_before_any_model_is_opened) {
  for (const char* claim : {"", " ", "?!"}) {
    const Ended ended = claims("verify --model no-such-model -- " + quoted(claim));
    EXPECT_EQ(ended.exit_code, 4) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("the claim"));
    EXPECT_EQ(ended.out, "");
  }
  const Ended long_one = verify(std::string(100'000, 'a'), "--given x");
  EXPECT_EQ(long_one.exit_code, 5) << long_one.err;
  EXPECT_THAT(long_one.err, HasSubstr("100000"));
  EXPECT_THAT(long_one.err, HasSubstr("20000"));
}

TEST_F(claims_program, models_that_are_not_there_or_judge_nothing_are_refused) {
  const Ended missing = claims("verify 'the cat sat' --given x");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("nli-scifact-minilm"));
  EXPECT_THAT(missing.err, HasSubstr("quickstart"));
  const Ended other = claims("verify 'the cat sat' --given x --model " + kEmbedder);
  EXPECT_EQ(other.exit_code, 4) << other.err;
  EXPECT_EQ(claims("verify 'the cat sat' --given x --model " QUERN_SOURCE_DIR
                   "/tests/data/models/tiny-camembert-none")
                .exit_code,
            3);
}

TEST_F(claims_program, an_unknown_corpus_says_which_there_are) {
  const Ended none = verify("the cat sat", "--corpus papers");
  EXPECT_EQ(none.exit_code, 3) << none.err;
  EXPECT_THAT(none.err, HasSubstr("'papers'"));
  EXPECT_THAT(none.err, HasSubstr("quern claims add"));
  EXPECT_EQ(verify("the cat sat", "").exit_code, 3);
}

TEST_F(claims_program, a_corpus_of_one_sentence_is_searched) {
  const std::string texts = file("one.jsonl", R"({"id": "s1", "text": "The cat sat on the mat."})");
  const Ended added = claims("add " + texts + " --corpus pets --model " + kEmbedder);
  ASSERT_EQ(added.exit_code, 0) << added.err;
  const Ended found = verify("the cat sat", "--corpus pets --json");
  ASSERT_EQ(found.exit_code, 0) << found.err;
  const json result = json::parse(found.out);
  EXPECT_EQ(result["corpus"], "pets");
  ASSERT_EQ(result["evidence"].size(), 1u);
  EXPECT_EQ(result["evidence"][0]["text"], "The cat sat on the mat.");
  EXPECT_EQ(verify("the cat sat", "--json").out, found.out);  // The only corpus there is.
  const json nothing = json::parse(verify("zebras", "--mode bm25 --json").out);
  EXPECT_EQ(nothing["verdict"], "NOT_ENOUGH_INFO");
  EXPECT_NE(nothing["reason"], "");
  EXPECT_EQ(claims("replay --all").exit_code, 0);
}

TEST_F(claims_program, a_batch_gives_a_line_for_each_and_a_bad_one_costs_itself) {
  const Ended ended = claims("batch " + three_claims() + " --model " + kNli);
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  const std::vector<json> lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["id"], "1");
  EXPECT_EQ(lines[1]["evidence"][0]["source"], "x");
  EXPECT_EQ(lines[2]["line"], 3);
  EXPECT_EQ(lines[2]["error"]["code"], "bad_input");
  EXPECT_EQ(lines[3]["verdict"], "NOT_ENOUGH_INFO");
  EXPECT_THAT(ended.err, HasSubstr("line 3"));
  const Ended piped = shell("cat " + three_claims() +
                            " | " QUERN_PROGRAM " claims batch - --no-keep -q --model " + kNli);
  EXPECT_EQ(piped.out, ended.out);
}

TEST_F(claims_program, a_batch_does_not_replace_its_claims) {
  const std::string in = three_claims();
  const std::string before = folder_.read("claims.jsonl");
  const Ended ended = claims("batch " + in + " --out " + in + " --model " + kNli);
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_THAT(ended.err, HasSubstr("the file of claims itself"));
  EXPECT_EQ(folder_.read("claims.jsonl"), before);
}

TEST_F(claims_program, numbers_out_of_range_and_flags_that_mean_nothing_are_refused) {
  for (const char* args : {"show abc", "show 0", "eval x --num-claims 0"}) {
    const Ended ended = claims(args);
    EXPECT_NE(ended.exit_code, 0) << args;
    EXPECT_LT(ended.err.size(), 400u) << ended.err;
  }
  EXPECT_NE(verify("the cat sat", "--given x --mode bm25").exit_code, 0);
  EXPECT_NE(verify("the cat sat", "--given x --filter 'date > \"2\"'").exit_code, 0);
}

TEST_F(claims_program, a_batch_that_is_killed_goes_on_where_it_was) {
  std::string claims_text;
  for (int i = 0; i < 200; ++i) {
    claims_text += R"({"id": )" + std::to_string(i) + R"(, "claim": "claim )" + std::to_string(i) +
                   R"(", "evidence": ["it is )" + std::to_string(i % 7) + R"( of them", "no"]})" +
                   "\n";
  }
  const std::string in = file("many.jsonl", claims_text);
  const std::string args = "claims batch " + in + " -q --checkpoint 0 --model " + kNli;
  const Ended alone = quern(args + " --no-keep");
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  const std::string out = folder_.file("out.jsonl");
  // Ended as soon as some lines are on the disk.
  const Ended killed = shell(QUERN_PROGRAM " " + args + " --out " + out +
                             " & job=$!; "
                             "until [ \"$(cat " +
                             out +
                             ".unfinished 2>/dev/null | wc -l)\" -gt 20 ];"
                             " do sleep 0.01; done; kill -9 $job; wait $job");
  EXPECT_EQ(killed.exit_code, 128 + SIGKILL) << killed.err;
  EXPECT_EQ(folder_.read("out.jsonl"), "");
  const Ended rest = quern(args + " --out " + out);
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(folder_.read("out.jsonl"), alone.out);
  const Ended replayed = claims("replay --all");
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_THAT(replayed.err, HasSubstr("200 of 200 claims"));
}

TEST_F(claims_program, what_was_judged_is_listed_shown_and_replayed) {
  const std::string out = verify("the cat sat", "--given 'the cat sat on the mat' --json").out;
  verify("dogs run", "--given 'no dog runs'");
  const Ended listed = claims("list --json");
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  const std::vector<json> heads = json_lines(listed.out);
  ASSERT_EQ(heads.size(), 2u);
  EXPECT_EQ(heads[0]["claim"], "dogs run");
  EXPECT_EQ(heads[1]["id"], 1);
  EXPECT_THAT(claims("list --limit 1").out, HasSubstr("dogs run"));
  EXPECT_EQ(claims("show 1 --json").out, out);
  EXPECT_THAT(claims("show 1").out, HasSubstr("the cat sat on the mat"));
  EXPECT_THAT(claims("show 1 --report").out, HasSubstr("# the cat sat"));
  EXPECT_EQ(claims("show 3").exit_code, 3);
  EXPECT_THAT(claims("replay 1").err, HasSubstr("1 of 1 claims give the same bytes"));
  EXPECT_THAT(claims("list --events").out, HasSubstr("replayed"));
  EXPECT_EQ(claims("replay").exit_code, 4);
}

TEST_F(claims_program, an_altered_logit_fails_the_replay) {
  verify("the cat sat", "--given 'the cat sat on the mat'");
  verify("dogs run", "--given 'no dog runs'");
  change("UPDATE nli SET logits = x'0000803f' || substr(logits, 5) WHERE claim = 2");
  const Ended replayed = claims("replay --all");
  EXPECT_EQ(replayed.exit_code, 4);
  EXPECT_THAT(replayed.err, HasSubstr("claim 2 is not what was judged"));
  EXPECT_THAT(replayed.err, HasSubstr("logits.entailment is 1.0"));
  EXPECT_THAT(replayed.err, HasSubstr("1 of 2 claims"));
}

TEST_F(claims_program, commands_without_a_database_or_with_another_file_say_so) {
  EXPECT_EQ(claims("list").exit_code, 3);
  EXPECT_EQ(claims("replay --all").exit_code, 3);
  shell(
      "mkdir -p $QUERN_HOME/claims && head -c 5000 /dev/zero | tr '\\0' x > "
      "$QUERN_HOME/claims/claims.db");
  const Ended listed = claims("list");
  EXPECT_EQ(listed.exit_code, 4) << listed.err;
  EXPECT_THAT(listed.err, HasSubstr("claims.db"));
  const Ended judged = verify("the cat sat", "--given x");
  EXPECT_EQ(judged.exit_code, 6);
  EXPECT_NE(judged.out, "");  // The verdict is given all the same.
  EXPECT_EQ(verify("the cat sat", "--given x --no-keep").exit_code, 0);
  EXPECT_THAT(judged.err, HasSubstr("the claim is not kept"));
}

TEST_F(claims_program, an_evaluation_says_how_good_and_how_fast) {
  const std::string gold =
      file("gold.jsonl",
           R"({"claim": "the cat sat", "label": "SUPPORTED", "evidence": ["the cat sat on it"]})"
           "\n"
           R"({"claim": "dogs run", "label": "CONTRADICT", "evidence": ["no dog runs"]})"
           "\n"
           R"({"claim": "birds fly", "label": "NOT ENOUGH INFO", "evidence": []})"
           "\n");
  const Ended table = claims("eval " + gold + " --warmup --verbose --model " + kNli);
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("3 claims: accuracy"));
  for (const char* row : {"Embedding", "Retrieval", "NLI", "Aggregation", "Database", "Overhead",
                          "Total", "OVERALL"}) {
    EXPECT_THAT(table.out, HasSubstr(row));
  }
  EXPECT_THAT(table.err, HasSubstr("birds fly"));
  const json result = json::parse(
      claims("eval " + gold + " --num-claims 2 --evidence-count 3 --json --model " + kNli).out);
  EXPECT_EQ(result["labels"]["claims"], 2);
  EXPECT_TRUE(result["stages"]["nli"]["average_ms"].is_number());
  const Ended unlabelled = claims("eval " + three_claims() + " --model " + kNli);
  EXPECT_EQ(unlabelled.exit_code, 4);
  EXPECT_THAT(unlabelled.err, HasSubstr("line 1"));
  EXPECT_THAT(shell("ls $QUERN_HOME/claims").out, Not(HasSubstr("eval")));
}

}  // namespace quern::cli
