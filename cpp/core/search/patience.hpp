// When to look at the clock, and at who asked.
#pragma once

#include <chrono>
#include <limits>

#include "core/listener.hpp"
#include "core/numbers.hpp"

namespace foldline::search {

constexpr u64 kPoll = 1u << 6;      // nodes between looks at the clock
constexpr double kPatience = 0.02;  // seconds between looks at the budget, Ctrl-C and the caller's progress

struct Interrupted {};

class Patience {
 public:
  Listener* listener = nullptr;
  double most_seconds = std::numeric_limits<double>::infinity();

  void begin() { started_ = polled_ = Clock::now(); }

  // Whether a node is one to look at the clock at, and the time for a look at the rest.
  bool up() {
    if ((++nodes_ & (kPoll - 1)) != 0) return false;
    const auto now = Clock::now();
    if (std::chrono::duration<double>(now - polled_).count() < kPatience) return false;
    polled_ = now;
    return true;
  }

  void look(u64 found, u64 seen) const {
    if (listener && listener->enough(found, double(seen))) throw Interrupted{};
    if (std::chrono::duration<double>(Clock::now() - started_).count() > most_seconds) throw Interrupted{};
  }

 private:
  using Clock = std::chrono::steady_clock;
  u64 nodes_ = 0;
  Clock::time_point started_ = Clock::now(), polled_ = started_;
};

}  // namespace foldline::search
