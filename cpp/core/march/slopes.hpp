// How the network rises along a direction wherever it equals the level in a leaf.
#pragma once

#include <algorithm>
#include <cmath>

#include "core/eight.hpp"
#include "core/march/bounds.hpp"

namespace foldline::march {

using eight::load, eight::store, eight::absolute, eight::larger, eight::smaller, eight::total;

// How much less and more than in the bounds the slope of each undecided unit is where the network equals the level: one
// number if the unit has one sign there, as no multiple of the level row that is taken off its bounds lets it be zero;
// the multiple is the one of least squares.
struct RangesOnLevel {
  template <class E>
  static ALWAYS_INLINE void run(const Bounds& b, double* least, double* most) {
    const double *level = b.level.data(), *reach = b.reach.data();
    double weights[3], square = 0, size = 0;
    for (int j = 0; j < 3; ++j) square += level[j] * level[j] * b.half[j] * b.half[j];
    for (int j = 0; j < 3; ++j) weights[j] = square > 0 ? level[j] * b.half[j] * b.half[j] / square : 0.0;
    for (int c = 4; c < 4 + b.n; ++c) size += std::fabs(level[c]) * reach[c];
    for (const Group& group : b.groups) {
      const int entries = 4 + group.earlier;
      double later = size;
      for (int c = 4; c < entries; ++c) later -= std::fabs(level[c]) * reach[c];
      later = (later > 0 ? later : 0.0) + 1e-12 * size;
      for (int at = group.first; at < group.first + group.pad; at += 8) {
        const double* row = b.row(group, at);
        const E times = weights[0] * load<E>(row) + weights[1] * load<E>(row + 8) + weights[2] * load<E>(row + 16);
        E radius = absolute(times) * later;
        for (int c = 0; c < entries; ++c) radius += absolute(load<E>(row + 8 * c) - times * level[c]) * reach[c];
        store(least + at, load<E>(row + 24) - times * level[3]);
        store(most + at, radius * (1 + 1e-12) + 2.0 * (load<E>(b.error.data() + at) + absolute(times) * b.level_error));
      }
    }
    const double *slopes = b.slope.data(), *below = b.below.data();
    VECTORS
    for (int k = 0; k < b.end; ++k) {
      const double value = least[k], away = most[k], off = below[k] - slopes[k], on = 1.0 - slopes[k];
      const double low = off < on ? off : on, high = off < on ? on : off;
      least[k] = value > away ? on : value < -away ? off : low;
      most[k] = value > away ? on : value < -away ? off : high;
    }
  }
};
const auto ranges_on_level = eight::contracted<RangesOnLevel>;

// The least slope of the network along t wherever it equals the level, less how far that can be off.  `spread`: of each
// place, room for how much the slope of a residual can be.
struct LeastSlope {
  template <class E>
  static ALWAYS_INLINE double run(const Bounds& b, const double* least, const double* most, const double* t, double* spread) {
    const double tilt = std::fabs(t[0]) + std::fabs(t[1]) + std::fabs(t[2]);
    E sums = {}, sizes = {};
    for (const Group& group : b.groups)
      for (int at = group.first; at < group.first + group.pad; at += 8) {
        const double* row = b.row(group, at);
        E apart = load<E>(b.error.data() + at) * tilt;
        for (int w = 0; w < group.earlier; ++w) apart += absolute(load<E>(row + 8 * (4 + w))) * spread[b.place[w]];
        const E slope = load<E>(row) * t[0] + load<E>(row + 8) * t[1] + load<E>(row + 16) * t[2];
        const E lo = load<E>(least + at), hi = load<E>(most + at), reach = larger(absolute(lo), absolute(hi));
        const E own = load<E>(b.own.data() + at), by = own * slope, wide = reach * (absolute(slope) + apart);
        store(spread + at, wide);
        sums += smaller(by * lo, by * hi) - absolute(own) * reach * apart, sizes += absolute(own) * wide;
      }
    const double middle = b.level[0] * t[0] + b.level[1] * t[1] + b.level[2] * t[2];
    return middle + total(sums) - 1e-12 * (std::fabs(middle) + total(sizes)) - b.level_error * tilt;
  }
};
const auto least_slope = eight::contracted<LeastSlope>;

// Sums over the undecided units of what each may add to the gradient, seen along two directions: the middles (2), and the
// products of the half widths (xx, xy, yy).
struct Scatter {
  template <class E>
  static ALWAYS_INLINE void run(const Bounds& b, const double* least, const double* most, const double across[2][3], double* out) {
    E sums[5] = {};
    for (const Group& group : b.groups)
      for (int at = group.first; at < group.first + group.pad; at += 8) {
        const double* row = b.row(group, at);
        const E own = load<E>(b.own.data() + at), lo = load<E>(least + at), hi = load<E>(most + at);
        const E p = own * load<E>(row), q = own * load<E>(row + 8), r = own * load<E>(row + 16);
        const E x = p * across[0][0] + q * across[0][1] + r * across[0][2];
        const E y = p * across[1][0] + q * across[1][1] + r * across[1][2];
        const E half = (hi - lo) * 0.5, middle = (lo + hi) * 0.5;
        sums[0] += middle * x, sums[1] += middle * y;
        sums[2] += half * half * x * x, sums[3] += half * half * x * y, sums[4] += half * half * y * y;
      }
    for (int j = 0; j < 5; ++j) out[j] = total(sums[j]);
  }
};
const auto scatter = eight::contracted<Scatter>;

}  // namespace foldline::march
