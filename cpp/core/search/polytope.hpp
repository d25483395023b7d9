// A cell as a list of half-spaces, and the small linear programs over it.
//
// An active-set walk goes from a witness (so there is no first phase) along the edges of the cell; weak duality bounds what
// it finds, with all rounding (Neumaier and Shcherbina 2004).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/search/composer.hpp"
#include "core/search/vectors.hpp"

namespace foldline::search {

// A point of a cell, and what is remembered of the cell.
struct Known {
  std::vector<double> p, slack, pool;  // witness (d), its distance to every side, pool (d, kPool)
  double radius = 0;                   // of a certified ball around p
  int pooled = 0, next = 0;            // points in the pool, the place for the next
  std::vector<int> inside;             // sample points in the cell: they measure what share of the box is explored
  std::vector<int> waiting, cutting;   // units of the layer: undecided, found to cut
};

enum Verdict { kOff = 0, kOn = 1, kCuts = 2, kUnclear = 3 };

class Polytope {
 public:
  // At most so many sides beside those of the box.
  Polytope(const Box& box, int most) : d(box.d), ld(padded(2 * d + most + 1)), box_(box), width_(padded(d)) {
    A.assign(size_t(d) * ld, 0.0), R.assign(size_t(d) * ld, 0.0);
    C.assign(ld, kFar), E.assign(ld, 0.0), side.assign(ld, 0);
    for (auto* buffer : {&v_, &work_}) buffer->assign(ld, 0.0);
    basis_.assign(size_t(d) * width_, 0.0);
    y.assign(width_, 0.0), bound_.assign(width_, kInfinity);
    active.resize(d);
    for (auto* buffer : {&edge_, &x, &w_, &dir_}) buffer->resize(d);
  }

  const int d, ld;                 // ld: rows of A, column by column
  int rows = 0;                    // sides
  std::vector<double> A, R, C, E;  // normals (d, ld) and (ld, d), offsets, errors
  std::vector<i32> side;           // what each row is: a unit, or a side of the box, -1 - (2 axis + (0 low, 1 high))
  std::vector<double> x, y;        // where a linear program ended, and the slopes of the edges there
  std::vector<int> active;         // the rows that meet there, -1 for none
  u64 programs = 0;

  // Another side: one of the box, or the fold of a unit, of which the part where it is on (1) or off (0) is kept.
  void push_box(int which) {
    const int k = (-1 - which) / 2;
    const bool upper = (-1 - which) % 2 == 1;
    for (int j = 0; j < d; ++j)
      R[size_t(rows) * d + j] = A[size_t(j) * ld + rows] = j == k ? (upper ? -1.0 : 1.0) : 0.0;
    C[rows] = upper ? box_.hi[k] : -box_.lo[k];
    E[rows] = gamma(2) * 2.0 * box_.reach[k];
    side[rows++] = which;
  }

  void push(const Composed& at, int i, int bit) {
    const double sign = bit ? 1.0 : -1.0;
    for (int j = 0; j < d; ++j)
      R[size_t(rows) * d + j] = A[size_t(j) * ld + rows] = sign * at.a[size_t(i) * d + j];
    C[rows] = sign * at.c[i];
    E[rows] = at.err[i];
    side[rows++] = at.of.first_unit + i;
  }

  void pop() {
    --rows;
    for (int j = 0; j < d; ++j) A[size_t(j) * ld + rows] = 0.0;
    C[rows] = kFar;
    E[rows] = 0.0;
  }

  // Slacks and certified radius at the witness; false if rounding leaves no room.
  bool place(Known& f) {
    const double least = room(A.data(), C.data(), E.data(), ld, padded(rows), d, f.p.data(), f.slack.data());
    f.radius = least * (1.0 - 8.0 * kUnit);
    return f.radius > 0.0;
  }

