// Cells (3 inputs): one is cut by a loop of the edges that lie on a unit's fold.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/complex/budget.hpp"
#include "core/complex/complex.hpp"
#include "core/complex/doubled.hpp"
#include "core/complex/face_cutter.hpp"
#include "core/complex/flat.hpp"
#include "core/complex/stage.hpp"
#include "core/complex/vertex_rows.hpp"
#include "core/machine.hpp"

namespace foldline::complex {

template <int D> class CellCutter {
 public:
  CellCutter(Complex<D>& complex, const Stage<D>& stage, Watch<D>& watch, Doubled<D>& doubled, VertexRows<D>& rows, FaceCutter<D>& faces)
      : c_(complex), at_(stage), watch_(watch), doubled_(doubled), rows_(rows), faces_(faces), flat_(complex, stage, rows) {}

  // Cut all cells by the units of the group; the faces are cut.
  APART void cut_cells() {
    const size_t n = c_.cell_start.size() - 1;
    next_cell_faces_.clear();
    next_cell_start_.clear();
    next_cell_start_.push(0);
    for (size_t c = 0; c < n && !c_.full(next_cell_start_.size() - 1, c, n); ++c) {
      arena_.clear();
      doubled_.ask_around(Around::region, i32(c));
      Signs around{0, 0};
      for (size_t i = c_.cell_start[c]; i < c_.cell_start[c + 1]; ++i) {
        const i32 f = c_.cell_faces[i] >> 1, behind = c_.cell_faces[i] & 1;
        for (size_t k = faces_.children[f]; k < faces_.children[f + 1]; ++k) push_side({{faces_.face_pos[k], faces_.face_neg[k]}, i32(k) << 1 | behind}, around);
      }
      take_cell(0, around, ~u64(0), i32(c));
      watch_.tick();
    }
    c_.cell_faces.swap(next_cell_faces_);
    c_.cell_start.swap(next_cell_start_);
  }

 private:
  Complex<D>& c_;
  const Stage<D>& at_;
  Watch<D>& watch_;
  Doubled<D>& doubled_;
  VertexRows<D>& rows_;
  FaceCutter<D>& faces_;
  Flat<D> flat_;
  Buffer<i32> next_cell_faces_;
  Buffer<size_t> next_cell_start_;
  Buffer<Side> arena_;
  std::vector<Step> steps_;

  // The cell that ends the arena of cells, from ``at`` on, with its signs: cut by the units that change sign in it, or done.
  void take_cell(size_t at, const Signs& around, u64 candidates, i32 parent) {
    const u64 todo = around.pos & around.neg & candidates;
    if (todo) cut_cell(at, arena_.size() - at, around, todo, parent);
    else emit_cell(at, arena_.size() - at, around, parent);
    arena_.resize(at);
  }

  void emit_cell(size_t at, size_t n, const Signs& around, i32 parent) {
    i32* out = next_cell_faces_.grow(n);
    for (size_t i = 0; i < n; ++i) out[i] = arena_[at + i].face;
    next_cell_start_.push(next_cell_faces_.size());
    c_.past.parents.back().push(parent);
    c_.past.words.back().push(around.pos);
  }

  // Cut the cell arena_[at, at + n) by the units of ``todo``, and emit the parts.
  void cut_cell(size_t at, size_t n, const Signs& around, u64 todo, i32 parent) {
    while (!loop_of_cut(&arena_[at], n, __builtin_ctzll(todo)))
      if (!(todo &= todo - 1)) return emit_cell(at, n, around, parent);
    const int unit = __builtin_ctzll(todo);
    const u64 bit = todo & (~todo + 1);
    todo &= todo - 1;
    const i32 first = i32(c_.loops.count());
    const double plane = at_.certify ? cut_tau(&arena_[at], n, unit) : 0;
    faces_.add_polygon(steps_, todo, Tag{at_.unit(unit), plane, 0, -1});
    const i32 last = i32(c_.loops.count());
    const size_t start = arena_.size();
    for (const bool below : {false, true}) {
      Signs sum{0, 0};
      for (size_t i = at; i < at + n; ++i) {
        const Side side = arena_[i];
        if (bool(side.sign.neg & bit) == below) push_side(side, sum);
      }
      for (i32 f = first; f < last; ++f) push_side({{faces_.face_pos[f], faces_.face_neg[f]}, f << 1 | i32(below)}, sum);
      take_cell(start, sum, todo, parent);
    }
  }

  void push_side(const Side& side, Signs& sum) {
    arena_.push(side);
    sum.add(side.sign);
  }

  // Put the edges of a cell's boundary that lie on the unit's fold into ``steps_``, in order, seen from inside the positive
  // part as its outside; false if rounding (uncertified mode) left no loop of them.
  APART bool loop_of_cut(const Side* sides, size_t n_sides, int unit) {
    const u64 bit = u64(1) << unit;
    const size_t* start = c_.loops.start.data();
    const i32 *v = c_.loops.v.data(), *e = c_.loops.e.data();
    const Signs* sign = c_.sign.data();
    steps_.clear();
    for (const Side *side = sides, *end = sides + n_sides; side != end; ++side) {
      if (!(side->sign.pos & bit)) continue;
      const size_t s = start[side->face >> 1], n = start[(side->face >> 1) + 1] - s;
      i32 a = v[s + n - 1];
      u64 off_fold = (sign[a].pos | sign[a].neg) & bit;
      for (size_t i = 0, at = n - 1; i < n; at = i++) {
        const i32 b = v[s + i];
        const u64 b_off_fold = (sign[b].pos | sign[b].neg) & bit;
        // The outside of the face runs a -> b (b -> a seen from behind); the cut runs the other way.
        if (!(off_fold | b_off_fold)) steps_.push_back(side->face & 1 ? Step{a, b, e[s + at]} : Step{b, a, e[s + at]});
        a = b;
        off_fold = b_off_fold;
      }
    }
    if (steps_.size() < 3) return false;
    i32 at = steps_[0].from;
    for (size_t i = 0; i < steps_.size(); ++i) {
      size_t k = i;
      while (k < steps_.size() && steps_[k].from != at) ++k;
      if (k == steps_.size()) return false;
      std::swap(steps_[i], steps_[k]);
      at = steps_[i].to;
    }
    return at == steps_[0].from;
  }

  // How far the polygon ``steps_`` that a unit cuts out of a cell may be off its true plane.
  double cut_tau(const Side* sides, size_t n, int unit) const {
    double residual = 0, best = std::numeric_limits<double>::infinity();
    for (const Step& step : steps_) residual = std::max(residual, flat_.on_fold(step.from, unit).residual());
    const auto from = flat_.on_fold(steps_[0].from, unit);
    for (size_t k = 0; k < n; ++k) {
      if (sides[k].sign.neg >> unit & 1) continue;
      const i32 f = sides[k].face >> 1;
      for (size_t i = c_.loops.start[f]; i < c_.loops.start[f + 1]; ++i)
        if (c_.sign[c_.loops.v[i]].pos >> unit & 1) best = std::min(best, flat_.spread(from, c_.loops.v[i], unit));
    }
    return flat_.offset(residual + rows_.rounding, best, 0);
  }
};

}  // namespace foldline::complex
