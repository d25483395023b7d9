// One worker: a complex, or a block of one, and all that cuts it.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "core/complex/budget.hpp"
#include "core/complex/complex.hpp"
#include "core/complex/cutter.hpp"
#include "core/complex/doubled.hpp"
#include "core/complex/origin.hpp"
#include "core/complex/part.hpp"
#include "core/complex/questions.hpp"
#include "core/complex/stage.hpp"
#include "core/complex/vertex_rows.hpp"
#include "core/rows.hpp"

namespace foldline::complex {

// How far a network has cut: by the layers before ``layer``, of it by the groups before unit ``from``, of that group by
// ``units``, a bit each.
struct Reached { size_t layer = 0; int from = 0; u64 units = 0; };

template <int D> class Worker {
 public:
  Worker(Budget<D>& budget, Asked& asked)
      : watch(budget), questions_(complex, stage, origin_, doubled, asked), rows(complex, stage, watch, origin_, doubled, questions_),
        cutter_(complex, stage, watch, doubled, questions_, rows) {}

  Complex<D> complex;
  Stage<D> stage;
  Watch<D> watch;

 private:
  Origin origin_;

 public:
  Doubled<D> doubled{complex, stage, origin_};

 private:
  Questions<D> questions_;

 public:
  VertexRows<D> rows;

  // Begin a whole; ``most``: of its regions, those behind are left out.
  void begin(size_t most) {
    clear(nullptr);
    complex.most = most;
  }

  // Begin with the regions [first, last) of a whole, and leave out what is behind ``most`` of the parts they are cut into.
  void begin_block(Worker& whole, size_t first, size_t last, size_t most) {
    clear(&whole);
    complex.most = most;
    stage = whole.stage;
    origin_.first = first;
    origin_.v.clear(), origin_.e.clear(), origin_.f.clear();
    take_out(whole.complex, first, last);
  }

  // Cut by all that is left.
  void cut_from(const Reached& reached) {
    stage.each_group(reached.layer, reached.from, [&](size_t l, int from) {
      const bool first = l == reached.layer && from == reached.from;
      const int width = stage.layers()[l].width;
      if (first || from == 0) begin_layer(l);
      begin_group(l, from, first ? reached.units : 0, bits(std::min(GROUP, width - from)));
      cut(l, from);
      if (from + GROUP >= width && l + 1 < stage.layers().size()) rows.end_layer(l);
    });
  }

  void begin_layer(size_t l, bool whole = false) {
    stage.begin_layer(l);
    rows.begin_layer(l, whole);
  }

  // Give every vertex its signs of the units that are not known yet.
  void begin_group(size_t l, int from, u64 known, u64 units) {
    watch.look();
    const Layer& layer = stage.layers()[l];
    stage.from = from;
    rows.begin_group(l, from);
    rows.fill_all();
    doubled.count_generations();
    const int at = rows.narrow ? 0 : from, padded = rounded_up(std::min(GROUP, layer.width - from), 8);
    const u64 folds = layer.folds[from / GROUP] & units & ~known;
    for (size_t i = 0; i < complex.n_vertices(); ++i) {
      watch.went_over(padded);
      const Trust& trust = complex.trust[i];
      const double bound = stage.rational ? std::numeric_limits<double>::infinity() : stage.certify ? SLACK * (trust.eps + stage.lipschitz * trust.delta) : 0.0;
      u64 p, q;
      rows::signs(rows.row_of(i32(i)) + at, padded, bound, p, q);
      Signs& sign = complex.sign[i];
      sign.pos = (sign.pos & known) | (p & folds);
      sign.neg = (sign.neg & known) | (q & folds);
      if (stage.certify) ask(i32(i), stage.rational || trust.grid < 0 ? folds & ~(p | q) : 0, bound);
    }
  }

  void cut(size_t l, int from) { cutter_.cut(l, from); }

  // Give all away and take the memory of an older part for it.
  void hand_over(Part<D>& part) {
    part.first = origin_.first;
    part.origin_v.swap(origin_.v), part.origin_e.swap(origin_.e), part.origin_f.swap(origin_.f);
    part.x.swap(complex.x), part.born.swap(complex.born), part.edges.swap(complex.edges);
    part.loop_v.swap(complex.loops.v), part.loop_e.swap(complex.loops.e), part.loop_start.swap(complex.loops.start);
    part.face_fold.swap(complex.face_fold), part.face_root.swap(complex.face_root);
    part.cell_faces.swap(complex.cell_faces), part.cell_start.swap(complex.cell_start);
    part.parents.swap(complex.past.parents), part.words.swap(complex.past.words);
    part.done = true;
    complex.forget_room();
  }

 private:
  Cutter<D> cutter_;
  std::vector<i32> local_v_, local_e_, local_f_;  // scratch: numbers in the block of what is in the whole, -1 for none

  void clear(Worker* parent) {
    complex.clear();
    rows.begin(parent ? &parent->rows : nullptr);
    doubled.begin(parent ? &parent->doubled : nullptr);
    questions_.begin(parent ? &parent->questions_ : nullptr);
  }

  // Ask for the signs in doubt at a vertex.
  void ask(i32 v, u64 doubt, double bound) {
    if (!doubt) return;
    doubled.ask_around(Around::vertex, v);
    questions_.signs(v, doubt);
    complex.trust[v].eps += bound;  // a unit whose float sign is wrong is off by what it may be itself
  }

  template <class T> static void keep_number(std::vector<i32>& local, std::vector<i32>& origin, T id) {
    if (local[id] < 0) {
      local[id] = i32(origin.size());
      origin.push_back(i32(id));
    }
  }

  void take_out(const Complex<D>& whole, size_t first, size_t last) {
    local_v_.resize(whole.n_vertices(), -1);
    local_e_.resize(whole.n_edges(), -1);
    local_f_.resize(whole.loops.count(), -1);
    if (D == 1)
      for (size_t e = first; e < last; ++e) {
        keep_number(local_e_, origin_.e, e);
        keep_number(local_v_, origin_.v, whole.edges[e].a), keep_number(local_v_, origin_.v, whole.edges[e].b);
      }
    if (D == 2)
      for (size_t f = first; f < last; ++f) keep_number(local_f_, origin_.f, f);
    if (D == 3)
      for (size_t i = whole.cell_start[first]; i < whole.cell_start[last]; ++i) keep_number(local_f_, origin_.f, whole.cell_faces[i] >> 1);
    copy_faces(whole);
    copy_edges(whole);
    copy_vertices(whole);
    if (D == 3) copy_cells(whole, first, last);
    for (i32 v : origin_.v) local_v_[v] = -1;
    for (i32 e : origin_.e) local_e_[e] = -1;
    for (i32 f : origin_.f) local_f_[f] = -1;
  }

  void copy_cells(const Complex<D>& whole, size_t first, size_t last) {
    complex.cell_start.push(0);
    for (size_t c = first; c < last; ++c) {
      for (size_t i = whole.cell_start[c]; i < whole.cell_start[c + 1]; ++i)
        complex.cell_faces.push(local_f_[whole.cell_faces[i] >> 1] << 1 | (whole.cell_faces[i] & 1));
      complex.cell_start.push(complex.cell_faces.size());
    }
  }

  void copy_faces(const Complex<D>& whole) {
    for (i32 f : origin_.f) {
      for (size_t i = whole.loops.start[f]; i < whole.loops.start[f + 1]; ++i) {
        keep_number(local_v_, origin_.v, whole.loops.v[i]);
        keep_number(local_e_, origin_.e, whole.loops.e[i]);
        complex.loops.v.push(local_v_[whole.loops.v[i]]);
        complex.loops.e.push(local_e_[whole.loops.e[i]]);
      }
      complex.loops.close();
      if (D == 3) complex.face_fold.push(whole.face_fold[f]), complex.face_tau.push(whole.face_tau[f]);
    }
    if (D == 3)
      for (size_t f = 0; f < origin_.f.size(); ++f) complex.face_root.push(i32(origin_.e.size() + f));
  }

  void copy_edges(const Complex<D>& whole) {
    for (size_t i = 0; i < origin_.e.size(); ++i) {
      const i32 e = origin_.e[i];
      complex.add_edge(local_v_[whole.edges[e].a], local_v_[whole.edges[e].b], whole.edges[e].fold, whole.edges[e].tau, i32(i));
    }
  }

  void copy_vertices(const Complex<D>& whole) {
    for (i32 v : origin_.v) {
      const Signs& known = whole.sign[v];
      complex.add_vertex(&whole.x[size_t(v) * D], -1, -1, 0, -1, known.pos, known.neg, whole.trust[v].eps, whole.trust[v].delta, whole.trust[v].grid, -1);
    }
  }
};

}  // namespace foldline::complex
