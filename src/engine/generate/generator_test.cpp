// Generation through the generator and the engine, on the small random decoders of tests/data: what
// a sequence says depends on itself alone, whatever runs beside it.

#include "engine/generate/generator.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "base/fake_reclaimer.h"
#include "base/pace.h"
#include "engine/fair_shares.h"
#include "engine/generate/generation_plan.h"

namespace quern::engine {
namespace {

using text::TokenId;

/// Every id of the fixtures' vocabulary is one letter, but for two halves of a character.
std::shared_ptr<const text::TextEncoder> letters(int n_vocab) {
  text::TokenizerSpec spec;
  spec.model = text::TokenizerSpec::Model::kBpe;
  spec.normalizers = {text::Replace{text::string_pattern(" "), text::kSpaceMark}};
  spec.bpe.byte_fallback = true;
  for (int i = 0; i < n_vocab; ++i) {
    spec.vocab.push_back(i == 0   ? "<unk>"
                         : i == 4 ? "<0xC3>"
                         : i == 5 ? "<0xA9>"
                                  : std::string(1, static_cast<char>('?' + i)));
    spec.scores.push_back(0);
  }
  spec.unk_id = 0;
  Result<text::TextEncoder> encoder = text::TextEncoder::make(spec);
  if (!encoder.ok()) ADD_FAILURE() << encoder.status().message();
  return std::make_shared<const text::TextEncoder>(std::move(*encoder));
}

/// Answers so far: all tests of a process run one after another.
int n_answers = 0;

/// A generator that gives its own lanes turns, as the scheduler does.
class Turns : public Generator {
 public:
  using Generator::Generator;

  /// One step of one lane; how many answers came of it, or of a sweep before it.
  int step() {
    const int n_before = n_answers;
    std::atomic<bool> sweep{false};
    accept(sweep);
    std::vector<std::shared_ptr<Lane>> lanes;
    add_lanes(lanes);
    for (const auto& lane : lanes) lane->sweep(Sweep::kDue);
    const std::shared_ptr<Lane> lane = shares_.pick(lanes);
    lanes.clear();
    if (lane != nullptr) {
      lane->step(Shortage::kMakeRoom);
      shares_.charge(*lane, 1);
    }
    return n_answers - n_before;
  }

 private:
  FairShares shares_;
};

class GeneratorTest : public testing::Test {
 protected:
  std::shared_ptr<const GenerativeModel> load(const std::string& name) {
    auto card = std::make_shared<ModelCard>();
    card->name = name;
    DecoderFacts facts;
    facts.model =
        *formats::read_decoder(std::string(QUERN_SOURCE_DIR) + "/tests/data/decoders/" + name);
    facts.model.end_ids = {2};
    card->encoder = letters(facts.model.config.n_vocab);
    card->facts = std::move(facts);
    auto model = std::make_shared<GenerativeModel>();
    Result<models::Decoder> decoder =
        models::load_decoder(card->as_decoder().model, weights_, pool_);
    if (!decoder.ok()) ADD_FAILURE() << decoder.status().message();
    model->decoder = std::move(*decoder);
    model->card = card;
    return model;
  }

  struct Answer {
    std::vector<TokenId> ids;
    std::string text;
    GenerateResult result;
    bool done = false;
    std::vector<GeneratedToken> tokens;
    bool operator==(const Answer& o) const { return ids == o.ids && text == o.text; }
  };

  std::shared_ptr<GenerationJob> job(const std::shared_ptr<const GenerativeModel>& model,
                                     GenerateRequest request, std::vector<TokenId> prompt,
                                     Answer& answer) {
    auto job = std::make_shared<GenerationJob>(std::move(request), model, std::move(prompt));
    job->on_delta = [&answer](const GenerateDelta& d) {
      for (const GeneratedToken& t : d.tokens) {
        answer.ids.push_back(t.id);
        answer.tokens.push_back(t);
      }
      answer.text += d.text;
    };
    job->done = [&answer](GenerateResult r) {
      EXPECT_FALSE(answer.done);
      answer.done = true;
      ++n_answers;
      answer.result = std::move(r);
    };
    return job;
  }

