// The features of a field: numbers on nested Kuhn grids over a box in space, as exact/start.py and grid.py have them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "core/numbers.hpp"

namespace foldline::field {

using Index = std::array<int, 3>;  // of a cell or a vertex along each axis

// Call take(part) for each of the q^3 parts of a cell, in order.
template <class F> void each_part(const Index& cell, int q, F take) {
  for (int i = 0; i < q; ++i)
    for (int j = 0; j < q; ++j)
      for (int k = 0; k < q; ++k) take(Index{cell[0] * q + i, cell[1] * q + j, cell[2] * q + k});
}

// A level as it comes from outside: n cells along each axis, features (vertices, channels) in C order of the vertices' indices;
// with ``rows``, only those of the vertices with these numbers, rising, and zeros elsewhere.
struct GivenLevel {
  int n, channels;
  const float* values;
  const std::int64_t* rows;
  size_t n_rows;
};

class Levels {
 public:
  Levels(const double* lo, const double* hi, const std::vector<GivenLevel>& given) {
    for (int k = 0; k < 3; ++k) lo_[k] = lo[k], hi_[k] = hi[k], span_[k] = hi[k] - lo[k];
    width_ = 3;
    for (const GivenLevel& level : given) {
      levels_.push_back({level, given.back().n / level.n, width_, {}});
      width_ += level.channels;
      if (level.rows) find_lines(levels_.back());
    }
    for (size_t l = 0; l < levels_.size(); ++l) {
      extremes_.emplace_back(l);
      for (size_t of = l; of-- > 0;) of + 1 == l ? scan(l) : gather(l, of);
    }
  }

  size_t count() const { return levels_.size(); }
  int width() const { return width_; }                             // values at a point: its place, then the features
  int cells(size_t level) const { return levels_[level].given.n; }  // along an axis
  int ratio(size_t level) const { return levels_[level].ratio; }    // of the finest cells to those of a level, along an axis
  int n() const { return levels_.back().given.n; }
  int first(size_t level) const { return levels_[level].first; }    // where a level's features stand among the values
  int channels(size_t level) const { return levels_[level].given.channels; }

  // Where the vertices of the finest level are along an axis.
  // The last is on the box's own side, where rounding would leave it beside.
  double place(int axis, int index) const { return index == n() ? hi_[axis] : lo_[axis] + double(index) / n() * span_[axis]; }
  double step(int axis) const { return span_[axis] / n(); }

  // The values at a vertex of the finest level, down to the features of a level; returns how far they may be off, Euclidean.
  double read(const Index& at, size_t last, double* out) const {
    double size = 0;
    for (int k = 0; k < 3; ++k) {
      out[k] = place(k, at[k]);
      const double reach = std::max(std::fabs(lo_[k]), std::fabs(hi_[k])) + span_[k];
      size += reach * reach;
    }
    for (size_t l = 0; l <= last; ++l) size += read_level(levels_[l], at, out + levels_[l].first);
    return SLACK * 12 * ULP * std::sqrt(size) + LEAST;
  }

  // The least and the largest of each feature of a level in a cell of a coarser one.
  std::pair<const float*, const float*> extremes(size_t level, size_t coarser, const Index& cell) const {
    const Extremes& all = extremes_[level][coarser];
    const size_t n = size_t(cells(coarser)), at = ((cell[0] * n + cell[1]) * n + cell[2]) * size_t(channels(level));
    return {&all.least[at], &all.most[at]};
  }

 private:
  struct Level {
    GivenLevel given;
    int ratio, first;
    std::vector<size_t> line;  // where the rows of each line along the last axis begin
  };
  struct Extremes { std::vector<float> least, most; };

  double lo_[3], hi_[3], span_[3];
  int width_;
  std::vector<Level> levels_;
  std::vector<std::vector<Extremes>> extremes_;  // of each level, in the cells of each coarser one

  static void find_lines(Level& level) {
    const std::int64_t side = level.given.n + 1;
    for (std::int64_t line = 0, at = 0; line <= side * side; ++line) {
      while (size_t(at) < level.given.n_rows && level.given.rows[at] < line * side) ++at;
      level.line.push_back(size_t(at));
    }
  }

  // The features of a vertex, none where they are zeros.
  static const float* row_of(const Level& level, std::int64_t line, std::int64_t column) {
    const GivenLevel& given = level.given;
    const std::int64_t number = line * (given.n + 1) + column;
    if (!given.rows) return given.values + size_t(number) * given.channels;
    const std::int64_t *begin = given.rows + level.line[size_t(line)], *end = given.rows + level.line[size_t(line) + 1];
    const std::int64_t* found = std::lower_bound(begin, end, number);
    return found != end && *found == number ? given.values + size_t(found - given.rows) * given.channels : nullptr;
  }

