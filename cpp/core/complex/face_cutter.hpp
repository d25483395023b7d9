// Faces: a convex loop is cut by joining two of its vertices.
#pragma once

#include <algorithm>
#include <cmath>

#include "core/complex/budget.hpp"
#include "core/complex/complex.hpp"
#include "core/complex/doubled.hpp"
#include "core/complex/edge_cutter.hpp"
#include "core/complex/flat.hpp"
#include "core/complex/stage.hpp"
#include "core/complex/vertex_rows.hpp"
#include "core/machine.hpp"

namespace foldline::complex {

constexpr int DEEP = 6;                 // faces cut by more units than this keep rows for the vertices born inside them

template <int D> class FaceCutter {
 public:
  FaceCutter(Complex<D>& complex, const Stage<D>& stage, Watch<D>& watch, Doubled<D>& doubled, VertexRows<D>& rows, EdgeCutter<D>& edges)
      : c_(complex), at_(stage), watch_(watch), doubled_(doubled), rows_(rows), edges_(edges), flat_(complex, stage, rows) {}

  Buffer<u64> face_pos, face_neg;    // signs on each new face
  Buffer<size_t> children;           // new faces of each old face

  // Cut all faces by the units of the group; the edges are cut.
  APART void cut_faces() {
    const size_t n = c_.loops.count();
    next_loops_.clear();
    next_face_fold_.clear();
    next_face_tau_.clear();
    next_face_root_.clear();
    face_pos.clear();
    face_neg.clear();
    if (D == 3) { children.clear(); children.push(0); }
    for (size_t f = 0; f < n && !(D == 2 && c_.full(next_loops_.count(), f, n)); ++f) {
      arena_.clear();
      doubled_.ask_around(Around::face, i32(f));
      Signs around{0, 0};
      for (size_t i = c_.loops.start[f]; i < c_.loops.start[f + 1]; ++i) expand(c_.loops.v[i], c_.loops.e[i], around);
      take_face(0, around, ~u64(0), D == 3 ? Tag{c_.face_fold[f], c_.face_tau[f], 0, c_.face_root[f]} : Tag{0, 0, i32(f), -1});
      if (D == 3) children.push(next_loops_.count());
      watch_.tick();
    }
    c_.loops.swap(next_loops_);
    c_.face_fold.swap(next_face_fold_);
    c_.face_tau.swap(next_face_tau_);
    c_.face_root.swap(next_face_root_);
  }

  // Put the polygon that a unit cuts out of a cell behind the faces, cut by the units of ``todo``.
  void add_polygon(const std::vector<Step>& steps, u64 todo, const Tag& tag) {
    arena_.clear();
    Signs signs{0, 0};
    for (const Step& step : steps) push_corner(step.from, step.edge, signs);
    swap_faces();  // emit_face appends to the next faces
    take_face(0, signs, todo, tag);
    swap_faces();
  }

 private:
  Complex<D>& c_;
  const Stage<D>& at_;
  Watch<D>& watch_;
  Doubled<D>& doubled_;
  VertexRows<D>& rows_;
  EdgeCutter<D>& edges_;
  Flat<D> flat_;
  Loops next_loops_;
  Buffer<i32> next_face_fold_, next_face_root_;
  Buffer<double> next_face_tau_;
  Buffer<Corner> arena_;

  void swap_faces() {
    next_loops_.swap(c_.loops);
    next_face_fold_.swap(c_.face_fold);
    next_face_tau_.swap(c_.face_tau);
    next_face_root_.swap(c_.face_root);
  }

  void push_corner(i32 v, i32 e, Signs& sum) {
    const Signs here = c_.sign[v];
    arena_.push({here, v, e});
    sum.add(here);
  }

  // Append the loop entry (v, e) with the vertices that now lie on e.
  void expand(i32 v, i32 e, Signs& sum) {
    const Split& split = edges_.splits[e];
    if (!split.count) return push_corner(v, e, sum);
    const i32 sv = split.vertex, se = split.edge, last = split.count - 1;
    if (c_.edges[e].a == v) {
      push_corner(v, e, sum);
      for (i32 i = 0; i <= last; ++i) push_corner(sv + i, se + i, sum);
    } else {
      push_corner(v, se + last, sum);
      for (i32 i = last; i >= 0; --i) push_corner(sv + i, i ? se + i - 1 : e, sum);
    }
  }

  void emit_face(const Corner* corners, size_t n, const Signs& around, const Tag& tag) {
    i32* v = next_loops_.v.grow(n);
    i32* e = next_loops_.e.grow(n);
    for (size_t i = 0; i < n; ++i) { v[i] = corners[i].v; e[i] = corners[i].e; }
    next_loops_.close();
    if (D == 3) { next_face_fold_.push(tag.fold); face_pos.push(around.pos); face_neg.push(around.neg); next_face_tau_.push(tag.plane); next_face_root_.push(tag.root); }
    if (D == 2) { c_.past.parents.back().push(tag.parent); c_.past.words.back().push(around.pos); }
  }

  // The convex loop that ends the arena, from ``at`` on, with its signs: cut by the units that change sign on it, or done.
  void take_face(size_t at, const Signs& around, u64 candidates, const Tag& tag) {
    const u64 todo = around.pos & around.neg & candidates;
    if (todo) cut_face(at, arena_.size() - at, around, todo, tag);
    else emit_face(&arena_[at], arena_.size() - at, around, tag);
    arena_.resize(at);
  }

  // Cut the convex loop arena[at, at + n) by the units of ``todo``, and emit the parts.
  void cut_face(size_t at, size_t n, const Signs& around, u64 todo, const Tag& tag) {
    size_t to_neg = 0, to_pos = 0;
    while (!ends_of_chord(&arena_[at], n, __builtin_ctzll(todo), to_neg, to_pos))
      if (!(todo &= todo - 1)) return emit_face(&arena_[at], n, around, tag);
    const int unit = __builtin_ctzll(todo);
    todo &= todo - 1;
    const Corner a = arena_[at + to_neg], b = arena_[at + to_pos];
    const u64 cross = todo & changes(a.sign, b.sign);
    const i32 first = i32(c_.n_vertices()), first_edge = i32(c_.n_edges());
    const double tau = at_.certify ? chord_tau(&arena_[at], n, to_neg, to_pos, unit, tag.plane) : 0;
    const int made = cross ? edges_.cross_edge(a.v, b.v, cross, tau, tag.root) : 0;
    if (made && (__builtin_popcountll(todo) > DEEP)) {
      for (int i = 0; i < made; ++i) rows_.ensure(first + i);
    }
    const i32 own = at_.unit(unit);
    for (int i = 0; i <= made; ++i) c_.add_edge(i ? first + i - 1 : a.v, i < made ? first + i : b.v, own, tau, tag.root);
    // Positive side: from to_pos forward to to_neg, then back along the chord; negative side the other way.
    const size_t start = arena_.size();
    Signs sum = push_corners(at, n, to_pos, to_neg);
    push_corner(a.v, first_edge, sum);
    for (int i = 0; i < made; ++i) push_corner(first + i, first_edge + 1 + i, sum);
    take_face(start, sum, todo, tag);
    sum = push_corners(at, n, to_neg, to_pos);
    push_corner(b.v, first_edge + made, sum);
    for (int i = made - 1; i >= 0; --i) push_corner(first + i, first_edge + i, sum);
    take_face(start, sum, todo, tag);
  }

  // Append the corners from ``begin`` up to ``end`` of the loop arena[at, at + n), round its end; returns their signs.
  Signs push_corners(size_t at, size_t n, size_t begin, size_t end) {
    const size_t count = (end > begin ? 0 : n) + end - begin;
    Corner* to = arena_.grow(count);
    const Corner* loop = &arena_[at];
    Signs sum{0, 0};
    for (size_t i = 0, from = begin; i < count; ++i, from = from + 1 == n ? 0 : from + 1) {
      const Corner corner = loop[from];
      sum.add(corner.sign);
      to[i] = corner;
    }
    return sum;
  }

  // How far the chord of a unit across a loop in a plane may be off its true line.
  double chord_tau(const Corner* loop, size_t n, size_t i, size_t k, int unit, double plane) const {
    const auto a = flat_.on_fold(loop[i].v, unit), b = flat_.on_fold(loop[k].v, unit);
    const double residual = std::max(a.residual(), b.residual()) + rows_.rounding;
    double best = flat_.spread(a, loop[i ? i - 1 : n - 1].v, unit);
    best = std::min(best, flat_.spread(a, loop[i + 1 < n ? i + 1 : 0].v, unit));
    best = std::min(best, flat_.spread(b, loop[k ? k - 1 : n - 1].v, unit));
    best = std::min(best, flat_.spread(b, loop[k + 1 < n ? k + 1 : 0].v, unit));
    return flat_.offset(residual, best, plane);
  }

  // Where the loop passes from on to off and back; false if rounding (uncertified mode) left no two such corners.
  static bool ends_of_chord(const Corner* loop, size_t n, int unit, size_t& to_neg, size_t& to_pos) {
    unsigned downs = 0, ups = 0;
    const auto bit = [unit](u64 word) { return unsigned(word >> unit & 1); };
    Signs before = loop[n - 1].sign, here = loop[0].sign;
    for (size_t i = 0; i < n; ++i) {  // no branches: they could not be predicted
      const Signs after = loop[i + 1 < n ? i + 1 : 0].sign;
      const unsigned on_fold = ~bit(here.pos | here.neg);
      const unsigned down = bit(before.pos & after.neg) & on_fold, up = bit(before.neg & after.pos) & on_fold;
      to_neg = down ? i : to_neg;
      to_pos = up ? i : to_pos;
      downs += down;
      ups += up;
      before = here;
      here = after;
    }
    return downs == 1 && ups == 1;
  }
};

}  // namespace foldline::complex
