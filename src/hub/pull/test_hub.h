// For tests: a stand-in for the hub and for the store that it sends clients on to for large files,
// both in this process. Speaks the part of the hub's interface that a pull needs, and whatever a
// test wants instead.

#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "formats/test_folder.h"
#include "hub/pull/file_digest.h"
#include "net/test_server.h"

namespace quern::hub {

class TestHub {
 public:
  struct File {
    std::string content;
    bool is_large = false;  // Kept in the store; by its sha256, others by git's sha1.
  };
  struct Repo {
    std::string commit = "c0ffee00";
    std::map<std::string, File> files;
  };
  /// True: it has answered.
  using Intercept = std::function<bool(const net::TestRequest&, net::TestReply&)>;

  TestHub() = default;

  /// All files of a folder; weights are large.
  void add_folder(const std::string& repo, const std::string& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = entry.path().lexically_relative(folder).generic_string();
      add(repo, path, formats::slurp(entry.path().string()), path.ends_with(".safetensors"));
    }
  }
  void add(const std::string& repo, const std::string& path, const std::string& content,
           bool is_large = false) {
    repos[repo].files[path] = {content, is_large};
  }

  std::string url() const { return hub_.url(); }

  /// What was asked for: "GET /path", of the store "STORE /path bytes=0-99".
  std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  void clear_log() {
    const std::lock_guard lock(mutex_);
    log_.clear();
    n_sent_ = 0;
  }
  int n_logged(const std::string& part) {
    const std::vector<std::string> lines = log();
    return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    }));
  }
  std::size_t n_sent() const { return n_sent_; }  // Bytes of bodies, by the store.

  // Set before the first request.
  std::map<std::string, Repo> repos;
  Intercept on_hub;
  Intercept on_store;
  bool takes_ranges = true;
  bool lists_sizes = true;
  bool lists_digests = true;
  std::string token;  // Wanted for everything, if not "".
  std::string store_tag = "\"tag-1\"";
  std::size_t bytes_per_ms = 0;  // Of each connection of the store; 0: as fast as it goes.
  bool store_was_given_a_token = false;

 private:
  void note(const std::string& line) {
    const std::lock_guard lock(mutex_);
    log_.push_back(line);
  }

  static std::string unescaped(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%') {
        out += text[i];
        continue;
      }
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
    return out;
  }

  std::string git_sha1(const std::string& content) {
    const formats::TestFolder folder;
    return *git_sha1_of_file(folder.write("file", content));
  }

  static std::string sha256(const std::string& content) {
    return sha256_hex(std::as_bytes(std::span(content)));
  }

  std::string listing(const Repo& repo) {
    nlohmann::json json = {{"sha", repo.commit}, {"siblings", nlohmann::json::array()}};
    for (const auto& [path, file] : repo.files) {
      nlohmann::json entry = {{"rfilename", path}};
      if (lists_sizes) entry["size"] = file.content.size();
      if (lists_digests) {
        entry["blobId"] = git_sha1(file.is_large ? "a pointer" : file.content);
        if (file.is_large) {
          entry["lfs"] = {{"sha256", sha256(file.content)},
                          {"size", file.content.size()},
                          {"pointerSize", 130}};
        }
      }
      json["siblings"].push_back(entry);
    }
    return json.dump();
  }

  void answer_hub(const net::TestRequest& request, net::TestReply& reply) {
    note(request.method + " " + request.target);
    if (on_hub && on_hub(request, reply)) return;
    const bool has_body = request.method != "HEAD";
    if (!token.empty() && request.header("authorization") != "Bearer " + token) {
      return reply.answer(401, "who are you?", "X-Error-Code: GatedRepo\r\n", has_body);
    }
    const std::string path = unescaped(request.target.substr(0, request.target.find('?')));
    for (const auto& [name, repo] : repos) {
      for (const std::string& revision : {repo.commit, std::string("main")}) {
        if (path == "/api/models/" + name + "/revision/" + revision) {
          return reply.answer(200, listing(repo));
        }
        const std::string folder = "/" + name + "/resolve/" + revision + "/";
        if (!path.starts_with(folder)) continue;
        const auto file = repo.files.find(path.substr(folder.size()));
        if (file == repo.files.end()) {
          return reply.answer(404, "none", "X-Error-Code: EntryNotFound\r\n", has_body);
        }
        const std::string& content = file->second.content;
        if (!file->second.is_large) {
          return reply.answer(200, content, "ETag: \"" + git_sha1(content) + "\"\r\n", has_body);
        }
        return reply.answer(302, "over there",
                            "Location: " + store_.url() + path +
                                "?signed=1\r\nX-Linked-Size: " + std::to_string(content.size()) +
                                "\r\nX-Linked-ETag: \"" + sha256(content) + "\"\r\nETag: \"" +
                                git_sha1("a pointer") + "\"\r\n",
                            has_body);
      }
      if (path.starts_with("/api/models/" + name + "/")) {
        return reply.answer(404, "none", "X-Error-Code: RevisionNotFound\r\n");
      }
    }
    reply.answer(401, "<html>", "X-Error-Code: RepoNotFound\r\n", has_body);
  }

  void answer_store(const net::TestRequest& request, net::TestReply& reply) {
    const std::string range = request.header("range");
    note("STORE " + request.target + " " + range);
    if (!request.header("authorization").empty()) store_was_given_a_token = true;
    if (on_store && on_store(request, reply)) return;
    const std::string path = unescaped(request.target.substr(0, request.target.find('?')));
    for (const auto& [name, repo] : repos) {
      for (const auto& [file_path, file] : repo.files) {
        if (path.starts_with("/" + name + "/resolve/") && path.ends_with("/" + file_path)) {
          return send_file(file.content, range, request.header("if-range"), reply);
        }
      }
    }
    reply.answer(404, "");
  }

  void send_file(const std::string& content, const std::string& range, const std::string& if_range,
                 net::TestReply& reply) {
    std::size_t begin = 0;
    std::size_t end = content.size();
    std::string head = "HTTP/1.1 200 OK\r\n";
    const bool is_same = if_range.empty() || if_range == store_tag;
    if (takes_ranges && is_same && range.starts_with("bytes=")) {
      begin = std::stoul(range.substr(6));
      end = std::stoul(range.substr(range.find('-') + 1)) + 1;
      head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(begin) + "-" +
             std::to_string(end - 1) + "/" + std::to_string(content.size()) + "\r\n";
    }
    reply.send(head + "ETag: " + store_tag + "\r\nContent-Length: " + std::to_string(end - begin) +
               "\r\n\r\n");
    const std::size_t step = bytes_per_ms > 0 ? bytes_per_ms : std::size_t{1} << 16;
    for (std::size_t at = begin; at < end; at += step) {
      const std::size_t n = std::min(step, end - at);
      if (!reply.send(std::string_view(content).substr(at, n))) return reply.hang_up();
      n_sent_ += n;
      if (bytes_per_ms > 0) reply.sleep(std::chrono::milliseconds(1));
    }
  }

  std::mutex mutex_;  // Of the log.
  std::vector<std::string> log_;
  std::atomic<std::size_t> n_sent_{0};
  net::TestServer store_{[this](const net::TestRequest& request, net::TestReply& reply) {
    answer_store(request, reply);
  }};
  net::TestServer hub_{[this](const net::TestRequest& request, net::TestReply& reply) {
    answer_hub(request, reply);
  }};
};

}  // namespace quern::hub
