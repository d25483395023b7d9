// Numbers of all kernels: their types, what rounding does to them, the grids they lie on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace foldline {

using std::size_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;

constexpr int GROUP = 64;               // units in a word of a pattern, one bit each
constexpr double ULP = 0x1p-53;         // unit roundoff of a double
constexpr double SLACK = 1 + 0x1p-20;   // covers the rounding of computed bounds
constexpr double LEAST = 0x1p-500;      // covers what underflow takes: products below 2^-1074, norms whose squares are below it

// The least g >= 0 for which x is a multiple of 2^-g.
inline int grid_of(double x) {
  u64 bits;
  std::memcpy(&bits, &x, sizeof bits);
  const int e = int(bits >> 52 & 0x7ff);
  u64 m = bits & 0xfffffffffffffull;
  if (e) m |= 0x10000000000000ull;
  return m ? std::max(0, 1075 - std::max(e, 1) - __builtin_ctzll(m)) : 0;
}

// 2^e for a double's normal exponents.
inline double power_of_two(int e) {
  const u64 bits = u64(e + 1023) << 52;
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

inline int rounded_up(int n, int lanes) { return (n + lanes - 1) / lanes * lanes; }

}  // namespace foldline
