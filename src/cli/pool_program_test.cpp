// The program's models over time: loaded ahead, kept, given up, told of, while others run.

#include "cli/test_program.h"
#include "cli/test_server_script.h"

namespace quern::cli {
namespace {

const std::string kModels = QUERN_SOURCE_DIR "/tests/data/models/";
const std::string kEmbedder = kModels + "tiny-mean-f32";

class pool_program : public ProgramTest {
 protected:
  Ended served(const std::string& script) {
    return shell("cd " + folder_.file("") + "; " + kServerScript +
                 "serve() { start serve \"$@\"; }\n" + script);
  }
};

}  // namespace

TEST_F(pool_program, models_are_loaded_ahead_while_the_server_listens) {
  const Ended ended = served("serve --model " + kEmbedder + " --model " + kModels + R"(tiny-nli
    until_seen '"id":"tiny-nli","loaded":true'
    )" QUERN_PROGRAM R"( ps $server; stop)");
  EXPECT_TRUE(contains(ended.out, "tiny-mean-f32  loaded")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "stopped: 0")) << ended.out << ended.err;
}

TEST_F(pool_program, a_model_that_cannot_be_loaded_ahead_ends_no_server) {
  const Ended ended = served("cp -r " + kEmbedder + " bad; echo nonsense >bad/model.safetensors; " +
                             "serve --model ./bad --model " + kEmbedder + R"(
    until_seen '"id":"tiny-mean-f32","loaded":true'
    post /v1/embeddings '{"model":"bad","input":"x"}'
    post /v1/embeddings '{"model":"tiny-mean-f32","input":"x"}'
    )" QUERN_PROGRAM R"( ps $server; cat messages; stop)");
  EXPECT_TRUE(contains(ended.out, "not loaded ahead: model 'bad'")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "it failed before, and is read again in")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "\"embedding\"")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "bad            failed")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "stopped: 0")) << ended.out;
  const Ended unknown = quern("serve --port 0 --model no-such-model");
  EXPECT_EQ(unknown.exit_code, 3) << unknown.err;
}

TEST_F(pool_program, models_go_when_they_were_idle_for_long_enough) {
  const Ended ended = served("serve --keep-alive 0.2 --model " + kEmbedder + R"(
    until_seen '"loads":1'
    until_seen '"loaded":false'
    post /v1/embeddings '{"model":"tiny-mean-f32","input":"x","keep_alive":-1}' >one
    sleep 0.5; get /quern/models; echo
    post /v1/embeddings '{"model":"tiny-mean-f32","input":"x","keep_alive":0}' >two
    until_seen '"loaded":false'
    get /quern/models; cmp one two && echo same; stop)");
  EXPECT_FALSE(contains(ended.out, "never")) << ended.out;
  EXPECT_TRUE(contains(ended.out, R"("loaded":true)")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, R"("requests":3,"running":0,"loads":2)")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "same")) << ended.out;
}

TEST_F(pool_program, a_generator_goes_with_its_keys_and_values) {
  const Ended ended = served("serve --lazy --model " + std::string(QUERN_SOURCE_DIR) +
                             R"(/tests/data/decoders/tiny-chat.gguf
    ask() { post /v1/completions '{"model":"tiny-chat","prompt":"the","max_tokens":4,"keep_alive":'$1'}'; }
    ask -1; get /quern/models
    ask 0; until_seen '"loaded":false'
    exchange GET /metrics "" | grep 'memory_tenant_bytes.*chat'
    ask '"1h"'; )" QUERN_PROGRAM R"( clear $server; get /quern/models; stop)");
  EXPECT_TRUE(contains(ended.out, R"("loaded":true)")) << ended.out << ended.err;
  EXPECT_FALSE(contains(ended.out, "never")) << ended.out;
  for (const char* tenant : {"weights", "kv", "tokenizer"}) {
    const std::string none = std::string("{tenant=\"") + tenant + "/tiny-chat\"} 0\n";
    EXPECT_TRUE(contains(ended.out, none)) << tenant << ended.out;
  }
  EXPECT_TRUE(contains(ended.out, "prefixes and idle pages of keys and values")) << ended.out;
  EXPECT_TRUE(contains(ended.out, R"("loaded":false,"bytes":0,"requests":3)")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "stopped: 0")) << ended.out;
}

