// Engines over the model folders of tests/data, for the tests of this folder.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cli/temp_folder.h"
#include "engine/engine.h"

namespace quern {

inline std::string fixture_model(const std::string& name) {
  return std::string(QUERN_SOURCE_DIR "/tests/data/models/") + name;
}

/// In f32 unless asked otherwise: the references are.
inline std::unique_ptr<engine::Engine> make_test_engine(engine::EngineOptions options = {
                                                            .precision = "f32"}) {
  if (options.n_threads == 0) options.n_threads = 2;
  static const cli::TempFolder home;  // Nothing installed: models are named by path.
  options.home = home.file("");
  Result<std::unique_ptr<engine::Engine>> made = engine::Engine::make(options);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return made.ok() ? std::move(*made) : nullptr;
}

inline engine::Request request_of(const std::string& model, const std::vector<std::string>& texts) {
  engine::Request request;
  request.model = model;
  for (const std::string& text : texts) {
    request.inputs.emplace_back();
    request.inputs.back().text = text;
  }
  return request;
}

}  // namespace quern