  static std::vector<TokenId> prompt(int n, int seed = 1) {
    std::vector<TokenId> out;
    for (int i = 0; i < n; ++i) out.push_back(3 + (i * 7 + seed * 13 + i * i * seed) % 57);
    return out;
  }

  Answer alone(const std::shared_ptr<const GenerativeModel>& model, const GenerateRequest& request,
               const std::vector<TokenId>& ids) {
    Turns generator(pool_, arena_, ledger_, {.max_prefixes = 0});
    Answer answer;
    generator.submit(job(model, request, ids, answer));
    for (int i = 0; i < 2000 && !answer.done; ++i) generator.step();
    EXPECT_TRUE(answer.done);
    return answer;
  }

  ByteLedger weights_{1u << 30};
  ByteLedger ledger_{1u << 30};
  ThreadPool pool_{2};
  Arena arena_{ledger_};
};

GenerateRequest request(int max_tokens, std::uint64_t seed = 1) {
  GenerateRequest r;
  r.max_tokens = max_tokens;
  r.sampling.seed = seed;
  r.ignore_end = true;
  return r;
}

TEST_F(GeneratorTest, ends_after_max_tokens_and_counts) {
  const Answer a = alone(load("llama"), request(10), prompt(20));
  EXPECT_EQ(a.ids.size(), 10u);
  EXPECT_EQ(a.result.finish, FinishReason::kLength);
  EXPECT_EQ(a.result.n_prompt_tokens, 20);
  EXPECT_EQ(a.result.n_tokens, 10);
  EXPECT_TRUE(a.result.status.ok());
}

TEST_F(GeneratorTest, an_end_token_without_a_logit_is_no_place_to_write_to) {
  const auto model = load("llama");
  const Answer want = alone(model, request(5), prompt(20));
  // 61 rows of logits.
  const auto card = std::const_pointer_cast<ModelCard>(model->card);
  std::get<DecoderFacts>(card->facts).model.end_ids = {2, 61, 1 << 28};
  EXPECT_EQ(alone(model, request(5), prompt(20)), want);
}

TEST_F(GeneratorTest, same_seed_same_text_other_seed_another) {
  const auto model = load("llama");
  EXPECT_EQ(alone(model, request(40, 5), prompt(9)), alone(model, request(40, 5), prompt(9)));
  EXPECT_NE(alone(model, request(40, 5), prompt(9)).ids,
            alone(model, request(40, 6), prompt(9)).ids);
}

TEST_F(GeneratorTest, what_runs_beside_changes_nothing) {
  for (const char* name : {"llama", "gemma3", "mistral"}) {
    const auto model = load(name);
    std::vector<Answer> want(12);
    for (int i = 0; i < 12; ++i) {
      want[i] = alone(model, request(5 + 3 * i, i), prompt(1 + 13 * i, i));
    }
    std::vector<Answer> got(12);
    Turns generator(pool_, arena_, ledger_, {.max_sequences = 5, .prompt_chunk = 17});
    for (int i = 0; i < 12; ++i) {
      generator.submit(job(model, request(5 + 3 * i, i), prompt(1 + 13 * i, i), got[i]));
      generator.step();  // They join while others run.
    }
    int n_ended = 0;
    for (int i = 0; i < 3000 && n_ended < 12; ++i) n_ended += generator.step();
    for (int i = 0; i < 12; ++i) EXPECT_EQ(got[i], want[i]) << name << " " << i;
  }
}

TEST_F(GeneratorTest, a_kept_prefix_gives_the_same_text_and_is_counted) {
  for (const char* name : {"llama", "gemma3"}) {
    const auto model = load(name);
    const std::vector<TokenId> first = prompt(150);
    const Answer cold = alone(model, request(20), first);
    Turns generator(pool_, arena_, ledger_, {});
    Answer warm_up, again, longer;
    generator.submit(job(model, request(20), first, warm_up));
    while (!warm_up.done) generator.step();
    generator.submit(job(model, request(20), first, again));
    while (!again.done) generator.step();
    EXPECT_EQ(again, cold);
    EXPECT_EQ(again.result.n_cached_tokens, 128);
    // The answer's tokens are kept too: the next turn of a chat.
    std::vector<TokenId> next = first;
    next.insert(next.end(), cold.ids.begin(), cold.ids.end());
    next.resize(200, 9);
    generator.submit(job(model, request(20), next, longer));
    while (!longer.done) generator.step();
    EXPECT_EQ(longer, alone(model, request(20), next));
    EXPECT_GE(longer.result.n_cached_tokens, 128);
  }
}

// Phi-3's long rope: 64 positions in this fixture turn by the short factors. As in transformers,
// the context as it is decides, and at the border all of it is computed again.
TEST_F(GeneratorTest, a_long_rope_depends_on_the_context_alone) {
  const auto model = load("phi3_long");
  GenerateRequest r = request(40);
  r.n_logprobs = 0;
  r.sampling.temperature = 0;
  const std::vector<TokenId> first = prompt(40);
  const Answer a = alone(model, r, first);
  ASSERT_EQ(a.tokens.size(), 40u);
  std::vector<TokenId> context = first;
  GenerateRequest one = r;
  one.max_tokens = 1;
  for (std::size_t i = 0; i < 40; ++i) {
    const Answer fresh = alone(model, one, context);
    ASSERT_EQ(fresh.ids[0], a.ids[i]) << i;
    EXPECT_EQ(fresh.tokens[0].logprob, a.tokens[i].logprob) << i;
    context.push_back(a.ids[i]);
  }
  r.max_tokens = 2;
  EXPECT_EQ(alone(model, r, first).tokens[0].logprob, a.tokens[0].logprob);
}

TEST_F(GeneratorTest, a_prefix_is_reused_under_its_own_rope_only) {
  const auto model = load("phi3_long");
  GenerateRequest r = request(3);
  r.n_logprobs = 0;
  const std::vector<TokenId> longer = prompt(150);
  const std::vector<TokenId> shorter(longer.begin(), longer.begin() + 64);
  const Answer want = alone(model, r, longer);
  Turns generator(pool_, arena_, ledger_, {});
  const auto ask = [&](const std::vector<TokenId>& ids) {
    Answer answer;
    generator.submit(job(model, r, ids, answer));
    while (!answer.done) generator.step();
    return answer;
  };
  r.max_tokens = 1;
  ask(shorter);  // A whole page, by the short factors.
  r.max_tokens = 3;
  const Answer cold = ask(longer);
  EXPECT_EQ(cold, want);
  EXPECT_EQ(cold.tokens[0].logprob, want.tokens[0].logprob);
  EXPECT_EQ(cold.result.n_cached_tokens, 0);
  const Answer warm = ask(longer);
  EXPECT_EQ(warm.tokens[0].logprob, want.tokens[0].logprob);
  EXPECT_EQ(warm.result.n_cached_tokens, 128);
}

TEST_F(GeneratorTest, out_of_pages_a_sequence_is_set_back_and_says_the_same) {
  const auto model = load("llama");
  std::vector<Answer> want(6);
  for (int i = 0; i < 6; ++i) want[i] = alone(model, request(120, i), prompt(60, i));
  // Room for three sequences of 180 tokens; six fit as they begin.
  const std::size_t page =
      64 * 2 * 8 * 2 * 2 * 2;  // Positions, heads, width; k and v; f16; layers.
  const std::size_t arena_bytes =
      models::decoder_scratch_bytes(model->decoder, kernels::KvType::kF16, 6 * 60, 6, 2) +
      6 * 61 * 4 + 64;
  ByteLedger tight(arena_bytes + 11 * page);
  Arena arena(tight);
  Turns generator(pool_, arena, tight, {.reserved_ahead = 8, .max_prefixes = 4});
  std::vector<Answer> got(6);
  for (int i = 0; i < 6; ++i) {
    GenerateRequest r = request(120, i);
    r.work_class = i % 2 == 1 ? WorkClass::kBulk : WorkClass::kInteractive;
    generator.submit(job(model, r, prompt(60, i), got[i]));
  }
  int n_ended = 0;
  for (int i = 0; i < 5000 && n_ended < 6; ++i) n_ended += generator.step();
  EXPECT_GT(generator.counters().n_set_back, 0);
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(got[i].result.status.ok()) << got[i].result.status.message();
    EXPECT_EQ(got[i], want[i]) << i;
  }
}

TEST_F(GeneratorTest, a_prompt_that_no_memory_holds_fails_alone) {
  const auto model = load("llama");
  ByteLedger tiny(4096);
  Arena arena(tiny);
  Turns generator(pool_, arena, tiny, {});
  Answer answer;
  generator.submit(job(model, request(5), prompt(100), answer));
  EXPECT_EQ(generator.step(), 1);
  EXPECT_EQ(answer.result.status.code(), Code::kTooLarge);
}

TEST_F(GeneratorTest, a_cancelled_one_leaves_at_once_and_others_go_on) {
  const auto model = load("llama");
  Turns generator(pool_, arena_, ledger_, {});
  Answer a, b;
  const auto first = job(model, request(200), prompt(20), a);
  generator.submit(first);
  generator.submit(job(model, request(30), prompt(9, 2), b));
  for (int i = 0; i < 5; ++i) generator.step();
  first->cancelled = true;
  EXPECT_EQ(generator.step(), 1);
  EXPECT_EQ(a.result.status.code(), Code::kCancelled);
  EXPECT_EQ(generator.counters().n_running, 1);
  while (!b.done) generator.step();
  EXPECT_EQ(b, alone(model, request(30), prompt(9, 2)));
  EXPECT_EQ(generator.counters().n_running, 0);
}

TEST_F(GeneratorTest, a_cancelled_one_that_ran_alone_is_not_counted_as_running) {
  Turns generator(pool_, arena_, ledger_, {});
  Answer a;
  const auto only = job(load("llama"), request(200), prompt(20), a);
  generator.submit(only);
  generator.step();
  EXPECT_EQ(generator.counters().n_running, 1);
  only->cancelled = true;
  generator.step();
  EXPECT_TRUE(a.done);
  EXPECT_EQ(generator.counters().n_running, 0);
}

TEST_F(GeneratorTest, a_deadline_ends_an_answer_with_what_it_has) {
  Turns generator(pool_, arena_, ledger_, {});
  Answer a;
  GenerateRequest r = request(0);
  r.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  r.context = ContextPolicy::kSlide;
  generator.submit(job(load("llama"), r, prompt(20), a));
  while (!a.done) generator.step();
  EXPECT_EQ(a.result.status.code(), Code::kDeadline);
  EXPECT_NE(a.result.status.message().find("tokens"), std::string::npos);
}

TEST_F(GeneratorTest, stop_strings_cut_the_text_across_tokens) {
  const auto model = load("llama");
  const Answer whole = alone(model, request(60), prompt(20));
  ASSERT_GT(whole.text.size(), 30u);
  GenerateRequest r = request(60);
  r.stop = {"never there at all", whole.text.substr(20, 4)};
  const std::size_t at = whole.text.find(r.stop[1]);
  const Answer cut = alone(model, r, prompt(20));
  EXPECT_EQ(cut.text, whole.text.substr(0, at));
  EXPECT_EQ(cut.result.finish, FinishReason::kStop);
}

TEST_F(GeneratorTest, a_full_context_ends_the_answer_or_slides) {
  const auto model = load("llama");  // 256 positions.
  Answer refused = alone(model, request(0), prompt(200));
  EXPECT_EQ(refused.result.finish, FinishReason::kLength);
  EXPECT_EQ(refused.result.n_tokens, 57);  // The last one needs no position any more.
  GenerateRequest r = request(300);
  r.context = ContextPolicy::kSlide;
  r.n_kept = 10;
  const Answer slid = alone(model, r, prompt(200));
  EXPECT_EQ(slid.result.n_tokens, 300);
  EXPECT_TRUE(std::equal(refused.ids.begin(), refused.ids.end(), slid.ids.begin()));
}

TEST_F(GeneratorTest, logprobs_are_those_of_the_distribution) {
  const auto model = load("llama");
  GenerateRequest r = request(8);
  r.n_logprobs = 60;
  r.sampling.temperature = 0;
  const Answer a = alone(model, r, prompt(20));
  for (const GeneratedToken& t : a.tokens) {
    ASSERT_EQ(t.top.size(), 60u);
    double sum = 0;
    for (const TokenProbability& p : t.top) sum += std::exp(static_cast<double>(p.logprob));
    EXPECT_NEAR(sum, 1, 0.2);  // 60 of 61.
    EXPECT_TRUE(std::is_sorted(t.top.begin(), t.top.end(),
                               [](const auto& x, const auto& y) { return x.logprob > y.logprob; }));
    EXPECT_TRUE(t.top[0].id == t.id || t.top[0].id == 2);
  }
}

TEST_F(GeneratorTest, damaged_weights_fail_their_sequence_only) {
  auto damaged = std::const_pointer_cast<GenerativeModel>(load("llama"));
  const auto sound = load("qwen2");
  const auto norm = const_cast<float*>(damaged->decoder.final_norm.weight.data());
  norm[3] = std::nanf("");
  Turns generator(pool_, arena_, ledger_, {});
  Answer bad, good;
  generator.submit(job(damaged, request(10), prompt(20), bad));
  generator.submit(job(sound, request(10), prompt(20), good));
  for (int i = 0; i < 100; ++i) generator.step();
  EXPECT_EQ(bad.result.status.code(), Code::kBadInput);
  EXPECT_TRUE(good.result.status.ok());
  EXPECT_EQ(good.ids.size(), 10u);
}

TEST_F(GeneratorTest, a_cache_type_that_does_not_suit_the_heads_is_refused) {
  const auto model = load("llama");  // Heads of 8.
  EXPECT_TRUE(Generator(pool_, arena_, ledger_, {}).check(*model).ok());
  const Status status =
      Generator(pool_, arena_, ledger_, {.kv = kernels::KvType::kQ8_0}).check(*model);
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_NE(status.message().find("have 8"), std::string::npos) << status.message();
}

TEST_F(GeneratorTest, all_memory_comes_back) {
  const auto model = load("gemma3");
  {
    Turns generator(pool_, arena_, ledger_, {});
    std::vector<Answer> answers(4);
    for (int i = 0; i < 4; ++i)
      generator.submit(job(model, request(70), prompt(90, i), answers[i]));
    for (int i = 0; i < 1000 && !answers[3].done; ++i) generator.step();
    for (int i = 0; i < 10; ++i) generator.step();
    EXPECT_GT(ledger_.used_bytes(), 0u);  // Prefixes are kept,
    generator.reclaim(SIZE_MAX);
    arena_.reclaim(SIZE_MAX);
    EXPECT_EQ(ledger_.used_bytes(), 0u);  // but no longer than others want the memory.
  }
}

TEST_F(GeneratorTest, prompts_are_checked_against_the_model) {
  const auto model = load("llama");
  GenerateRequest r;
  const auto refusal = [&] { return check_prompt(*model, r, *prompt_ids(*model, r)); };
  r.ids = {{1, 2, 61}};
  EXPECT_EQ(refusal().message(), "token id 61 is outside the vocabulary of 61");
  r.ids = std::vector<TokenId>(257, 5);
  EXPECT_EQ(refusal().message(), "the prompt has 257 tokens, the model's context 256");
  r.ids = std::vector<TokenId>();
  EXPECT_EQ(refusal().code(), Code::kBadInput);
  r.ids = {{5}};
  EXPECT_TRUE(refusal().ok());
  r.sampling.top_p = 1.5f;
  EXPECT_EQ(prompt_ids(*model, r).status().message(), "top_p is 1.5, want 0 to 1");
}

TEST_F(GeneratorTest, an_answer_without_a_limit_holds_what_the_context_does) {
  const auto model = load("llama");  // 256 positions.
  const std::size_t bytes = generation_bytes(*model, request(200), 100);
  EXPECT_EQ(generation_bytes(*model, request(INT_MAX), 100), bytes);
  EXPECT_EQ(generation_bytes(*model, request(0), 100), bytes);
  const Answer a = alone(model, request(INT_MAX), prompt(200));
  EXPECT_EQ(a.result.finish, FinishReason::kLength);
  EXPECT_EQ(a.result.n_tokens, 57);
}

TEST_F(GeneratorTest, what_idle_models_keep_goes_while_another_runs) {
  const auto idle = load("llama");
  Turns generator(pool_, arena_, ledger_, {});
  Answer a, b;
  generator.submit(job(idle, request(5), prompt(100), a));
  while (!a.done) generator.step();
  const auto kept = [&](const char* tenant) {
    std::size_t bytes = 0;
    for (const ByteLedger::Tenant& t : ledger_.tenants()) bytes += t.name == tenant ? t.bytes : 0;
    return bytes;
  };
  EXPECT_GT(kept("kv/llama"), 0u);
  EXPECT_GT(idle.use_count(), 1);
  const auto running = job(load("qwen2"), request(5), prompt(20), b);
  running->on_delta = [&](const GenerateDelta&) {
    generator.reclaim(SIZE_MAX);
    EXPECT_EQ(kept("kv/llama"), 0u);
    EXPECT_EQ(idle.use_count(), 1);  // Nobody else holds the weights.
    EXPECT_GT(kept("kv/qwen2"), 0u);
  };
  generator.submit(running);
  while (!b.done) generator.step();
  EXPECT_EQ(b.result.n_tokens, 5);
}

TEST_F(GeneratorTest, a_reservation_takes_what_is_kept_of_idle_models_first) {
  const auto idle = load("llama");
  const auto busy = load("qwen2");
  Turns generator(pool_, arena_, ledger_, {});
  Answer a, b, c;
  generator.submit(job(idle, request(5), prompt(100), a));
  generator.submit(job(busy, request(5), prompt(200), b));
  while (!a.done || !b.done) generator.step();
  generator.submit(job(busy, request(50), prompt(10), c));
  generator.step();
  arena_.reclaim(SIZE_MAX);
  const std::size_t kept = generator.reclaimable_bytes();
  const std::size_t free = ledger_.free_bytes();
  EXPECT_FALSE(ledger_.reserve("weights/x", free + kept + 1).ok());
  EXPECT_EQ(generator.reclaimable_bytes(), kept);
  ASSERT_TRUE(ledger_.reserve("weights/x", free + 1).ok());
  EXPECT_EQ(idle.use_count(), 1);
  EXPECT_GT(generator.reclaimable_bytes(), 0u);
  ASSERT_TRUE(ledger_.reserve("weights/x", free + kept).ok());
  EXPECT_EQ(generator.reclaimable_bytes(), 0u);
  while (!c.done) generator.step();
  EXPECT_EQ(c, alone(busy, request(50), prompt(10)));
}

// Another thread wants memory again and again while answers are computed.
TEST_F(GeneratorTest, others_take_what_is_kept_and_answers_stay_the_same) {
  const auto model = load("llama");
  std::vector<Answer> want, got(12);
  for (int i = 0; i < 12; ++i) want.push_back(alone(model, request(20, i), prompt(90, i % 3)));
  std::atomic<bool> done{false};
  Turns generator(pool_, arena_, ledger_, {});
  std::thread other([&] {
    while (!done) generator.reclaim(1 + generator.reclaimable_bytes() / 2);
  });
  for (int i = 0; i < 12; ++i) {
    generator.submit(
        job(model, request(20, i), prompt(90, i % 3), got[static_cast<std::size_t>(i)]));
    while (i % 2 == 1 && !got[static_cast<std::size_t>(i)].done) generator.step();
  }
  done = true;
  other.join();
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_TRUE(got[i].done && got[i].result.status.ok()) << got[i].result.status.message();
    EXPECT_EQ(got[i], want[i]) << i;
  }
}

