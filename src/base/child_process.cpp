#include "base/child_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace quern {
namespace {

constexpr const char* kOwnProgram = "/proc/self/exe";

// An owned file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void set(int fd) { fd_ = fd; }
  void close() {
    if (fd_ >= 0) ::close(release());
  }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

Status io_error(const char* what) {
  return {Code::kIo, fmt::format("{}: {}", what, std::strerror(errno))};
}

// Sockets, not pipes: writing to one whose other end is gone can be told to raise no signal.
Status open_pair(Descriptor& ours, Descriptor& theirs) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return io_error("cannot make a pipe to a child process");
  }
  ours.set(ends[0]);
  theirs.set(ends[1]);
  return {};
}

// Everything that the child needs between its birth and the program's start. There it shares our
// memory (with sanitizers it has a copy), so that nothing may be allocated, locked or changed.
struct Birth {
  const char* program;
  char* const* arguments;
  char* const* environment;
  int in;
  int out;
  int nothing;
  pid_t parent;
  const ChildOptions& options;
  int problem;  // Takes the error where the program does not start.
};

void fail_birth(const Birth& birth) {
  const int error = errno;
  // Nobody to tell where that fails.
  [[maybe_unused]] const ssize_t n = ::write(birth.problem, &error, sizeof error);
  ::_exit(127);
}

void limit(__rlimit_resource_t what, rlim_t most) {
  const rlimit both = {.rlim_cur = most, .rlim_max = most};
  ::setrlimit(what, &both);
}

// Never returns.
void become_program(const Birth& birth) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Whoever died before that call sends no signal any more.
  if (::getppid() != birth.parent) ::_exit(127);
  limit(RLIMIT_CORE, 0);
  if (birth.options.heap_bytes > 0) limit(RLIMIT_DATA, birth.options.heap_bytes);
  if (birth.options.address_bytes > 0) limit(RLIMIT_AS, birth.options.address_bytes);
  if (birth.options.cpu_time.count() > 0) {
    limit(RLIMIT_CPU, static_cast<rlim_t>(birth.options.cpu_time.count()));
  }
  // The three are above 2, so that none of these closes another.
  if (::dup2(birth.in, STDIN_FILENO) < 0 || ::dup2(birth.out, STDOUT_FILENO) < 0 ||
      ::dup2(birth.nothing, STDERR_FILENO) < 0 ||
      // Kernels before 5.11 do not know it; descriptors of ours are closed at exec anyway.
      (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0 && errno != EINVAL &&
       errno != ENOSYS)) {
    fail_birth(birth);
  }
  // Signals that we ignore would be ignored by it, and those that we block blocked.
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    ::signal(number, SIG_DFL);
  }
  // A terminal's Ctrl-C is for us to handle.
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(birth.program, birth.arguments, birth.environment);
  fail_birth(birth);
}

// vfork: a copy of the page tables of a process with gigabytes mapped would take longer than the
// child's whole start.
pid_t give_birth(const Birth& birth) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  // No handler of ours may run in the child, on our memory.
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  const pid_t pid = ::vfork();
#pragma GCC diagnostic pop
  if (pid == 0) become_program(birth);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

// Above 2, so that making it one of the child's standard files closes no other of them.
Status move_above_standard(Descriptor& descriptor) {
  if (descriptor.get() > STDERR_FILENO) return {};
  const int moved = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (moved < 0) return io_error("cannot prepare a child process");
  Descriptor old(descriptor.release());
  descriptor.set(moved);
  return {};
}

