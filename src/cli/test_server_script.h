// A server in the shell of a test of the program, and how it is asked.

#pragma once

#include <string>

namespace quern::cli {

// start COMMAND...: a server with $port; get PATH, post PATH BODY: what it answers, in one line.
inline const std::string kServerScript = R"(
  start() {
    )" QUERN_PROGRAM R"( "$@" --port 0 >log 2>messages &
    pid=$!
    for i in $(seq 400); do grep -q listening log && break; sleep 0.02; done
    port=$(sed -n 's/^server listening on .*:\([0-9]*\)$/\1/p' log)
    server="--server 127.0.0.1:$port"
  }
  exchange() {
    exec 3<>/dev/tcp/127.0.0.1/$port
    printf "$1 $2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${#3}\r\n\r\n%s" "$3" >&3
    sed '1,/^\r$/d' <&3; echo
  }
  get() { exchange GET "$1" ""; }
  post() { exchange POST "$1" "$2"; }
  until_seen() { for i in $(seq 400); do get /quern/models | grep -q "$1" && return; sleep 0.02; done; echo "never: $1"; }
  stop() { kill -TERM $pid; wait $pid; echo "stopped: $?"; }
)";

}  // namespace quern::cli