TEST_F(GeneratorTest, callbacks_find_the_arena_free) {
  Turns generator(pool_, arena_, ledger_, {});
  Answer a;
  const auto only = job(load("llama"), request(5), prompt(20), a);
  int n_told = 0;
  only->on_delta = [&](const GenerateDelta&) {
    ++n_told;
    arena_.reclaim(SIZE_MAX);
    for (const ByteLedger::Tenant& t : ledger_.tenants()) {
      if (t.name == "activations") {
        EXPECT_EQ(t.bytes, 0u);
      }
    }
  };
  generator.submit(only);
  while (!a.done) generator.step();
  EXPECT_GE(n_told, 5);
}

TEST_F(GeneratorTest, one_that_waits_for_pages_costs_others_nothing_while_it_does) {
  const auto model = load("llama");
  const kernels::KvShape shape{.type = kernels::KvType::kF16, .n_kv_heads = 2, .d_head = 8};
  const std::size_t page = shape.page_bytes() * 2;  // Layers.
  const std::size_t arena_bytes =
      models::decoder_scratch_bytes(model->decoder, kernels::KvType::kF16, 512, 2, 2) + 2 * 61 * 4 +
      64;
  ByteLedger tight(arena_bytes + 5 * page);
  Arena arena(tight);
  EXPECT_TRUE(arena.take(arena_bytes).ok());  // It keeps that: the rest is for pages.
  FakeReclaimer others(tight, ReclaimRank::kModels, "idle");
  others.hold(page);  // Too little to be of use.
  Turns generator(pool_, arena, tight, {.reserved_ahead = 8});
  Answer kept, again, runs, waits;
  generator.submit(job(model, request(1), prompt(70, 3), kept));  // Its first page stays.
  while (!kept.done) generator.step();
  generator.submit(job(model, request(50), prompt(60), runs));
  generator.step();
  generator.submit(job(model, request(2), prompt(250, 2), waits));  // Four pages.
  const int n_asked = others.n_asked();
  for (int i = 0; i < 20; ++i) generator.step();
  EXPECT_FALSE(runs.done);
  EXPECT_FALSE(waits.done);
  EXPECT_LE(others.n_asked() - n_asked, 3);
  EXPECT_EQ(others.reclaimable_bytes(), page);
  while (!runs.done) generator.step();
  while (!waits.done) generator.step();
  EXPECT_TRUE(runs.result.status.ok()) << runs.result.status.message();
  EXPECT_TRUE(waits.result.status.ok()) << waits.result.status.message();
}

