// How much work may be done, and how much is.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>

#include "core/complex/complex.hpp"
#include "core/listener.hpp"
#include "core/numbers.hpp"

namespace foldline::complex {

struct Stopped {};  // the budget is spent, or whoever asked has enough
struct TooMany : Stopped {};  // regions

// What all workers share.
template <int D> class Budget {
 public:
  explicit Budget(const Complex<D>& whole) : whole_(whole) {}

  Listener* listener = nullptr;
  double max_regions = std::numeric_limits<double>::infinity();
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

  // Tell how far the work is; returns whether that is enough.
  bool tell() const {
    if (!listener) return false;
    const size_t blocks = n_blocks;
    return listener->enough(std::max(whole_.n_top(), finished.load()), blocks ? double(blocks_done.load()) / double(blocks) : 0.0);
  }

 private:
  const Complex<D>& whole_;
};

// A worker's look at the budget, now and then.
template <int D> class Watch {
 public:
  explicit Watch(Budget<D>& budget) : budget_(budget) {}

  // More regions than ``most`` are too many.
  void begin(double most) { most_ = most; }
  void look_soon() { looked_ = 0; }

  // So many regions are found by this worker.
  void found(size_t n) const {
    if (double(n + budget_.finished.load()) > most_) throw TooMany{};
  }

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
  double most_ = std::numeric_limits<double>::infinity();
  size_t ticks_ = 0, gone_over_ = 0;
  double looked_ = 0;  // when it was last asked whether the work should end
};

}  // namespace foldline::complex
