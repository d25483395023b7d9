// Work that several threads do at the same time; with FOLDLINE_NO_THREADS one after another on this thread.
#pragma once

#include <exception>
#include <mutex>
#include <vector>

#if !FOLDLINE_NO_THREADS
#include <thread>
#endif

namespace foldline {

#if FOLDLINE_NO_THREADS
struct Mutex {
  void lock() {}
  void unlock() {}
};
#else
using Mutex = std::mutex;
#endif
using Hold = std::lock_guard<Mutex>;

// Call work(0) to work(n - 1) at the same time, the first on this thread.  When all have ended, the first exception of any
// is thrown.
template <class F> void at_once(int n, F work) {
  std::vector<std::exception_ptr> errors(n);
  const auto kept = [&](int w) {
    try {
      work(w);
    } catch (...) {
      errors[w] = std::current_exception();
    }
  };
#if FOLDLINE_NO_THREADS
  for (int w = 0; w < n; ++w) kept(w);
#else
  std::vector<std::thread> threads;
  for (int w = 1; w < n; ++w) threads.emplace_back(kept, w);
  kept(0);
  for (std::thread& thread : threads) thread.join();
#endif
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace foldline
