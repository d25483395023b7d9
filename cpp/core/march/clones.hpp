// Loops over padded rows, compiled for each instruction set; the set is chosen when the module loads.  What is written with
// eight doubles (eight.hpp) is cloned by width; of plain loops over numbers that are apart in memory GCC makes vectors well.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/eight.hpp"
#include "core/march/chain.hpp"

#if FOLDLINE_CLONES
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("fp-contract=fast", "no-trapping-math")))
#else
#define CLONES
#endif

namespace {

using eight::load, eight::store, eight::absolute, eight::larger, eight::smaller, eight::total, eight::less;

#if defined(__GNUC__) && !defined(__clang__)
#define VECTORS _Pragma("GCC ivdep")
#else
#define VECTORS
#endif

// The rows that are near, listed; returns how many.  The number of rows is a multiple of 8.
struct Listed {
  template <class E> static ALWAYS_INLINE int run(const double* near, int rows, int* list) {
    using M = eight::Marks<E>;
    static constexpr std::int64_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    int n = 0;
    for (int at = 0; at < rows; at += 64) {
      const int m = std::min(64, rows - at);
      M bit = load<M>(bits), any = {};
      for (int u = 0; u < m; u += 8, bit = bit << 8) any = any | (less(E{}, load<E>(near + at + u)) & bit);
      std::int64_t words[8];
      store(words, any);
      u64 mask = 0;
      for (const std::int64_t word : words) mask |= u64(word);
      for (; mask; mask &= mask - 1) list[n++] = at + __builtin_ctzll(mask);
    }
    return n;
  }
};
const auto listed = eight::contracted<Listed>;

}  // namespace
