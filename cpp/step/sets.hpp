// The step compiled for each instruction set, and the one that runs chosen when a kernel is made.
// The files included once a set take
//   FOLDLINE_SET     the namespace
//   FOLDLINE_LANES   floats in a vector register
//   FOLDLINE_COLUMNS vectors in a full panel
//   FOLDLINE_TILE    accumulators a tile may hold in registers
#pragma once

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "step/kernel.hpp"
#include "step/workers.hpp"

namespace foldline::step {

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define FOLDLINE_STEP_X86 1
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define FOLDLINE_SET avx512
#define FOLDLINE_LANES 16
#define FOLDLINE_COLUMNS 4
#define FOLDLINE_TILE 24
#include "step/set.hpp"
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define FOLDLINE_SET avx2
#define FOLDLINE_LANES 8
#define FOLDLINE_COLUMNS 2
#define FOLDLINE_TILE 12
#include "step/set.hpp"
#pragma GCC pop_options
#endif

#define FOLDLINE_SET generic
#define FOLDLINE_LANES 4
#define FOLDLINE_COLUMNS 2
#define FOLDLINE_TILE 12
#include "step/set.hpp"

// The instruction sets of this machine that a step can use, fastest first.
inline std::vector<std::string> sets() {
  std::vector<std::string> names;
#ifdef FOLDLINE_STEP_X86
  if (__builtin_cpu_supports("x86-64-v4")) names.push_back("avx512");
  if (__builtin_cpu_supports("x86-64-v3")) names.push_back("avx2");
#endif
  names.push_back("generic");
  return names;
}

inline std::unique_ptr<Kernel> make(Shape shape, const std::string& set, int threads) {
#ifdef FOLDLINE_STEP_X86
  if (set == "avx512") return std::make_unique<avx512::Kernel>(std::move(shape), threads);
  if (set == "avx2") return std::make_unique<avx2::Kernel>(std::move(shape), threads);
#endif
  return std::make_unique<generic::Kernel>(std::move(shape), threads);
}

}  // namespace foldline::step
