// Eight doubles side by side, and functions that are compiled for each instruction set; the set is chosen when the module
// loads.
//
// A function is a struct with a static template ``run<E>``, and ``E`` is eight doubles in vectors as wide as the machine has
// them: a compiler told to use wider ones keeps them in memory and takes comparisons apart into single numbers (GCC 12).
// Plain loops over numbers that are apart in memory need not use E: of those GCC makes vectors well.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/machine.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"  // no vector is passed to a function that is not inlined
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

#if defined(__GNUC__) && !defined(__clang__)
#define VECTORS _Pragma("GCC ivdep")  // no iteration of the next loop writes what another reads
#else
#define VECTORS
#endif

namespace foldline::eight {

#if defined(__GNUC__)
template <int W> struct Vector {
  typedef double Doubles __attribute__((vector_size(8 * W)));
  typedef std::int64_t Marks __attribute__((vector_size(8 * W)));
};
#endif

// Two halves of half as many numbers.
template <class H> struct Two { H a, b; };

template <class E> struct Of;  // the marks that comparisons of E make, all bits or none set, and how many numbers E has
template <> struct Of<double> { using Marks = std::int64_t; static constexpr int count = 1; };
template <class H> struct Of<Two<H>> { using Marks = Two<typename Of<H>::Marks>; static constexpr int count = 2 * Of<H>::count; };
#if defined(__GNUC__)
template <> struct Of<Vector<2>::Doubles> { using Marks = Vector<2>::Marks; static constexpr int count = 2; };
template <> struct Of<Vector<4>::Doubles> { using Marks = Vector<4>::Marks; static constexpr int count = 4; };
template <> struct Of<Vector<8>::Doubles> { using Marks = Vector<8>::Marks; static constexpr int count = 8; };
using Narrow = Two<Two<Vector<2>::Doubles>>;
using Middle = Two<Vector<4>::Doubles>;
using Wide = Vector<8>::Doubles;
#else
using Narrow = Two<Two<Two<double>>>;
#endif
template <class E> using Marks = typename Of<E>::Marks;

// Doubles in a register, and in as many registers as a row of a product of matrices is given at once.
template <class E> constexpr int lanes = 2;
template <class E> constexpr int columns = 8;
#if defined(__GNUC__)
template <> constexpr int lanes<Middle> = 4;
template <> constexpr int lanes<Wide> = 8;
template <> constexpr int columns<Wide> = 32;
#endif

// How many E a loop with four or five sums each goes over at once: as many as there are registers for.
template <class E> constexpr int at_once = 1;
#if defined(__GNUC__)
template <> constexpr int at_once<Wide> = 2;
#endif

template <class H> ALWAYS_INLINE Two<H> operator+(const Two<H>& x, const Two<H>& y) { return {x.a + y.a, x.b + y.b}; }
template <class H> ALWAYS_INLINE Two<H> operator-(const Two<H>& x, const Two<H>& y) { return {x.a - y.a, x.b - y.b}; }
template <class H> ALWAYS_INLINE Two<H> operator*(const Two<H>& x, const Two<H>& y) { return {x.a * y.a, x.b * y.b}; }
template <class H> ALWAYS_INLINE Two<H> operator/(const Two<H>& x, const Two<H>& y) { return {x.a / y.a, x.b / y.b}; }
template <class H> ALWAYS_INLINE Two<H> operator*(const Two<H>& x, double y) { return {x.a * y, x.b * y}; }
template <class H> ALWAYS_INLINE Two<H> operator*(double x, const Two<H>& y) { return {x * y.a, x * y.b}; }
template <class H> ALWAYS_INLINE Two<H> operator-(const Two<H>& x) { return {-x.a, -x.b}; }
template <class H> ALWAYS_INLINE Two<H>& operator+=(Two<H>& x, const Two<H>& y) { return x = x + y; }
template <class H> ALWAYS_INLINE Two<H> operator&(const Two<H>& x, const Two<H>& y) { return {x.a & y.a, x.b & y.b}; }
template <class H> ALWAYS_INLINE Two<H> operator|(const Two<H>& x, const Two<H>& y) { return {x.a | y.a, x.b | y.b}; }
template <class H> ALWAYS_INLINE Two<H> operator<<(const Two<H>& x, int n) { return {x.a << n, x.b << n}; }

template <class V> ALWAYS_INLINE Marks<V> less(const V& x, const V& y) { return x < y; }
ALWAYS_INLINE std::int64_t less(double x, double y) { return -std::int64_t(x < y); }
template <class H> ALWAYS_INLINE Two<Marks<H>> less(const Two<H>& x, const Two<H>& y) { return {less(x.a, y.a), less(x.b, y.b)}; }

template <class M, class V> ALWAYS_INLINE V where(const M& mark, const V& x, const V& y) { return mark ? x : y; }
template <class M, class H> ALWAYS_INLINE Two<H> where(const Two<M>& mark, const Two<H>& x, const Two<H>& y) {
  return {where(mark.a, x.a, y.a), where(mark.b, x.b, y.b)};
}

template <class E> ALWAYS_INLINE E smaller(const E& x, const E& y) { return where(less(x, y), x, y); }
template <class E> ALWAYS_INLINE E larger(const E& x, const E& y) { return where(less(y, x), x, y); }

template <class V> ALWAYS_INLINE V absolute(const V& x) { return (V)((Marks<V>)x & (Marks<V>{} + 0x7fffffffffffffffLL)); }
ALWAYS_INLINE double absolute(double x) { return std::fabs(x); }
template <class H> ALWAYS_INLINE Two<H> absolute(const Two<H>& x) { return {absolute(x.a), absolute(x.b)}; }

// Loads, stores, single numbers and copies of one number, recursively; E may be marks, too.
template <class E> struct Access {
  template <class T> static ALWAYS_INLINE E load(const T* from) {
    E x;
    std::memcpy(&x, from, sizeof x);
    return x;
  }
  template <class T> static ALWAYS_INLINE void store(T* to, const E& x) { std::memcpy(to, &x, sizeof x); }
  template <class T> static ALWAYS_INLINE E all(T x) { return E{} + x; }
};
template <> struct Access<double> {
  static ALWAYS_INLINE double load(const double* from) { return *from; }
  static ALWAYS_INLINE void store(double* to, double x) { *to = x; }
  static ALWAYS_INLINE double all(double x) { return x; }
};
template <> struct Access<std::int64_t> {
  static ALWAYS_INLINE std::int64_t load(const std::int64_t* from) { return *from; }
  static ALWAYS_INLINE void store(std::int64_t* to, std::int64_t x) { *to = x; }
  static ALWAYS_INLINE std::int64_t all(std::int64_t x) { return x; }
};
template <class H> struct Access<Two<H>> {
  static constexpr int half = sizeof(H) / sizeof(double);
  template <class T> static ALWAYS_INLINE Two<H> load(const T* from) { return {Access<H>::load(from), Access<H>::load(from + half)}; }
  template <class T> static ALWAYS_INLINE void store(T* to, const Two<H>& x) { Access<H>::store(to, x.a), Access<H>::store(to + half, x.b); }
  template <class T> static ALWAYS_INLINE Two<H> all(T x) { return {Access<H>::all(x), Access<H>::all(x)}; }
};
template <class E, class T> ALWAYS_INLINE E load(const T* from) { return Access<E>::load(from); }
template <class E, class T> ALWAYS_INLINE void store(T* to, const E& x) { Access<E>::store(to, x); }
template <class E, class T> ALWAYS_INLINE E all(T x) { return Access<E>::all(x); }

template <class E> ALWAYS_INLINE double least(const E& x) {
  double parts[8];
  store(parts, x);
  double least = parts[0];
  for (int k = 1; k < 8; ++k) least = parts[k] < least ? parts[k] : least;
  return least;
}

template <class E> ALWAYS_INLINE double total(const E& x) {
  double a[8];
  store(a, x);
  return ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
}

// Products may be added without rounding.
#define FOLDLINE_CONTRACTED , optimize("fp-contract=fast", "no-trapping-math")

#if FOLDLINE_CLONES
// The one of three functions that this machine runs.
template <class F> F* best_of(F* avx512, F* avx2, F* plain) { return machine() == Machine::avx512 ? avx512 : machine() == Machine::avx2 ? avx2 : plain; }
template <class Clones> auto best_of() { return best_of(Clones::avx512, Clones::avx2, Clones::plain); }

#define FOLDLINE_CLONED(NAME, ...)                                                                                          \
  template <class Body, class F> struct NAME##Clones;                                                                       \
  template <class Body, class R, class... A> struct NAME##Clones<Body, R (*)(A...)> {                                       \
    __attribute__((FOLDLINE_AVX512_SET __VA_ARGS__)) static R avx512(A... a) { return Body::template run<eight::Wide>(a...); } \
    __attribute__((FOLDLINE_AVX2_SET __VA_ARGS__)) static R avx2(A... a) { return Body::template run<eight::Middle>(a...); }   \
    static R plain(A... a) { return Body::template run<eight::Narrow>(a...); }                                              \
  };                                                                                                                        \
  template <class Body> const auto NAME = best_of<NAME##Clones<Body, decltype(&Body::template run<eight::Narrow>)>>();
#else
#define FOLDLINE_CLONED(NAME, ...) template <class Body> const auto NAME = &Body::template run<eight::Narrow>;
#endif

FOLDLINE_CLONED(cloned)                           // every machine rounds alike
FOLDLINE_CLONED(contracted, FOLDLINE_CONTRACTED)

}  // namespace foldline::eight