TEST_F(pool_program, a_model_is_kept_as_the_configuration_says) {
  folder_.write("q.toml", "[models.\"" + kEmbedder + "\"]\nkeep-alive = \"0.1s\"\n");
  const Ended ended = served("export QUERN_CONFIG=q.toml; serve --model " + kEmbedder + R"(
    until_seen '"loads":1'
    until_seen '"loaded":false'; stop)");
  EXPECT_FALSE(contains(ended.out, "never")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "stopped: 0")) << ended.out << ended.err;
  folder_.write("bad.toml", "[models.b]\nkeep-alive = \"soon\"\n");
  const Ended bad = quern("--config " + folder_.file("bad.toml") + " serve --port 0");
  EXPECT_EQ(bad.exit_code, 4) << bad.err;
  EXPECT_TRUE(contains(bad.err, "line 1") && contains(bad.err, "'soon'")) << bad.err;
}

TEST_F(pool_program, warm_packs_weights_and_has_a_server_load_them) {
  const Ended packed = quern("warm " + kEmbedder + " " + kModels + "tiny-nli");
  EXPECT_EQ(packed.exit_code, 0) << packed.err;
  EXPECT_TRUE(contains(packed.err, "tiny-mean-f32: ")) << packed.err;
  EXPECT_TRUE(contains(packed.err, "tiny-nli: ")) << packed.err;
  EXPECT_TRUE(contains(shell("ls $QUERN_HOME/packed").out, ".qpk"));
  EXPECT_EQ(quern("warm no-such-model " + kEmbedder).exit_code, 3);
  const Ended off = quern("warm " + kEmbedder, "QUERN_PACKED=off");
  EXPECT_EQ(off.exit_code, 4);

  const Ended served_one = served("serve --lazy --model " + kEmbedder + R"(
    get /quern/models
    )" QUERN_PROGRAM R"( warm $server tiny-mean-f32; echo "warmed: $?"
    )" QUERN_PROGRAM R"( warm $server tiny-maen-f32; echo "unknown: $?"
    get /quern/models; stop)");
  EXPECT_TRUE(contains(served_one.out, R"("data":[])")) << served_one.out;
  EXPECT_TRUE(contains(served_one.out, "warmed: 0")) << served_one.out << served_one.err;
  EXPECT_TRUE(contains(served_one.out, "unknown: 3")) << served_one.out << served_one.err;
  EXPECT_TRUE(contains(served_one.out, R"("loaded":true)")) << served_one.out;
}

TEST_F(pool_program, clear_has_a_server_give_memory_back) {
  const Ended ended =
      served("export QUERN_API_KEY=secret; serve --model " + kEmbedder +
             R"(
    for i in $(seq 400); do )" QUERN_PROGRAM
             R"( ps $server --json | grep -q '"loaded":true' && break; sleep 0.02; done
    )" QUERN_PROGRAM R"( clear $server; echo "cleared: $?"
    )" QUERN_PROGRAM R"( ps $server
    )" QUERN_PROGRAM R"( clear $server --api-key wrong; echo "wrong: $?"
    stop
    )" QUERN_PROGRAM R"( clear $server; echo "nobody: $?")");
  EXPECT_TRUE(contains(ended.out, "weights of idle models")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "in all")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "cleared: 0")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "tiny-mean-f32  not loaded")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "wrong: 4")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "nobody: 7")) << ended.out << ended.err;
}

TEST_F(pool_program, what_is_no_time_is_refused) {
  for (const char* wrong : {"soon", "''", "'5 m'"}) {
    const Ended ended = quern(std::string("serve --keep-alive ") + wrong);
    EXPECT_EQ(ended.exit_code, 2) << wrong;
    EXPECT_TRUE(contains(ended.err, "--keep-alive")) << ended.err;
  }
  EXPECT_EQ(quern("serve --max-queue 0").exit_code, 2);
}

}  // namespace quern::cli
