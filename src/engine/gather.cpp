#include "engine/gather.h"

#include <algorithm>

namespace quern::engine {
namespace {

using namespace std::chrono_literals;
using Clock = RecentPass::Clock;

constexpr int kShareOfPass = 4;
constexpr Clock::duration kLongest = 5ms;
constexpr Clock::duration kForgottenAfter = 1s;

}  // namespace

Clock::time_point gather_until(const RecentPass* last, int n_waiting, int wanted) {
  if (last == nullptr || n_waiting >= wanted || last->n_requests < 2) {
    return Clock::time_point::min();
  }
  return last->end + std::min(last->took / kShareOfPass, kLongest);
}

void RecentPasses::enter(const RecentPass& pass) {
  std::erase_if(passes_, [&](const RecentPass& p) {
    const bool is_same = p.model == pass.model && p.work_class == pass.work_class;
    return is_same || p.end + kForgottenAfter < pass.end;
  });
  passes_.push_back(pass);
}

const RecentPass* RecentPasses::find(const Servable* model, WorkClass work_class) const {
  const auto found = std::find_if(passes_.begin(), passes_.end(), [&](const RecentPass& p) {
    return p.model == model && p.work_class == work_class;
  });
  return found == passes_.end() ? nullptr : &*found;
}

}  // namespace quern::engine
