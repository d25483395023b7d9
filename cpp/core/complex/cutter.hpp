// A complex, cut by one group of units after another.
#pragma once

#include "core/complex/budget.hpp"
#include "core/complex/cell_cutter.hpp"
#include "core/complex/complex.hpp"
#include "core/complex/doubled.hpp"
#include "core/complex/edge_cutter.hpp"
#include "core/complex/face_cutter.hpp"
#include "core/complex/questions.hpp"
#include "core/complex/stage.hpp"
#include "core/complex/vertex_rows.hpp"

namespace foldline::complex {

template <int D> class Cutter {
 public:
  Cutter(Complex<D>& complex, const Stage<D>& stage, Watch<D>& watch, Doubled<D>& doubled, Questions<D>& questions, VertexRows<D>& rows)
      : c_(complex), edges_(complex, stage, watch, doubled, questions, rows), faces_(complex, stage, watch, doubled, rows, edges_),
        cells_(complex, stage, watch, doubled, rows, faces_) {}

  // Cut by the group that the vertices have the signs of.
  void cut(size_t l, int from) {
    c_.past.add(int(l), from);
    const size_t n = c_.n_edges();
    edges_.cut_edges();
    if constexpr (D == 1) cut_line(n);
    if constexpr (D >= 2) faces_.cut_faces();
    if constexpr (D == 3) cells_.cut_cells();
    c_.keep_first(c_.most);
  }

 private:
  Complex<D>& c_;
  EdgeCutter<D> edges_;
  FaceCutter<D> faces_;
  CellCutter<D> cells_;
  Buffer<Edge> next_edges_;

  // In one dimension the edges are the regions: new edges go behind the one they were cut from.
  void cut_line(size_t n) {
    next_edges_.clear();
    next_edges_.reserve(c_.n_edges());
    c_.past.parents.back().reserve(c_.n_edges());
    c_.past.words.back().reserve(c_.n_edges());
    for (size_t e = 0; e < n && !c_.full(next_edges_.size(), e, n); ++e) {
      emit_segment(c_.edges[e], i32(e));
      for (int i = 0; i < edges_.splits[e].count; ++i) emit_segment(c_.edges[edges_.splits[e].edge + i], i32(e));
    }
    c_.edges.swap(next_edges_);
  }

  void emit_segment(const Edge& edge, i32 parent) {
    next_edges_.put(edge);
    c_.past.parents.back().put(parent);
    c_.past.words.back().put(c_.sign[edge.a].pos | c_.sign[edge.b].pos);
  }
};

}  // namespace foldline::complex
