// The cells of a field that a level may pass, found from coarse to fine by bounds.
//
// In a cell of a level, what is read of that level and the coarser ones is a mix of what is read at the cell's corners; the
// features of finer levels lie between their extremes in the cell.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/field/levels.hpp"
#include "core/field/net.hpp"
#include "core/field/reach.hpp"
#include "core/memory.hpp"
#include "core/numbers.hpp"

namespace foldline::field {

// The cells of the finest level from ``first`` up to ``last`` along each axis.
struct Range {
  Index first, last;
  bool holds(const Index& cell, int ratio) const {  // part of a coarser cell
    for (int k = 0; k < 3; ++k)
      if (cell[k] * ratio >= last[k] || (cell[k] + 1) * ratio <= first[k]) return false;
    return true;
  }
};

class Cover {
 public:
  Cover(const Levels& levels, const Net& net) : levels_(levels), net_(net), forward_(net), reach_(net) {
    for (Doubles& row : rows_) row.resize(size_t(net.row));
    reads_.resize(size_t(levels.width()));
  }

  // Whether the level may pass a cell of a level.
  bool may_meet(size_t level, const Index& cell) {
    const int ratio = levels_.ratio(level);
    const double between = bound_finer(level, cell);
    double off = 0, size = 0, z = 0;
    const double* rows[8];
    for (int corner = 0; corner < 8; ++corner) {
      const Index at{(cell[0] + (corner >> 2 & 1)) * ratio, (cell[1] + (corner >> 1 & 1)) * ratio, (cell[2] + (corner & 1)) * ratio};
      off = std::max(off, levels_.read(at, level, reads_.data()));
      double* row = rows_[corner].data();
      rows[corner] = row;
      forward_.first(reads_.data(), row);
      forward_.rest(row);
      size = std::max(size, length(reads_.data(), levels_.width())), z = std::max(z, length(row, net_.layers[0].width));
    }
    errors_.begin(net_, off + between, size, z, 0);
    errors_.most_of_all(net_, 0);
    if (net_.hidden) reach_.through(rows, 8, errors_.all.data(), 0);
    return reach_.may_meet(rows, 8, errors_.all.data(), 0);
  }

  static double length(const double* row, int n) {
    double sum = 0;
    for (int k = 0; k < n; ++k) sum += row[k] * row[k];
    return SLACK * std::sqrt(sum) + LEAST;
  }

 private:
  const Levels& levels_;
  const Net& net_;
  Forward forward_;
  Reach reach_;
  Errors errors_;
  Doubles rows_[8];
  std::vector<double> reads_;

  // Read the middles of the finer levels' features; how far they are off are bounds of the first layer's pre-activations.
  // Returns how far the middles are off for rounding.
  double bound_finer(size_t level, const Index& cell) {
    const Layer& layer = net_.layers[0];
    std::fill(reach_.down.begin(), reach_.down.end(), 0.0);
    double size = 0;
    for (size_t l = level + 1; l < levels_.count(); ++l) {
      const auto [least, most] = levels_.extremes(l, level, cell);
      for (int c = 0; c < levels_.channels(l); ++c) {
        const int k = levels_.first(l) + c;
        const double half = 0.5 * (double(most[c]) - double(least[c])) * SLACK;
        reads_[size_t(k)] = 0.5 * (double(most[c]) + double(least[c]));
        size += reads_[size_t(k)] * reads_[size_t(k)] + half * half;
        if (half > 0)
          for (int u = 0; u < layer.width; ++u) reach_.down[size_t(u)] += SLACK * half * std::fabs(layer.transposed[size_t(k) * layer.stride + u]);
      }
    }
    std::copy(reach_.down.begin(), reach_.down.end(), reach_.up.begin());
    return 4 * ULP * std::sqrt(size);
  }
};

}  // namespace foldline::field
