#include "engine/texts/text_stream.h"

#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "formats/test_folder.h"

namespace quern::engine {
namespace {

/// Answers each text with its length, from threads of its own and in any order; texts "bad" fail.
class FakeEngine final : public Engine {
 public:
  ~FakeEngine() override {
    for (std::thread& t : threads_) t.join();
  }

  std::shared_ptr<Ticket> submit(Request request, std::function<void(Response)> done) override {
    struct NoTicket final : Ticket {
      void cancel() override {}
    };
    const int n_inside = n_inside_ += static_cast<int>(request.inputs.size());
    n_most_inside = std::max(n_most_inside, n_inside);
    threads_.emplace_back([this, request = std::move(request), done = std::move(done),
                           delay = std::chrono::microseconds(random_() % 2000)] {
      std::this_thread::sleep_for(delay);
      n_inside_ -= static_cast<int>(request.inputs.size());
      done(answer(request));
    });
    return std::make_shared<NoTicket>();
  }

  Response run(Request request) override { return answer(request); }

  std::shared_ptr<Ticket> generate(GenerateRequest, OnDelta, OnGenerated) override {
    return nullptr;
  }
  Result<std::shared_ptr<const formats::DecoderModel>> decoder(const std::string&) override {
    return Status(Code::kNotFound, "none");
  }
  Result<std::string> listed_name(const std::string& model) override { return model; }
  std::vector<ModelStatus> statuses() override { return {}; }
  Status keep(const std::string&, KeepAlive) override { return {}; }
  Result<ModelInfo> describe(const std::string&) override { return ModelInfo{}; }
  std::vector<ModelInfo> list() override { return {}; }
  Status warm(const std::string&) override { return {}; }
  Result<std::shared_ptr<const text::TextEncoder>> text_encoder(const std::string&) override {
    return Status(Code::kNotFound, "none");
  }
  Stats stats() const override { return {}; }
  ByteLedger& ledger() override { return ledger_; }
  int n_threads() const override { return 1; }
  bool drain(std::chrono::milliseconds) override { return true; }

  int n_most_inside = 0;
  Status refuse_all;

 private:
  Response answer(const Request& request) const {
    Response response;
    response.status = refuse_all;
    if (!refuse_all.ok()) return response;
    for (const Input& input : request.inputs) {
      Outcome outcome;
      if (input.text == "bad") {
        outcome.status = Status(Code::kBadInput, "is bad");
      } else {
        outcome.values = {static_cast<float>(input.text.size())};
        outcome.n_tokens = 2;
        outcome.n_dropped = input.text.size() > 20 ? 1 : 0;
      }
      response.outcomes.push_back(std::move(outcome));
    }
    return response;
  }

