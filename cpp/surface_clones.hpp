// Loops over padded rows, compiled for each instruction set; the set is chosen when the module loads.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "surface_chain.hpp"

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("fp-contract=fast", "no-trapping-math")))
#else
#define CLONES
#endif

namespace {

// Eight doubles.  They are not compared: GCC 12 takes the bits of a comparison apart into words.  Loops over numbers that it
// is told to be apart in memory it turns into vectors well, comparisons and all.
#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#pragma GCC diagnostic ignored "-Wpsabi"  // no pack is passed to a function that is not inlined
typedef double Pack __attribute__((vector_size(64), aligned(8), may_alias));
typedef long long PackBits __attribute__((vector_size(64), aligned(8), may_alias));
ALWAYS_INLINE Pack absolute(Pack a) { return (Pack)((PackBits)a & (PackBits{} + 0x7fffffffffffffffLL)); }
ALWAYS_INLINE Pack larger(Pack a, Pack b) { return a > b ? a : b; }
ALWAYS_INLINE Pack smaller(Pack a, Pack b) { return a < b ? a : b; }
#else
#define ALWAYS_INLINE inline
struct Pack {
  double values[8] = {};
  double operator[](int i) const { return values[i]; }
};
template <class F> Pack each(F f) {
  Pack out;
  for (int i = 0; i < 8; ++i) out.values[i] = f(i);
  return out;
}
inline Pack operator+(Pack a, Pack b) { return each([&](int i) { return a[i] + b[i]; }); }
inline Pack operator-(Pack a, Pack b) { return each([&](int i) { return a[i] - b[i]; }); }
inline Pack operator*(Pack a, Pack b) { return each([&](int i) { return a[i] * b[i]; }); }
inline Pack operator*(double a, Pack b) { return each([&](int i) { return a * b[i]; }); }
inline Pack operator*(Pack a, double b) { return b * a; }
inline Pack& operator+=(Pack& a, Pack b) { return a = a + b; }
inline Pack absolute(Pack a) { return each([&](int i) { return std::fabs(a[i]); }); }
inline Pack larger(Pack a, Pack b) { return each([&](int i) { return std::max(a[i], b[i]); }); }
inline Pack smaller(Pack a, Pack b) { return each([&](int i) { return std::min(a[i], b[i]); }); }
#endif
#if defined(__GNUC__) && !defined(__clang__)
#define VECTORS _Pragma("GCC ivdep")
#else
#define VECTORS
#endif
ALWAYS_INLINE Pack& pack(double* p) { return *reinterpret_cast<Pack*>(p); }
ALWAYS_INLINE const Pack& pack(const double* p) { return *reinterpret_cast<const Pack*>(p); }
ALWAYS_INLINE double total(Pack a) { return ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7])); }

// The rows that are near, listed; returns how many.  The number of rows is a multiple of 8.
CLONES int listed(const double* near, int rows, int* list) {
  int n = 0;
  for (int at = 0; at < rows; at += 64) {
    const int m = std::min(64, rows - at);
    u64 mask = 0;
#if defined(__GNUC__)
    PackBits bit = {1, 2, 4, 8, 16, 32, 64, 128}, any = {};
    for (int u = 0; u < m; u += 8, bit <<= 8) any |= (pack(near + at + u) > Pack{}) & bit;
    for (int k = 0; k < 8; ++k) mask |= u64(any[k]);
#else
    for (int u = 0; u < m; ++u) mask |= u64(near[at + u] > 0) << u;
#endif
    for (; mask; mask &= mask - 1) list[n++] = at + __builtin_ctzll(mask);
  }
  return n;
}

}  // namespace