// Asks between layers; the prompt's client goes at the `at`-th time.
class GoesAway : public Pace {
 public:
  GoesAway(GenerationJob& job, Generator& generator, int at)
      : job_(job), generator_(generator), at_(at) {}
  bool yield_asked() const override {
    if (++n_asked == at_) job_.cancelled = true;
    return false;
  }
  bool stop_asked() const override {
    std::vector<std::shared_ptr<Lane>> lanes;
    generator_.add_lanes(lanes);
    if (!lanes[0]->is_unwanted()) return false;
    ++n_stopped;
    return true;
  }
  mutable int n_asked = 0, n_stopped = 0;

 private:
  GenerationJob& job_;
  Generator& generator_;
  const int at_;
};

TEST_F(GeneratorTest, a_prompt_cancelled_in_its_midst_is_left_and_neighbours_say_the_same) {
  for (const char* name : {"llama", "gemma3"}) {
    const auto model = load(name);
    const Answer want = alone(model, request(40, 3), prompt(30, 2));
    int n_left = 0;
    for (int at = 1; at < 40; at += 3) {
      Turns generator(pool_, arena_, ledger_, {.prompt_chunk = 50});
      Answer neighbour, gone;
      generator.submit(job(model, request(40, 3), prompt(30, 2), neighbour));
      for (int i = 0; i < 3; ++i) generator.step();
      const auto prompted = job(model, request(5), prompt(240), gone);
      generator.submit(prompted);
      GoesAway pace(*prompted, generator, at);
      {
        const Pace::Scope scope(pace);
        for (int i = 0; i < 4; ++i) generator.step();
      }
      n_left += pace.n_stopped > 0 ? 1 : 0;
      for (int i = 0; i < 200 && !(neighbour.done && gone.done); ++i) generator.step();
      EXPECT_EQ(neighbour, want) << name << " " << at;
      if (pace.n_stopped > 0) {
        EXPECT_EQ(gone.result.status.code(), Code::kCancelled);
      }
    }
    EXPECT_GT(n_left, 0);
  }
}

}  // namespace
}  // namespace quern::engine
