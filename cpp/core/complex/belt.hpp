// Finished blocks on their way into the weld.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "core/complex/part.hpp"
#include "core/complex/weld.hpp"
#include "core/complex/worker.hpp"
#include "core/workers.hpp"

namespace foldline::complex {

// Whoever ends a block puts those that are ready together, in their order, while the others go on.
template <int D> class Belt {
 public:
  Belt(Weld<D>& weld, std::vector<Part<D>>& parts) : weld_(weld), parts_(parts), ready_(parts.size(), 0) {}

  // Take what a worker has finished as part ``i``.
  void put(Worker<D>& worker, size_t i, bool weld) {
    Part<D> part = spare();
    worker.hand_over(part);
    parts_[i] = std::move(part);
    if (weld) weld_ready(i);
  }

  // Weld what was ended behind a block that was not.
  void finish() {
    for (const Part<D>& part : parts_)
      if (part.done) weld_.add(part, 1);
  }

 private:
  Weld<D>& weld_;
  std::vector<Part<D>>& parts_;
  std::vector<char> ready_;
  std::vector<Part<D>> spare_;  // whose memory is taken again
  Mutex mine_;
  size_t welded_ = 0;
  bool welding_ = false;

  void weld_ready(size_t done) {
    std::unique_lock<Mutex> lock(mine_);
    ready_[done] = 1;
    if (welding_) return;
    for (welding_ = true; welded_ < parts_.size() && ready_[welded_]; ++welded_) {
      lock.unlock();
      weld_.add(parts_[welded_], double(welded_ + 1) / double(parts_.size()));
      lock.lock();
      parts_[welded_].done = false;
      spare_.push_back(std::move(parts_[welded_]));
    }
    welding_ = false;
  }

  Part<D> spare() {
    const Hold held(mine_);
    if (spare_.empty()) return Part<D>();
    Part<D> part = std::move(spare_.back());
    spare_.pop_back();
    return part;
  }
};

}  // namespace foldline::complex
