// Edges, and the one place where a crossing is computed.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/complex/complex.hpp"
#include "core/complex/doubled.hpp"
#include "core/complex/questions.hpp"
#include "core/complex/stage.hpp"
#include "core/complex/budget.hpp"
#include "core/complex/vertex_rows.hpp"
#include "core/machine.hpp"

namespace foldline::complex {

constexpr double BAD_T = 0x1p-16;       // a crossing that may move a row by more than this share of its size is asked of the
                                        // arbiter for the sake of accuracy; truth does not need it
constexpr double BAD_T_OF_FIELD = 0x1p-10;  // of fields, whose short edges many flat units cross: asked rarely, or signs are
constexpr double BAD_PLACE = 0x1p-41;   // and one that likely moves a vertex by more than this share of the box's farther corner

template <int D> class EdgeCutter {
 public:
  EdgeCutter(Complex<D>& complex, const Stage<D>& stage, Watch<D>& watch, Doubled<D>& doubled, Questions<D>& questions, VertexRows<D>& rows)
      : c_(complex), at_(stage), watch_(watch), doubled_(doubled), questions_(questions), rows_(rows) {}

  Buffer<Split> splits;  // of the edges there were when the group began

  // Cut all edges by the units of the group.
  APART void cut_edges() {
    const size_t n = c_.n_edges();
    splits.resize(n);
    for (size_t e = 0; e < n; ++e) {
      const i32 a = c_.edges[e].a, b = c_.edges[e].b;
      const u64 cross = changes(c_.sign[a], c_.sign[b]);
      splits[e].count = 0;
      if (!cross) continue;
      doubled_.ask_around(Around::edge, i32(e));
      const i32 first = i32(c_.n_vertices());
      const int made = cross_edge(a, b, cross, c_.edges[e].tau, c_.edges[e].root);
      splits[e] = {first, i32(c_.n_edges()), made};
      const i32 fold = c_.edges[e].fold;
      const double tau = c_.edges[e].tau + 4 * ULP * at_.x_max;
      for (int i = 0; i < made; ++i) c_.add_edge(first + i, i + 1 < made ? first + i + 1 : b, fold, tau, c_.edges[e].root);
      c_.edges[e].b = first;
      watch_.tick();
    }
  }

  // Put the vertices where the units in ``cross`` change sign from a to b; returns how many there are.
  int cross_edge(i32 a, i32 b, u64 cross, double tau, i32 root) {
    crossings_.n = 0;
    bool doubt = at_.rational;
    const bool exact_ends = c_.trust[a].grid >= 0 && c_.trust[b].grid >= 0 && fits(4 * rows_.row_size, std::max(c_.trust[a].grid, c_.trust[b].grid));
    const double ends_off = std::max(c_.trust[a].delta, c_.trust[b].delta);
    tau = exact_ends ? 0 : std::min(tau, ends_off);  // the edge is as near the true one as its ends are
    const double error = exact_ends ? 0 : std::max(c_.trust[a].eps, c_.trust[b].eps) + rows_.rounding;
    const double reach = SLACK * (error + tau * at_.lipschitz), length = at_.certify ? c_.distance(a, b) : 0, steep = length * at_.lipschitz;
    // Of fields places are left as floats have them: short edges are crossed by many flat units, and truth does not need
    // it; nor do rows need to be near the true ones in the last layer, after which none is made of them.
    const bool spare = at_.reads && size_t(at_.layer) + 1 == at_.layers().size();
    const double bearable = at_.certify && !exact_ends && !at_.reads ? bearable_shift(a, b) : 1, likely_error = exact_ends ? 0 : 2 * ULP * rows_.row_size;
    for (u64 m = cross; m; m &= m - 1) {
      const int j = __builtin_ctzll(m);
      const double za = rows_.value(a, j), d = za - rows_.value(b, j);
      double t = za / d, e = 0;
      if (!(t >= 0)) t = 0;
      if (t > 1) t = 1;
      if (at_.certify && !(exact_ends && std::fma(t, d, -za) == 0)) {  // unless t is the very quotient
        const double sure = std::fabs(d) - 2 * reach;  // at least the true |d|
        e = sure > 0 ? (reach > 0 ? SLACK * reach / sure : 0) + 2 * ULP : std::numeric_limits<double>::infinity();
        if (!((spare ? e <= 1 : e * steep <= (at_.reads ? BAD_T_OF_FIELD : BAD_T) * rows_.row_size) && likely_error <= bearable * std::fabs(d))) doubt = true;
      }
      crossings_.put({t, e, j});
    }
    bool ranked = false;
    double ranked_error = 0;
    if (at_.certify)
      for (size_t i = 1; i < crossings_.size() && !doubt; ++i)
        doubt = !(crossings_[i].t - crossings_[i].err > crossings_[i - 1].t + crossings_[i - 1].err) && (crossings_[i].err > 0 || crossings_[i - 1].err > 0);
    if (doubt && at_.certify) {
      ranked_error = questions_.order(a, b, crossings_, std::min(bearable_shift(a, b), BAD_T * rows_.row_size / steep));
      ranked = true;
    }
    const u64 pa = c_.sign[a].pos, na = c_.sign[a].neg, pb = c_.sign[b].pos, qb = c_.sign[b].neg;
    const u64 still_p = (pa | pb) & ~cross, still_n = (na | qb) & ~cross;
    u64 p = pa & cross, q = na & cross;
    int made = 0;
    for (size_t i = 0; i < crossings_.size();) {
      size_t end = i + 1;
      while (end < crossings_.size() && (ranked ? crossings_[end].err == crossings_[i].err : crossings_[end].t == crossings_[i].t)) ++end;
      u64 here = 0;
      for (size_t k = i; k < end; ++k) here |= u64(1) << crossings_[k].unit;
      p &= ~here;
      q &= ~here;
      const double t = crossings_[i].t, e = ranked ? ranked_error : crossings_[i].err;
      double at[D];
      for (int k = 0; k < D; ++k) {
        const double from = c_.x[size_t(a) * D + k], to = c_.x[size_t(b) * D + k];
        at[k] = std::min(std::max(from + t * (to - from), std::min(from, to)), std::max(from, to));
      }
      int on_grid = -1;
      if (exact_ends && !ranked && e == 0) {
        const int g = std::max(c_.trust[a].grid, c_.trust[b].grid) + grid_of(t);
        if (fits(4 * rows_.row_size, g)) on_grid = g;
      }
      const double off = on_grid >= 0 ? 0 : at_.certify ? SLACK * (e * length + (ranked ? ends_off : tau)) + 2 * ULP * at_.x_max : 0;
      // A parameter from the arbiter puts the vertex near the true one; the float row is then 0 only that nearly.
      c_.add_vertex(at, a, b, t, at_.unit(crossings_[i].unit), still_p | p, still_n | q,
                 on_grid >= 0 ? 0 : SLACK * (error + rows_.rounding + (ranked ? at_.lipschitz * off : 0)), off, on_grid, root);
      if (exact_ends && on_grid < 0 && !ranked && at_.certify) rows_.divide(a, b, crossings_[i].unit);
      p |= pb & here;
      q |= qb & here;
      ++made;
      i = end;
    }
    return made;
  }

 private:
  Complex<D>& c_;
  const Stage<D>& at_;
  Watch<D>& watch_;
  Doubled<D>& doubled_;
  Questions<D>& questions_;
  VertexRows<D>& rows_;
  Crossings crossings_;

  // How far a parameter from a to b may be off for the sake of the place it gives.
  double bearable_shift(i32 a, i32 b) const {
    double most = 1;
    for (int k = 0; k < D; ++k) most = std::min(most, BAD_PLACE * at_.size[k] / std::fabs(c_.x[size_t(b) * D + k] - c_.x[size_t(a) * D + k]));
    return most;
  }
};

}  // namespace foldline::complex
