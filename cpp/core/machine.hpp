// The instruction sets that kernels are compiled for, and which of them this machine has.
#pragma once

#if defined(__GNUC__)
#define APART __attribute__((noinline))  // a loop that would suffer from what else its caller keeps in registers
#else
#define APART
#endif

// Where GCC can tell at run time which instructions a machine has.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define FOLDLINE_CLONES 1
#define FOLDLINE_AVX2_SET target("avx2,fma,bmi,bmi2,popcnt")
#define FOLDLINE_AVX512_SET target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,bmi,bmi2,popcnt,prefer-vector-width=512")
#endif

namespace foldline {

enum class Machine { plain, avx2, avx512 };

inline Machine machine() {
#if FOLDLINE_CLONES
  __builtin_cpu_init();
  if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))) return Machine::plain;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  return wide ? Machine::avx512 : Machine::avx2;
#else
  return Machine::plain;
#endif
}

}  // namespace foldline
