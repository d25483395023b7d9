// Work that several threads do at the same time.
#pragma once

#include <exception>
#include <thread>
#include <vector>

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
  std::vector<std::thread> threads;
  for (int w = 1; w < n; ++w) threads.emplace_back(kept, w);
  kept(0);
  for (std::thread& thread : threads) thread.join();
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}
