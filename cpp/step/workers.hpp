// Threads that wait for the short jobs of a step, thousands of times a second.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace foldline::step {

class Workers {
 public:
  explicit Workers(int n) {
    for (int w = 1; w < n; ++w) threads_.emplace_back([this, w] { wait(w); });
  }

  ~Workers() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
      ++turn_;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  // Call work(job, worker) for each of the jobs, in any order, at most one at a time a worker; the caller is worker 0.
  template <class F>
  void each(long jobs, const F& work) {
    if (threads_.empty() || jobs < 2) {
      for (long job = 0; job < jobs; ++job) work(job, 0);
      return;
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      work_ = [&work](long job, int worker) { work(job, worker); };
      jobs_ = jobs;
      next_.store(0);
      ++turn_;
    }
    wake_.notify_all();
    take(0);
    { const std::lock_guard<std::mutex> lock(mutex_); }  // who wakes from now on finds no job, and is not waited for
    for (int spin = 0; busy_.load(std::memory_order_acquire) != 0; ++spin)
      if (spin > kSpins) std::this_thread::yield();
  }

 private:
  static constexpr int kSpins = 2000;  // a few microseconds: less than it takes to sleep and be woken
  // How long a worker stays awake, letting others have its core, for the next job: longer than what a step does alone.
  static constexpr std::chrono::microseconds kAwake{300};

  void take(int worker) {
    for (long job; (job = next_.fetch_add(1)) < jobs_;) work_(job, worker);
  }

  void wait(int worker) {
    for (long seen = 0;;) {
      stay_awake(seen);
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return turn_.load() != seen; });
        seen = turn_.load();
        if (stop_) return;
        if (next_.load() >= jobs_) continue;
        busy_.fetch_add(1);
      }
      take(worker);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  void stay_awake(long seen) const {
    const auto until = std::chrono::steady_clock::now() + kAwake;
    for (int spin = 0; turn_.load(std::memory_order_acquire) == seen; ++spin) {
      if (spin < kSpins) continue;
      if (std::chrono::steady_clock::now() > until) return;
      std::this_thread::yield();
    }
  }

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<void(long, int)> work_;
  std::atomic<long> turn_{0}, next_{0};
  std::atomic<int> busy_{0};
  long jobs_ = 0;
  bool stop_ = false;
};

// While it lives, this thread rounds numbers too small for a normal float to zero: processors handle them a hundred
// times slower, and the memories of a dead unit fade into them.
class Flushed {
 public:
#if defined(__x86_64__) && defined(__GNUC__)
  Flushed() : before_(__builtin_ia32_stmxcsr()) { __builtin_ia32_ldmxcsr(before_ | 0x8040); }
  ~Flushed() { __builtin_ia32_ldmxcsr(before_); }

 private:
  unsigned before_;
#else
  Flushed() {}
#endif
};

}  // namespace foldline::step
