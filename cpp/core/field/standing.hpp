// Where a simplex of a field stands in the grid.
#pragma once

#include <algorithm>

#include "core/field/levels.hpp"
#include "core/numbers.hpp"

namespace foldline::field {

constexpr u64 WALLS = 15;  // the sides of the simplex; bit k is opposite corner k

// The simplex from a cell's first corner along the axes in an order; its corners in this order.  Points in it are mixes of
// its corners; ``sides`` has, in its lowest bits, those a point lies on: bit k where it is no mix of corner k.
struct Standing {
  const Levels& levels;
  Index cell{}, order{};

  // The corners of the simplex that a point is a mix of: the first one's number, and the steps to the others.
  u64 carrier(u64 sides) const {
    u64 name = 0;
    Index at = cell, first{};
    int steps[3] = {0, 0, 0}, n = -1;
    for (int k = 0; k < 4; ++k) {
      if (k) ++at[order[k - 1]];
      if (sides >> k & 1) continue;
      if (n < 0) first = at;
      else steps[n] = (at[0] - first[0]) << 2 | (at[1] - first[1]) << 1 | (at[2] - first[2]);
      ++n;
    }
    const u64 side = u64(levels.n()) + 1;
    name = (u64(first[0]) * side + u64(first[1])) * side + u64(first[2]);
    for (int step : steps) name = name << 3 | u64(step);
    return name;
  }

  // Where the point of these shares of corners 1 to 3 is; exactly on a plane of the grid that all corners lie on which it is
  // a mix of.
  void place(const double* mu, u64 sides, double* x) const {
    const double y[3] = {mu[0] + mu[1] + mu[2], mu[1] + mu[2], mu[2]};
    for (int j = 0; j < 3; ++j) {
      const int axis = order[j];
      const u64 low = (u64(2) << j) - 1, high = WALLS & ~low;  // corners before and behind the step along the axis
      const bool none_low = (sides & low) == low, none_high = (sides & high) == high;
      const double a = levels.place(axis, cell[axis]), b = levels.place(axis, cell[axis] + 1);
      x[axis] = none_high ? a : none_low ? b : std::min(std::max(a + y[j] * (b - a), a), b);
    }
  }

  // Whether all that points with these sides are mixes of lies on a plane through a vertex of the grid, across some axis.
  bool on(const Index& vertex, u64 sides) const {
    for (int axis = 0; axis < 3; ++axis) {
      bool all = true;
      Index at = cell;
      for (int k = 0; k < 4; ++k) {
        if (k) ++at[order[k - 1]];
        if (!(sides >> k & 1)) all = all && at[axis] == vertex[axis];
      }
      if (all) return true;
    }
    return false;
  }
};

}  // namespace foldline::field
