// The polygon of a region whose one edge is known: a walk around it from corner to corner.
#pragma once

#include <cmath>
#include <vector>

#include "core/eight.hpp"
#include "core/march/chain.hpp"
#include "core/march/polygon.hpp"
#include "core/memory.hpp"

namespace foldline::march {

using eight::load, eight::smaller;

constexpr double FARTHEST = 1e300;  // of a line that is not met

// Lines a x + b y + c >= 0 of a frame; empty places up to a multiple of 8.
struct Sides {
  int n = 0;
  std::vector<int> row;
  Doubles sign, a, b, c, out, error, steep, number;  // out: slope along the normal; steep: sum of the absolute slopes
  Doubles clear, meets;                              // at a corner: how far off, errors taken off; how far along the edge

  Line operator[](int i) const { return {a[i], b[i], c[i], out[i], row[i]}; }
  int pad() const { return (n + 7) / 8 * 8; }
  void resize(int size) {
    n = size;
    const size_t room = size_t(pad());
    if (row.size() >= room) return;
    row.resize(room, 0);
    for (auto* v : {&sign, &a, &b, &c, &out, &error, &steep, &clear, &meets}) v->resize(room, 0.0);
    for (size_t i = number.size(); i < room; ++i) number.push_back(double(i));
  }
};

// The listed rows of a region in a frame, each turned so that it is positive inside.
struct Draw {
  template <class> static ALWAYS_INLINE void run(const double* const* A, const double* error, const Frame& f, Sides& lines) {
    const double *X = A[0], *Y = A[1], *Z = A[2], *C = A[3], *signs = lines.sign.data();
    const int* rows = lines.row.data();
    double *a = lines.a.data(), *b = lines.b.data(), *c = lines.c.data(), *out = lines.out.data();
    double *errors = lines.error.data(), *steep = lines.steep.data();
    const double p0 = f.p[0], p1 = f.p[1], p2 = f.p[2], n0 = f.n[0], n1 = f.n[1], n2 = f.n[2];
    const double x0 = f.e1[0], x1 = f.e1[1], x2 = f.e1[2], y0 = f.e2[0], y1 = f.e2[1], y2 = f.e2[2];
    VECTORS
    for (int i = 0; i < lines.n; ++i) {
      const int u = rows[i];
      const double s = signs[i], x = s * X[u], y = s * Y[u], z = s * Z[u];
      a[i] = x * x0 + y * x1 + z * x2, b[i] = x * y0 + y * y1 + z * y2, out[i] = x * n0 + y * n1 + z * n2;
      c[i] = x * p0 + y * p1 + z * p2 + s * C[u], errors[i] = error[u];
      steep[i] = std::fabs(a[i]) + std::fabs(b[i]) + std::fabs(out[i]);
    }
    for (int i = lines.n; i < lines.pad(); ++i) a[i] = b[i] = out[i] = errors[i] = steep[i] = 0, c[i] = FARTHEST;
  }
};
const auto draw = eight::contracted<Draw>;

// Of every line, at a corner (x, y) known within `wrong` between the lines `before` and `after`: how far off it is, and after
// which part of the direction (dx, dy) it is met.  Returns the least of the first.
struct LookAlong {
  template <class E>
  static ALWAYS_INLINE double run(double x, double y, double wrong, double before, double after, double dx, double dy, Sides& lines) {
    const double *a = lines.a.data(), *b = lines.b.data(), *c = lines.c.data(), *number = lines.number.data();
    const double *error = lines.error.data(), *steep = lines.steep.data();
    double *clear = lines.clear.data(), *meets = lines.meets.data();
    const int n = lines.pad();
    VECTORS
    for (int i = 0; i < n; ++i) {
      const double value = a[i] * x + b[i] * y + c[i], rate = a[i] * dx + b[i] * dy;
      const double own = (number[i] - before) * (number[i] - after);
      const double room = value - error[i] - 2 * steep[i] * wrong, way = value / -rate;
      clear[i] = own == 0 ? FARTHEST : room;
      meets[i] = own == 0 ? FARTHEST : rate < 0 ? way : FARTHEST;
    }
    E least = load<E>(clear);
    for (int i = 8; i < n; i += 8) least = smaller(least, load<E>(clear + i));
    return eight::least(least);
  }
};
const auto look_along = eight::contracted<LookAlong>;

// The line that is met first, or how many there are if none is.
struct FirstMet {
  template <class E>
  static ALWAYS_INLINE int run(const Sides& lines) {
    const double* meets = lines.meets.data();
    E least = load<E>(meets);
    for (int i = 8; i < lines.pad(); i += 8) least = smaller(least, load<E>(meets + i));
    const double smallest = eight::least(least);
    if (!(smallest < FARTHEST)) return lines.n;
    int i = 0;
    while (meets[i] != smallest) ++i;
    return i;
  }
};
const auto first_met = eight::contracted<FirstMet>;

}  // namespace foldline::march
