// How long a level set may be searched for.
#pragma once

#include <chrono>

#include "core/listener.hpp"
#include "core/numbers.hpp"

namespace foldline::march {

class Budget {
 public:
  Budget(Listener* listener, u64 max_polygons, double seconds) : polygons(max_polygons), listener_(listener), seconds_(seconds) {}

  const u64 polygons;  // at most

  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  // Let the listener in ten times a second; whether time is up or it has enough.
  bool over(u64 done, double explored) {
    const auto now = Clock::now();
    if (listener_ && std::chrono::duration<double>(now - last_).count() > 0.1) {
      last_ = now;
      ended_ |= listener_->enough(done, explored);
    }
    return ended_ || elapsed() > seconds_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Listener* listener_;
  double seconds_;
  Clock::time_point start_ = Clock::now(), last_ = start_;
  bool ended_ = false;
};

}  // namespace foldline::march
