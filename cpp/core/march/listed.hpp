// Places in a row of numbers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/eight.hpp"
#include "core/numbers.hpp"

namespace foldline::march {

using eight::load, eight::store, eight::less;

// The rows whose number is above 0, listed; returns how many.  The number of rows is a multiple of 8.
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

}  // namespace foldline::march