  // Minimise sign * z over the cell from the witness, without one of its sides if told so.  kCuts: it falls below `stop`
  // in x; kOff: no edge leads down from x; kUnclear: rounding hides the way.
  int program(const Known& f, const double* a, double sign, double z, double stop, int without) {
    ++programs;
    const int n = padded(rows);
    double* slack = work_.data();
    std::memcpy(slack, f.slack.data(), sizeof(double) * n);
    if (without >= 0) slack[without] += box_.wide;  // far enough not to matter, near enough to bound the way
    std::copy(f.p.begin(), f.p.end(), x.begin());
    start_basis(a, sign);
    double goal = sign * z;
    for (int turn = 0; turn < 20 + 10 * d; ++turn) {
      const int k = steepest_edge(basis_.data(), width_, d, y.data(), bound_.data());
      if (k < 0) return kOff;
      const double slope = y[k], way = active[k] < 0 && slope > 0.0 ? -1.0 : 1.0;
      for (int j = 0; j < d; ++j) {
        edge_[j] = basis_[size_t(j) * width_ + k];
        dir_[j] = way * edge_[j];
      }
      if (active[k] >= 0) slack[active[k]] = 0.0;  // the side it leaves
      int r = -1;
      const double t = first_hit(A.data(), ld, n, d, dir_.data(), slack, v_.data(), &r);
      if (r < 0) return kUnclear;
      for (int j = 0; j < d; ++j) x[j] += t * dir_[j];
      goal += t * way * slope;
      if (goal < stop) return kCuts;
      move(slack, v_.data(), n, t);
      slack[r] = kFar;  // sides it moves along are not reached
      const double inverse = way / v_[r];
      const double* row = &R[size_t(r) * d];
      bend(basis_.data(), width_, d, row, y.data(), edge_.data(), slope, inverse);
      for (int j = 0; j < d; ++j) basis_[size_t(j) * width_ + k] = edge_[j] * inverse;
      y[k] = slope * inverse;
      active[k] = r;
      bound_[k] = 0.0;
    }
    return kUnclear;
  }

  // Weak duality: sign z = sum y_k side_k + rest, y >= 0; the least that rest can be over the box whatever the rounding.
  double floor_of(const Known& f, const double* a, double sign, double z, double err) {
    for (int j = 0; j < d; ++j) w_[j] = sign * a[j];
    double rest = sign * z, weight = 1.0, size = std::fabs(z), error = err;
    for (int k = 0; k < d; ++k) {
      const int r = active[k];
      if (r < 0 || !(y[k] > 0.0)) continue;
      for (int j = 0; j < d; ++j) w_[j] -= y[k] * R[size_t(r) * d + j];
      rest -= y[k] * f.slack[r];
      weight += y[k];
      size += y[k] * f.slack[r];
      error += y[k] * E[r];
    }
    double across = 0.0, width = 0.0;
    for (int j = 0; j < d; ++j) {
      across += std::fabs(w_[j]) * (box_.hi[j] - box_.lo[j]);
      width += box_.hi[j] - box_.lo[j];
    }
    const double loss = gamma(d + 6) * (weight * width + size) + 2.0 * (error + across);
    return rest - loss - 4.0 * kUnit * (std::fabs(rest) + loss);
  }

 private:
  const Box& box_;
  const int width_;
  std::vector<double> bound_, edge_, v_, work_, basis_, w_, dir_;

  // An orthonormal basis whose first vector is the objective's gradient (a Householder reflection); nothing active.
  void start_basis(const double* a, double sign) {
    const double turn = sign * a[0] >= 0.0 ? 1.0 : -1.0;
    double norm = 0.0;
    for (int k = 0; k < d; ++k) {
      w_[k] = sign * a[k] + (k == 0 ? turn : 0.0);
      norm += w_[k] * w_[k];
    }
    const double scale = 2.0 / norm;
    for (int j = 0; j < d; ++j) {
      double* row = &basis_[size_t(j) * width_];
      const double share = scale * w_[j];
      for (int e = 0; e < d; ++e) row[e] = -share * w_[e];
      row[j] += 1.0;
      y[j] = 0.0;
      active[j] = -1;
      bound_[j] = kInfinity;
    }
    y[0] = -turn;
  }

};

}  // namespace foldline::search
