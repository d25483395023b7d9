// Affine bounds of the units that are undecided over a leaf of the search, and of the level row.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/eight.hpp"
#include "core/march/chain.hpp"
#include "core/memory.hpp"
#include "core/numbers.hpp"

namespace foldline::march {

struct Leaf { double lo[3], hi[3]; int depth, face; };  // face: 0-2 lies in a face across that axis, 3 volume, 4 edge

// The units of one layer that are undecided over a leaf: `pad` places from `first` on, a multiple of 8, the last ones empty.
struct Group { int first = 0, n = 0, pad = 0, earlier = 0; size_t start = 0; };  // earlier: undecided units in the layers before

// What is known of the units over a leaf.  An undecided unit has two signs in it; its activation is slope * value + shift +
// residual there, |residual| <= |shift|, and the gradient of the residual is that of the value times a number from
// below - slope to 1 - slope.  The value of a unit is a row: a gradient, the value at the middle, and a multiple of the
// residual of each undecided unit in the layers before.  `error` is how far that is off, as is the gradient; `size` is what
// the terms, and their gradients, can add up to.
struct Bounds {
  int n = 0, end = 0;              // undecided units; places
  int narrowed = 0;                // how often, since the bounds were worked out from the network
  int stuck = 0;                   // how often a leaf was split, most recently, without deciding any unit
  double middle[3], half[3];
  std::vector<Group> groups;       // one a hidden layer
  std::vector<int> unit, place;    // (n) row of the chain, and place, of each undecided unit
  Doubles rows;                    // of each 8 places, one after another: (4 + earlier, 8)
  Doubles error, size, slope, shift, below, own;  // (end) own: what the residual adds to the level row
  Doubles level;                   // (4 + n) gradient, value at the middle, multiples of the residuals
  Doubles reach, most;             // (4 + n) bounds of what a row is multiplied by: half sides, 0, |shift|; with its gradient
  std::vector<u64> pattern;        // which of the decided units are on
  double radius = 0, level_error = 0, level_size = 0;

  static size_t block(const Group& group, int at, int columns) { return group.start + size_t(at - group.first) * columns; }
  const double* row(const Group& group, int at) const { return rows.data() + block(group, at, 4 + group.earlier); }

  // No undecided units yet, and at most so many, and so many places.
  void start(const Leaf& leaf, int layers, int units, int places) {
    for (int j = 0; j < 3; ++j) {
      middle[j] = (leaf.lo[j] + leaf.hi[j]) / 2;
      half[j] = (leaf.hi[j] - leaf.lo[j]) / 2 * (1 + 4 * ULP) + 4 * ULP;
    }
    n = end = 0;
    groups.resize(size_t(layers)), unit.resize(size_t(units)), place.resize(size_t(units));
    for (auto* v : {&error, &size, &slope, &shift, &below, &own}) v->resize(size_t(places));
    for (auto* v : {&level, &reach, &most}) v->resize(4 + size_t(units));
    if (rows.size() < (4 + size_t(units)) * places) rows.resize((4 + size_t(units)) * places);
    std::copy(half, half + 3, reach.begin()), reach[3] = 0, std::fill_n(most.begin(), 4, 1.0);
  }
  void start_group(int l) {
    const size_t start = l ? block(groups[l - 1], groups[l - 1].first + groups[l - 1].pad, 4 + groups[l - 1].earlier) : 0;
    groups[l] = {end, 0, 0, n, start};
  }

  // A place for another undecided unit of a layer, and where its row goes, one entry every 8; what its residual can be
  // goes by its size.
  double* add(int l, int u, double own_error, double own_size, double own_below, double own_slope, double own_shift) {
    Group& group = groups[l];
    const int columns = 4 + group.earlier;
    if (group.n == group.pad) {
      std::fill_n(rows.data() + block(group, end, columns), 8 * columns, 0.0);
      for (auto* v : {&error, &size, &shift, &own}) std::fill_n(v->data() + end, 8, 0.0);
      for (auto* v : {&slope, &below}) std::fill_n(v->data() + end, 8, 1.0);
      group.pad += 8, end += 8;
    }
    const int in = group.n++, at = group.first + in;
    error[at] = own_error, size[at] = own_size, below[at] = own_below, slope[at] = own_slope, shift[at] = own_shift;
    unit[n] = u, place[n] = at;
    reach[4 + n] = std::fabs(own_shift);
    most[4 + n] = std::max(std::fabs(own_below - own_slope), std::fabs(1.0 - own_slope)) * own_size + std::fabs(own_shift);
    ++n;
    return rows.data() + block(group, group.first + in / 8 * 8, columns) + in % 8;
  }
  void weigh_level() {
    radius = level_size = 0;
    for (int c = 0; c < 4 + n; ++c) radius += std::fabs(level[c]) * reach[c], level_size += std::fabs(level[c]) * most[c];
    for (int v = 0; v < n; ++v) own[place[v]] = level[4 + v];
  }
};

}  // namespace foldline::march
