#include "cli/output_file.h"

#include <csignal>

#include <gtest/gtest.h>
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