  // Kuhn's simplex: from the cell's first corner along the axes by falling distance.  Returns the sum of the squares of the
  // largest features that were added up.
  static double read_level(const Level& level, const Index& at, double* out) {
    const int r = level.ratio, channels = level.given.channels;
    Index cell, within, order{0, 1, 2};
    for (int k = 0; k < 3; ++k) cell[k] = std::min(at[k] / r, level.given.n - 1), within[k] = at[k] - cell[k] * r;
    for (const int k : {0, 1, 0})  // by falling distance, equal ones in order
      if (within[order[k]] < within[order[k + 1]]) std::swap(order[k], order[k + 1]);
    double size[64];
    for (int c = 0; c < channels; ++c) out[c] = 0;
    std::fill_n(size, std::min(channels, 64), 0.0);
    for (int k = 0, left = r; k <= 3; ++k) {
      const int next = k < 3 ? within[order[k]] : 0, share = left - next;
      left = next;
      const float* row = share ? row_of(level, std::int64_t(cell[0]) * (level.given.n + 1) + cell[1], cell[2]) : nullptr;
      if (row)
        for (int c = 0; c < channels; ++c) {
          out[c] += double(share) / r * row[c];
          size[c % 64] = std::max(size[c % 64], std::fabs(double(row[c])));
        }
      if (k < 3) ++cell[order[k]];
    }
    double sum = 0;
    for (int c = 0; c < channels; ++c) sum += size[c % 64] * size[c % 64];
    return sum;
  }

  // The extremes of a level's features in the cells of the next coarser one, from every vertex to the cells that it is in.
  void scan(size_t l) {
    const Level& level = levels_[l];
    const int n = cells(l - 1), q = level.given.n / n, channels = level.given.channels;
    const size_t all = size_t(n) * n * n;
    Extremes found{std::vector<float>(all * channels, HUGE_VALF), std::vector<float>(all * channels, -HUGE_VALF)};
    std::vector<int> rows(level.given.rows ? all : 0, 0);
    const auto cells_of = [&](std::int64_t i) {  // the first and the last cell along an axis
      const std::int64_t c = i / q;
      return std::make_pair(i % q ? c : std::max<std::int64_t>(c - 1, 0), std::min<std::int64_t>(c, n - 1));
    };
    const auto take = [&](std::int64_t number, const float* row) {
      const std::int64_t side = level.given.n + 1;
      const auto i = cells_of(number / side / side), j = cells_of(number / side % side), k = cells_of(number % side);
      for (std::int64_t a = i.first; a <= i.second; ++a)
        for (std::int64_t b = j.first; b <= j.second; ++b)
          for (std::int64_t c = k.first; c <= k.second; ++c) {
            const size_t at = size_t((a * n + b) * n + c);
            for (int f = 0; f < channels; ++f) {
              found.least[at * channels + f] = std::min(found.least[at * channels + f], row[f]);
              found.most[at * channels + f] = std::max(found.most[at * channels + f], row[f]);
            }
            if (!rows.empty()) ++rows[at];
          }
    };
    const std::int64_t side = level.given.n + 1, n_rows = level.given.rows ? std::int64_t(level.given.n_rows) : side * side * side;
    for (std::int64_t r = 0; r < n_rows; ++r) take(level.given.rows ? level.given.rows[r] : r, level.given.values + size_t(r) * channels);
    for (size_t at = 0; at < rows.size(); ++at)
      if (rows[at] < (q + 1) * (q + 1) * (q + 1))  // a vertex of the cell has no row
        for (int f = 0; f < channels; ++f) {
          found.least[at * channels + f] = std::min(found.least[at * channels + f], 0.0f);
          found.most[at * channels + f] = std::max(found.most[at * channels + f], 0.0f);
        }
    extremes_[l].back() = std::move(found);
  }

  // The same in the cells of a level that is coarser still, from those of the one between.
  void gather(size_t l, size_t of) {
    const int n = cells(of), m = cells(of + 1), q = m / n, channels = levels_[l].given.channels;
    const Extremes& from = extremes_[l][of + 1];
    Extremes found{std::vector<float>(size_t(n) * n * n * channels, HUGE_VALF), std::vector<float>(size_t(n) * n * n * channels, -HUGE_VALF)};
    for (size_t i = 0; i < size_t(m) * m * m; ++i) {
      const size_t a = i / (size_t(m) * m) / q, b = i / m % m / q, c = i % m / q, at = (a * n + b) * n + c;
      for (int f = 0; f < channels; ++f) {
        found.least[at * channels + f] = std::min(found.least[at * channels + f], from.least[i * channels + f]);
        found.most[at * channels + f] = std::max(found.most[at * channels + f], from.most[i * channels + f]);
      }
    }
    extremes_[l][of] = std::move(found);
  }
};

}  // namespace foldline::field
