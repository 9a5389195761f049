#include "cli/output_file.h"

#include <csignal>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/temp_folder.h"

namespace quern::cli {

TEST(output_file, is_there_whole_after_commit_only) {
  const TempFolder folder;
  folder.write("out", "old");
  Result<OutputFile> file = OutputFile::create(folder.file("out"));
  ASSERT_TRUE(file.ok());
  const std::string big(1 << 20, 'x');
  ASSERT_TRUE(file->write(big).ok());
  EXPECT_EQ(folder.read("out"), "old");
  ASSERT_TRUE(file->rewrite_start("START").ok());
  ASSERT_TRUE(file->write("end").ok());
  ASSERT_TRUE(file->commit().ok());
  EXPECT_EQ(folder.read("out"), "START" + big.substr(5) + "end");
  EXPECT_EQ(folder.n_files(), 1);
}

TEST(output_file, leaves_nothing_without_commit) {
  const TempFolder folder;
  {
    Result<OutputFile> file = OutputFile::create(folder.file("out"));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->write(std::string(1 << 20, 'x')).ok());
    EXPECT_EQ(folder.n_files(), 1);
  }
  EXPECT_EQ(folder.n_files(), 0);
}

TEST(output_file, runs_with_one_path_do_not_meet) {
  const TempFolder folder;
  folder.write("out.part", "theirs");
  Result<OutputFile> a = OutputFile::create(folder.file("out"));
  Result<OutputFile> b = OutputFile::create(folder.file("out"));
  ASSERT_TRUE(a.ok() && b.ok());
  ASSERT_TRUE(a->write("the first").ok() && b->write("the other").ok());
  ASSERT_TRUE(b->commit().ok());
  EXPECT_EQ(folder.read("out"), "the other");
  ASSERT_TRUE(a->commit().ok());
  EXPECT_EQ(folder.read("out"), "the first");
  EXPECT_EQ(folder.read("out.part"), "theirs");
  EXPECT_EQ(folder.n_files(), 2);
}

TEST(output_file, a_link_stays_and_its_target_is_written) {
  namespace fs = std::filesystem;
  const TempFolder folder;
  fs::create_directory(folder.file("elsewhere"));
  folder.write("elsewhere/old", "old");
  fs::create_symlink("elsewhere/old", folder.file("link"));
  fs::create_symlink("elsewhere/new", folder.file("to_nothing"));
  fs::create_symlink("link", folder.file("to_link"));
  for (const char* name : {"link", "to_nothing", "to_link"}) {
    Result<OutputFile> file = OutputFile::create(folder.file(name));
    ASSERT_TRUE(file.ok()) << file.status().message();
    ASSERT_TRUE(file->write(name).ok() && file->commit().ok());
    EXPECT_TRUE(fs::is_symlink(folder.file(name)));
    EXPECT_EQ(folder.read(name), name);
  }
  EXPECT_EQ(folder.read("elsewhere/old"), "to_link");
  EXPECT_EQ(folder.read("elsewhere/new"), "to_nothing");
}

TEST(output_file, a_file_keeps_its_permissions) {
  const TempFolder folder;
  folder.write("out", "private");
  ASSERT_EQ(::chmod(folder.file("out").c_str(), 0600), 0);
  Result<OutputFile> file = OutputFile::create(folder.file("out"));
  ASSERT_TRUE(file.ok() && file->commit().ok());
  struct stat info{};
  ASSERT_EQ(::stat(folder.file("out").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(output_file, a_pipe_that_its_owner_made_non_blocking_loses_nothing) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  std::string got;
  std::thread reader([&] {
    char block[4096];
    pollfd ready{.fd = ends[0], .events = POLLIN, .revents = 0};
    for (;;) {
      ::poll(&ready, 1, -1);
      const ssize_t n = ::read(ends[0], block, sizeof block);
      if (n == 0) break;
      if (n > 0) got.append(block, static_cast<std::size_t>(n));
    }
  });
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(write_fully(ends[1], text), 0);
  ::close(ends[1]);
  reader.join();
  EXPECT_EQ(got, text);
  ::close(ends[0]);
}

TEST(output_file, what_failed_is_not_written_again) {
  std::signal(SIGXFSZ, SIG_IGN);
  const TempFolder folder;
  Result<OutputFile> file = OutputFile::create(folder.file("out"));
  ASSERT_TRUE(file.ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 100'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status full = file->write(std::string(1 << 20, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(full.code(), Code::kIo);
  // There is room now, but not for the same bytes.
  EXPECT_EQ(file->sync().message(), full.message());
  EXPECT_EQ(file->commit().message(), full.message());
  EXPECT_EQ(file->n_bytes(), 0u);
}

TEST(output_file, full_disk_is_an_error_that_names_the_file) {
  Result<OutputFile> file = OutputFile::create("/dev/full");
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(file->can_seek());
  const Status status = file->write(std::string(1 << 20, 'x'));
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_EQ(status.message(), "cannot write '/dev/full': No space left on device");
  EXPECT_EQ(::access("/dev/full", F_OK), 0);
}

TEST(output_file, closed_pipe_is_an_error) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Result<OutputFile> file = OutputFile::create("/dev/fd/" + std::to_string(ends[1]));
  ASSERT_TRUE(file.ok());
  ::close(ends[0]);
  ASSERT_TRUE(file->write("x").ok());
  EXPECT_EQ(file->flush().code(), Code::kIo);
  ::close(ends[1]);
}

TEST(output_file, wrong_places_are_refused) {
  const TempFolder folder;
  EXPECT_EQ(OutputFile::create(folder.file("")).status().code(), Code::kIo);
  EXPECT_EQ(OutputFile::create(folder.file("none/out")).status().code(), Code::kNotFound);
}

}  // namespace quern::cli
