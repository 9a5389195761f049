// The program as its tests run it: a process in a shell, with a home of its own.

#pragma once

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "cli/temp_folder.h"

namespace quern::cli {

struct Ended {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class ProgramTest : public testing::Test {
 protected:
  // Runs "quern ARGS" in a shell, with a home of its own.
  Ended quern(const std::string& args, const std::string& environment = "") {
    return shell(environment + " " QUERN_PROGRAM " " + args);
  }

  Ended shell(const std::string& command) {
    const std::string script = "export QUERN_HOME=" + folder_.file("home") +
                               " QUERN_THREADS=2 XDG_CONFIG_HOME=" + folder_.file("config") +
                               "; set -o pipefail; " + command;
    folder_.write("script", script);
    const int status = std::system(("bash " + folder_.file("script") + " >" + folder_.file("out") +
                                    " 2>" + folder_.file("err"))
                                       .c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, folder_.read("out"), folder_.read("err")};
  }

  TempFolder folder_;
};

inline std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

/// `text` as one word of a shell.
inline std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace quern::cli
