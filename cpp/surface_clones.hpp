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

#if defined(__GNUC__)
typedef double Pack __attribute__((vector_size(64), aligned(8), may_alias));
typedef long long PackBits __attribute__((vector_size(64), aligned(8), may_alias));
#define FOLDLINE_PACKS 1
#endif

// The rows that are near, listed; returns how many.  The number of rows is a multiple of 8.
CLONES int listed(const double* near, int rows, int* list) {
  int n = 0;
  for (int at = 0; at < rows; at += 64) {
    const int m = std::min(64, rows - at);
    u64 mask = 0;
#ifdef FOLDLINE_PACKS
    PackBits bit = {1, 2, 4, 8, 16, 32, 64, 128}, any = {};
    for (int u = 0; u < m; u += 8, bit <<= 8) any |= (*(const Pack*)(near + at + u) > Pack{}) & bit;
    for (int k = 0; k < 8; ++k) mask |= u64(any[k]);
#else
    for (int u = 0; u < m; ++u) mask |= u64(near[at + u] > 0) << u;
#endif
    for (; mask; mask &= mask - 1) list[n++] = at + __builtin_ctzll(mask);
  }
  return n;
}

}  // namespace