  ByteLedger ledger_{64u << 20};
  std::mt19937 random_{1};
  std::atomic<int> n_inside_{0};
  std::vector<std::thread> threads_;
};

Result<StreamTotals> run(FakeEngine& engine, TextSource& source,
                         std::function<Status(const TextItem&, Outcome&)> sink) {
  return stream_texts(engine, {.request = {},
                               .source = &source,
                               .sink = std::move(sink),
                               .on_idle = {},
                               .on_progress = {},
                               .is_stopped = {}});
}

}  // namespace

TEST(text_stream, results_come_in_input_order_with_failures_in_place) {
  const formats::TestFolder folder;
  std::string bytes;
  std::vector<std::string> want;
  for (int i = 0; i < 5000; ++i) {
    want.push_back(i % 7 == 3 ? "bad" : std::string(static_cast<std::size_t>(i) % 40, 'x'));
    bytes += want.back() + "\n";
  }
  auto reader = TextReader::open(folder.write("texts", bytes), TextFormat::kLines);
  ASSERT_TRUE(reader.ok());
  const auto source = file_source(std::move(*reader));
  FakeEngine engine;
  std::size_t n = 0;
  const auto totals = run(engine, *source, [&](const TextItem& item, Outcome& outcome) {
    EXPECT_EQ(item.text, want[n]);
    EXPECT_EQ(item.line, static_cast<long>(n) + 1);
    EXPECT_EQ(outcome.status.ok(), want[n] != "bad");
    if (outcome.status.ok()) {
      EXPECT_EQ(outcome.values[0], static_cast<float>(want[n].size()));
    }
    ++n;
    return Status();
  });
  ASSERT_TRUE(totals.ok()) << totals.status().message();
  EXPECT_EQ(n, want.size());
  EXPECT_EQ(totals->n_texts, 5000);
  EXPECT_EQ(totals->n_failed, 714);
  EXPECT_EQ(totals->n_tokens, 2 * (5000 - 714));
  EXPECT_EQ(totals->n_truncated, totals->n_dropped);
  EXPECT_LE(engine.n_most_inside, 1024);
  EXPECT_EQ(engine.ledger().used_bytes(), 0u);
}

TEST(text_stream, lines_that_hold_no_text_fail_without_reaching_the_engine) {
  const formats::TestFolder folder;
  auto reader = TextReader::open(folder.write("texts.jsonl", "{\n{\"text\": \"ab\"}\n[]\n"),
                                 TextFormat::kAuto);
  ASSERT_TRUE(reader.ok());
  const auto source = file_source(std::move(*reader));
  FakeEngine engine;
  std::string seen;
  const auto totals = run(engine, *source, [&](const TextItem&, Outcome& outcome) {
    seen += outcome.status.ok() ? '1' : '0';
    return Status();
  });
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(seen, "010");
  EXPECT_EQ(totals->n_failed, 2);
  EXPECT_EQ(engine.n_most_inside, 1);
}

TEST(text_stream, an_error_of_the_request_or_the_sink_ends_it) {
  std::vector<Input> inputs(3000);
  FakeEngine engine;
  const auto source = list_source(inputs);
  int n = 0;
  const auto stopped = run(engine, *source, [&](const TextItem&, Outcome&) {
    return ++n == 200 ? Status(Code::kIo, "disk full") : Status();
  });
  EXPECT_EQ(stopped.status().code(), Code::kIo);
  EXPECT_EQ(n, 200);

  engine.refuse_all = Status(Code::kNotFound, "no such model");
  const auto again = list_source(inputs);
  const auto refused = run(engine, *again, [](const TextItem&, Outcome&) { return Status(); });
  EXPECT_EQ(refused.status().code(), Code::kNotFound);
}

TEST(text_stream, says_how_far_it_is_and_stops_when_told) {
  const auto source = list_source(std::vector<Input>(100'000));
  FakeEngine engine;
  int n_handed_on = 0;
  int n_reports = 0;
  StreamJob job;
  job.source = source.get();
  job.sink = [&](const TextItem&, Outcome&) {
    ++n_handed_on;
    return Status();
  };
  job.on_progress = [&](const StreamProgress& progress) {
    ++n_reports;
    EXPECT_GE(progress.n_texts, n_handed_on);
    EXPECT_LE(progress.share.value_or(2), 1);
  };
  job.is_stopped = [&] { return n_handed_on >= 1000; };
  EXPECT_EQ(stream_texts(engine, std::move(job)).status().code(), Code::kCancelled);
  EXPECT_GE(n_handed_on, 1000);
  EXPECT_LE(n_handed_on, 1128);
  EXPECT_GE(n_reports, 1);
}

TEST(text_stream, nothing_in_nothing_out) {
  FakeEngine engine;
  const auto source = list_source({});
  const auto totals = run(engine, *source, [](const TextItem&, Outcome&) { return Status(); });
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->n_texts, 0);
}

TEST(text_stream, answers_to_a_slow_pipe_do_not_wait_for_a_full_chunk) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "one\n", 4), 4);
  auto reader = TextReader::open("/dev/fd/" + std::to_string(ends[0]), TextFormat::kLines);
  ASSERT_TRUE(reader.ok());
  const auto source = file_source(std::move(*reader));
  FakeEngine engine;
  int n = 0;
  const auto totals = run(engine, *source, [&](const TextItem& item, Outcome&) {
    // The second line is written only once the first has been answered.
    if (n++ == 0) {
      EXPECT_EQ(item.text, "one");
      EXPECT_EQ(::write(ends[1], "two\n", 4), 4);
      ::close(ends[1]);
    }
    return Status();
  });
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(n, 2);
  ::close(ends[0]);
}

}  // namespace quern::engine
