// Pairs of doubles: numbers of 106 bits.
//
// Sums: Ogita, Rump & Oishi 2005, "Accurate sum and dot product", algorithm Dot2, with factors that are pairs themselves.
#pragma once

#include <cmath>

namespace foldline {

struct Pair { double hi, lo; };

inline Pair two_sum(double a, double b) {
  const double s = a + b, c = s - a;
  return {s, (a - (s - c)) + (b - c)};
}
inline Pair add(Pair a, Pair b) {
  const Pair s = two_sum(a.hi, b.hi), t = two_sum(a.lo, b.lo);
  const Pair u = two_sum(s.hi, s.lo + t.hi);
  return two_sum(u.hi, u.lo + t.lo);
}
inline Pair minus(Pair a) { return {-a.hi, -a.lo}; }
inline Pair times(Pair a, Pair b) {
  const double p = a.hi * b.hi;
  return two_sum(p, std::fma(a.hi, b.hi, -p) + (a.hi * b.lo + a.lo * b.hi));
}
inline Pair over(Pair a, Pair b) {
  const double q = a.hi / b.hi;
  const Pair rest = add(a, minus(times(b, {q, 0})));
  return two_sum(q, rest.hi / b.hi);
}

constexpr double PAIR_ULP = 0x1p-100;  // covers the relative error of any operation above

}  // namespace foldline
