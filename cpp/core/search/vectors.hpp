// Arithmetic on the half-spaces of a cell, eight rows at a time, and on the edges of a corner.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/eight.hpp"
#include "core/numbers.hpp"

namespace foldline::search {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUnit = ULP;                // half an ulp of 1
constexpr double kTiny = std::numeric_limits<double>::min();
constexpr int kLanes = 8;                    // rows are padded to whole vectors of 8 doubles
constexpr int kPool = 16;                    // points of a cell remembered to prove cuts without a linear program
constexpr double kFar = 1e300;               // slack of a padding row: never the nearest, never reached
// Both steer the search; whatever they do, the certificates decide.  Moving witnesses to the middle of their cell was
// tried: it saves no linear programs and costs a fifth of the time.
constexpr double kPivot = 1e-11;             // slower slacks than this are not waited for
constexpr double kReduced = 1e-13;           // a smaller slope of the objective counts as level

// gamma_n of Higham, doubled: it also covers the rounding of the bound itself.
inline double gamma(int n) { return 2.0 * n * kUnit / (1.0 - n * kUnit); }

inline int padded(int n) { return rounded_up(n, kLanes); }

using eight::load, eight::store, eight::all, eight::where, eight::less, eight::smaller;

// Rows i .. i + 7 of A u, A stored column by column.
template <class E> ALWAYS_INLINE E product(const double* A, int ld, int i, int d, const double* u) {
  E sum = load<E>(A + i) * u[0];
  for (int j = 1; j < d; ++j) sum += load<E>(A + static_cast<std::ptrdiff_t>(j) * ld + i) * u[j];
  return sum;
}

// out = A u + c for all rows; padding rows keep their c
struct Affine {
  template <class E>
  static ALWAYS_INLINE void run(const double* A, const double* c, int ld, int rows, int d, const double* u, double* out) {
    for (int i = 0; i < rows; i += kLanes) store(out + i, product<E>(A, ld, i, d, u) + load<E>(c + i));
  }
};
const auto affine = eight::cloned<Affine>;

// The speed v = A u of every slack, and the first to reach zero: returns the time, its row in `which` (-1 if none).
struct FirstHit {
  template <class E>
  static ALWAYS_INLINE double run(const double* A, int ld, int rows, int d, const double* u, const double* slack, double* v,
                                  int* which) {
    using M = eight::Marks<E>;
    const E never = all<E>(kInfinity), still = all<E>(-kPivot);
    E least = never;
    M first = all<M>(std::int64_t(-1));
    for (int i = 0; i < rows; i += kLanes) {
      const E speed = product<E>(A, ld, i, d, u);
      store(v + i, speed);
      const E time = where(less(speed, still), load<E>(slack + i) / -speed, never);
      const M sooner = less(time, least);
      least = where(sooner, time, least);
      first = where(sooner, all<M>(std::int64_t(i)), first);
    }
    double times[kLanes], best = kInfinity;
    std::int64_t rows_of[kLanes];
    store(times, least);
    store(rows_of, first);
    *which = -1;
    for (int k = 0; k < kLanes; ++k)
      if (times[k] < best) best = times[k], *which = static_cast<int>(rows_of[k]) + k;
    return best;
  }
};
const auto first_hit = eight::cloned<FirstHit>;

// slack += t v
struct Move {
  template <class E> static ALWAYS_INLINE void run(double* slack, const double* v, int rows, double t) {
    for (int i = 0; i < rows; i += kLanes) store(slack + i, load<E>(slack + i) + load<E>(v + i) * t);
  }
};
const auto move = eight::cloned<Move>;

// out = A u + c, and the least of out - error.
struct Room {
  template <class E>
  static ALWAYS_INLINE double run(const double* A, const double* c, const double* error, int ld, int rows, int d, const double* u,
                                  double* out) {
    E least = all<E>(kInfinity);
    for (int i = 0; i < rows; i += kLanes) {
      const E slack = product<E>(A, ld, i, d, u) + load<E>(c + i);
      store(out + i, slack);
      least = smaller(slack - load<E>(error + i), least);
    }
    return eight::least(least);
  }
};
const auto room = eight::cloned<Room>;

// The edge down which the objective falls fastest for its length, -1 if none leads down.  Edges side by side: coordinate
// j of edge e is basis[j * width + e]; y is the slope along each edge, and a bound edge leads one way only.
struct SteepestEdge {
  template <class E> static ALWAYS_INLINE int run(const double* basis, int width, int d, const double* y, const double* bound) {
    using M = eight::Marks<E>;
    E most = all<E>(kReduced * kReduced);
    M which = all<M>(std::int64_t(-1));
    for (int i = 0; i < width; i += kLanes) {
      E length = load<E>(basis + i) * load<E>(basis + i);
      for (int j = 1; j < d; ++j) {
        const E b = load<E>(basis + static_cast<std::ptrdiff_t>(j) * width + i);
        length += b * b;
      }
      const E slope = load<E>(y + i);
      E fall = slope * slope / length;
      // bound (0) and not falling; free is infinite
      fall = where(less(load<E>(bound + i), slope + all<E>(kTiny)), E{}, fall);
      const M more = less(most, fall);
      most = where(more, fall, most);
      which = where(more, all<M>(std::int64_t(i)), which);
    }
    double falls[kLanes], best = 0.0;
    std::int64_t edges[kLanes];
    store(falls, most);
    store(edges, which);
    int edge = -1;
    for (int k = 0; k < kLanes; ++k)
      if (edges[k] >= 0 && falls[k] > best) best = falls[k], edge = static_cast<int>(edges[k]) + k;
    return edge;
  }
};
const auto steepest_edge = eight::cloned<SteepestEdge>;

// Bend every edge but k into the plane with normal `row`; edge k is scaled to leave it at rate 1.
struct Bend {
  template <class E>
  static ALWAYS_INLINE void run(double* basis, int width, int d, const double* row, double* y, const double* edge, double slope,
                                double inverse) {
    for (int i = 0; i < width; i += kLanes) {
      const E across = product<E>(basis, width, i, d, row) * inverse;
      for (int j = 0; j < d; ++j) {
        double* b = basis + static_cast<std::ptrdiff_t>(j) * width + i;
        store(b, load<E>(b) - across * edge[j]);
      }
      store(y + i, load<E>(y + i) - across * slope);
    }
  }
};
const auto bend = eight::cloned<Bend>;

// (T, low) += (weight, weight_low) (from, from_low), sums and products without error but for the low parts'.
// source: Dekker 1971; Ogita, Rump and Oishi 2005
struct AddPairs {
  template <class>
  static ALWAYS_INLINE void run(double* T, double* low, const double* from, const double* from_low, int n, double weight,
                                double weight_low) {
    for (int k = 0; k < n; ++k) {
      const double high = weight * from[k];
      const double rest = std::fma(weight, from[k], -high) + (weight * from_low[k] + weight_low * from[k]);
      const double sum = T[k] + high, part = sum - T[k];
      low[k] += ((T[k] - (sum - part)) + (high - part)) + rest;
      T[k] = sum;
    }
  }
};
const auto add_pairs = eight::cloned<AddPairs>;

// The fold at every pool point.
struct AtPool {
  template <class E> static ALWAYS_INLINE void run(const double* pool, int d, const double* a, double c, double* out) {
    for (int i = 0; i < kPool; i += kLanes) store(out + i, product<E>(pool, kPool, i, d, a) + all<E>(c));
  }
};
const auto at_pool = eight::cloned<AtPool>;

}  // namespace foldline::search
