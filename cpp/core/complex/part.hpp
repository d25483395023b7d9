// A block that is done, on its way to where all are put together.
#pragma once

#include <vector>

#include "core/complex/parts.hpp"
#include "core/memory.hpp"

namespace foldline::complex {

// A finished block: what it began with, in the numbers of the whole, and its arrays as they were when it ended.
template <int D> struct Part {
  bool done = false;
  size_t first = 0;                                     // the block's first region
  std::vector<i32> origin_v, origin_e, origin_f;
  Buffer<double> x;
  Buffer<Birth> born;
  Buffer<Edge> edges;
  Buffer<i32> loop_v, loop_e, face_fold, face_root, cell_faces;
  Buffer<size_t> loop_start, cell_start;
  std::vector<Buffer<i32>> parents;
  std::vector<Buffer<u64>> words;

  size_t n_top() const { return D == 1 ? edges.size() : (D == 2 ? loop_start : cell_start).size() - 1; }

  // Leave out all regions but the first n, as a complex does.
  void keep_first(size_t n) {
    if (n >= n_top()) return;
    if (!words.empty()) parents.back().resize(n), words.back().resize(n);
    if (D == 1) edges.resize(n);
    if (D == 2) loop_v.resize(loop_start[n]), loop_e.resize(loop_start[n]), loop_start.resize(n + 1);
    if (D == 3) cell_faces.resize(cell_start[n]), cell_start.resize(n + 1);
  }

  // Every member under its name, for the way to another process and back.
  template <class F> void each(F&& f) {
    f("first", first);
    f("origin_v", origin_v); f("origin_e", origin_e); f("origin_f", origin_f);
    f("x", x); f("born", born); f("edges", edges);
    f("loop_v", loop_v); f("loop_e", loop_e); f("loop_start", loop_start);
    f("face_fold", face_fold); f("face_root", face_root); f("cell_faces", cell_faces); f("cell_start", cell_start);
    f("parents", parents); f("words", words);
  }
};

}  // namespace foldline::complex
