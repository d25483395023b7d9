// How much work may be done, and how much is.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "core/complex/complex.hpp"
#include "core/listener.hpp"
#include "core/numbers.hpp"

namespace foldline::complex {

struct Stopped {};  // the budget is spent, or whoever asked has enough

// What all workers share.
template <int D> class Budget {
 public:
  explicit Budget(const Complex<D>& whole) : whole_(whole) {}

  Listener* listener = nullptr;
  size_t max_regions = SIZE_MAX;
  double deadline = std::numeric_limits<double>::infinity();
  double row_bytes = std::numeric_limits<double>::infinity();  // of the rows of vertices that one worker holds
  std::atomic<size_t> finished{0}, blocks_done{0};  // regions, blocks
  std::atomic<size_t> n_blocks{0};
  std::atomic<bool> halt{false};

  static double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

  void begin(size_t blocks) {
    n_blocks = blocks;
    finished = blocks_done = 0;
    halt = false;
  }

  // Regions that are still to be found.
  size_t left() const { return max_regions - std::min(max_regions, finished.load()); }

  // Count so many regions as finished, as many as are still to be found; returns how many these are.
  size_t take(size_t found) {
    for (size_t before = finished;;) {
      const size_t n = std::min(found, max_regions - std::min(max_regions, before));
      if (finished.compare_exchange_weak(before, before + n)) return n;
    }
  }

  // Tell how far the work is, among blocks by the regions of those that are done; returns whether that is enough.
  bool tell() const {
    if (!listener) return false;
    const size_t blocks = n_blocks;
    return listener->enough(blocks ? finished.load() : whole_.n_top(), blocks ? double(blocks_done.load()) / double(blocks) : 0.0);
  }

 private:
  const Complex<D>& whole_;
};

// A worker's look at the budget, now and then.
template <int D> class Watch {
 public:
  explicit Watch(Budget<D>& budget) : budget_(budget) {}

  void look_soon() { looked_ = 0; }

  void tick() {
    if (!(++ticks_ & 0x3ff)) look();
  }

  // So many bytes are held as rows, and half as much again while they are moved to where more have room.
  void holds(size_t bytes) const {
    if (2.5 * double(bytes) > budget_.row_bytes) throw Stopped{};
  }

  // So many numbers were gone over: a look about every millisecond, however wide a layer is.
  void went_over(size_t n) {
    if ((gone_over_ += n) > NUMBERS) gone_over_ = 0, look();
  }

  // Whether the work should end; tells how far it is.
  void look() {
    const double time = Budget<D>::now();
    if (time > budget_.deadline || budget_.halt.load()) throw Stopped{};
    if (time < looked_ + 0.05) return;
    looked_ = time;
    if (budget_.tell()) throw Stopped{};
  }

 private:
  Budget<D>& budget_;
  static constexpr size_t NUMBERS = size_t(1) << 20;
  size_t ticks_ = 0, gone_over_ = 0;
  double looked_ = 0;  // when it was last asked whether the work should end
};

}  // namespace foldline::complex