// Until `fd` is ready for `events`, or closed.
Status wait_for(int fd, short events, ChildProcess::Deadline deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return {Code::kDeadline, "the child process takes too long"};
    pollfd poll = {.fd = fd, .events = events, .revents = 0};
    const int n = ::poll(&poll, 1, static_cast<int>(std::min<long>(left.count(), 60'000)));
    if (n > 0) return {};
    if (n < 0 && errno != EINTR) return io_error("cannot wait for a child process");
  }
}

// Ours, where they are wanted, but for the names that are given, and those.
std::vector<char*> environment_of(const ChildOptions& options) {
  const auto name_of = [](std::string_view variable) {
    return variable.substr(0, variable.find('='));
  };
  const auto is_given = [&](std::string_view ours) {
    return std::any_of(options.environment.begin(), options.environment.end(),
                       [&](const std::string& given) { return name_of(given) == name_of(ours); });
  };
  std::vector<char*> out;
  for (char** ours = environ; *ours != nullptr && options.others == Environment::kOurs; ++ours) {
    if (!is_given(*ours)) out.push_back(*ours);
  }
  for (const std::string& given : options.environment) {
    out.push_back(const_cast<char*>(given.c_str()));
  }
  out.push_back(nullptr);
  return out;
}

Status gone() { return {Code::kUnavailable, "the child process has ended"}; }

// Whether it ended within `patience`. Its files are closed before the system knows how it ended.
bool has_ended(pid_t pid, std::chrono::milliseconds patience, int& status) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const pid_t got = ::waitpid(pid, &status, WNOHANG);
    if (got == pid) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const ChildOptions& options) {
  Descriptor ours, theirs, nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (nothing.get() < 0) return io_error("cannot open /dev/null");
  QUERN_TRY(open_pair(ours, theirs));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return io_error("cannot make a pipe to a child process");
  Descriptor problem(ends[0]), problem_in(ends[1]);
  for (Descriptor* descriptor : {&ours, &theirs, &nothing, &problem, &problem_in}) {
    QUERN_TRY(move_above_standard(*descriptor));
  }
  const std::string program = options.program.empty() ? kOwnProgram : options.program;
  std::vector<char*> arguments = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : options.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::vector<char*> environment = environment_of(options);
  const Birth birth = {.program = program.c_str(),
                       .arguments = arguments.data(),
                       .environment = environment.data(),
                       .in = theirs.get(),
                       .out = theirs.get(),
                       .nothing = nothing.get(),
                       .parent = ::getpid(),
                       .options = options,
                       .problem = problem_in.get()};
  std::unique_ptr<ChildProcess> child(new ChildProcess);
  child->pid_ = give_birth(birth);
  if (child->pid_ < 0) return io_error("cannot start a child process");
  child->socket_ = ours.release();
  // Ends when the program has started: it has no such file.
  problem_in.close();
  int error = 0;
  if (::read(problem.get(), &error, sizeof error) == sizeof error) {
    child->end();
    return {error == ENOENT ? Code::kNotFound : Code::kIo,
            fmt::format("cannot run {}: {}", program, std::strerror(error))};
  }
  return child;
}

ChildProcess::~ChildProcess() { end(); }

Status ChildProcess::write(std::string_view bytes, Deadline deadline) {
  if (socket_ < 0) return gone();
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      has_left_ = true;
      return gone();
    } else if (errno == EAGAIN) {
      QUERN_TRY(wait_for(socket_, POLLOUT, deadline));
    } else if (errno != EINTR) {
      return io_error("cannot write to a child process");
    }
  }
  return {};
}

Status ChildProcess::read(std::span<char> out, Deadline deadline) {
  while (!out.empty()) {
    QUERN_ASSIGN(const std::size_t n, read_some(out, deadline));
    if (n == 0) return gone();
    out = out.subspan(n);
  }
  return {};
}

Result<std::size_t> ChildProcess::read_some(std::span<char> out, Deadline deadline) {
  if (socket_ < 0) return std::size_t{0};
  while (true) {
    const ssize_t n = ::recv(socket_, out.data(), out.size(), MSG_DONTWAIT);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n == 0 || errno == ECONNRESET) {
      has_left_ = true;
      return std::size_t{0};
    }
    if (errno == EAGAIN) {
      QUERN_TRY(wait_for(socket_, POLLIN, deadline));
    } else if (errno != EINTR) {
      return io_error("cannot read from a child process");
    }
  }
}

std::string ChildProcess::end() {
  if (pid_ < 0) return ending_;
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  int status = 0;
  if (!has_ended(pid_, std::chrono::milliseconds(has_left_ ? 500 : 0), status)) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  ending_ = WIFSIGNALED(status)
                ? fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)))
                : fmt::format("exit code {}", WEXITSTATUS(status));
  return ending_;
}

}  // namespace quern
