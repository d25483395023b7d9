// Vertices, edges, faces and cells in 1, 2 or 3 dimensions, and how they came to be.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/complex/parts.hpp"
#include "core/complex/past.hpp"
#include "core/memory.hpp"
#include "core/numbers.hpp"

namespace foldline::complex {

template <int D> class Complex {
 public:
  Buffer<double> x;                  // D a vertex
  Buffer<Birth> born;
  Buffer<Signs> sign;                // signs of the current group of units
  Buffer<Trust> trust;
  Buffer<i32> row;                   // where the vertex's row of the current layer stands, -1 for nowhere yet
  Buffer<Edge> edges;
  // Faces (D >= 2) and cells (D == 3)
  Loops loops;
  Buffer<i32> face_fold, face_root;
  Buffer<double> face_tau;
  Buffer<i32> cell_faces;            // face << 1 | (1 if it is seen from behind)
  Buffer<size_t> cell_start;
  Past past;
  size_t n_generations = 0;          // those whose regions the loops and cells are now
  size_t most = SIZE_MAX;            // regions: those behind them are left out, and all that they would be cut into
  bool left_out = false;             // whether any were

  size_t n_vertices() const { return born.size(); }
  size_t n_edges() const { return edges.size(); }
  size_t n_top() const { return D == 1 ? n_edges() : D == 2 ? loops.count() : cell_start.size() ? cell_start.size() - 1 : 0; }

  // Forget the last answer, keep the memory it lay in (the first touch of a fresh page costs more than the geometry).
  void clear() {
    x.clear(), born.clear(), sign.clear(), trust.clear(), row.clear();
    edges.clear();
    loops.clear(), face_fold.clear(), face_root.clear(), face_tau.clear(), cell_faces.clear(), cell_start.clear();
    past.clear();
    n_generations = 0;
    most = SIZE_MAX, left_out = false;
  }

  // Leave out all regions but the first n.  Their sides stay, so that what lies on those of other regions is numbered as ever.
  void keep_first(size_t n) {
    if (n >= n_top()) return;
    left_out = true;
    if (past.size()) past.parents.back().resize(n), past.words.back().resize(n);
    if (D == 1) edges.resize(n);
    if (D == 2) loops.keep_first(n);
    if (D == 3) cell_faces.resize(cell_start[n]), cell_start.resize(n + 1);
  }

  // Whether a pass over the regions has all that are to be kept, with some left that it has not come to.
  bool full(size_t found, size_t passed, size_t all) {
    if (found < most || passed == all) return false;
    return left_out = true;
  }

  i32 add_vertex(const double* at, i32 a, i32 b, double t, i32 unit, u64 p, u64 q, double error, double off, int on_grid, i32 root) {
    i32 id = i32(n_vertices());
    double* to = x.grow(D);
    for (int i = 0; i < D; ++i) to[i] = at[i];
    if (size_t(id) >= vertex_room_) make_room(vertex_room_, id, born, sign, trust, row);
    born.put({a, b, unit, root, t});
    sign.put({p, q});
    trust.put({error, off, on_grid, -1});
    row.put(-1);
    return id;
  }

  // Room for more in buffers that grow together, so that one check serves them all.
  template <class... Buffers> static void make_room(size_t& room, size_t n, Buffers&... buffers) {
    room = n + n / 2 + 256;
    (buffers.reserve(room), ...);
  }

  i32 add_edge(i32 a, i32 b, i32 fold, double tau, i32 root) {
    edges.push({a, b, fold, root, tau});
    return i32(n_edges()) - 1;
  }

  // The arrays of vertices were given away: their room is no longer known.
  void forget_room() { vertex_room_ = 0; }

  // One cell, a box; its sides are numbered -1 - (2 axis + (0 low, 1 high)).
  void make_box(const double* lo, const double* hi) {
    for (int corner = 0; corner < (1 << D); ++corner) {
      double at[D];
      for (int i = 0; i < D; ++i) at[i] = (corner >> i & 1) ? hi[i] : lo[i];
      int on_grid = 0;
      for (int i = 0; i < D; ++i) on_grid = std::max(on_grid, grid_of(at[i]));
      add_vertex(at, -1, -1, 0, -1, 0, 0, 0, 0, on_grid, -1);
    }
    if (D == 1) add_edge(0, 1, -1, 0, -1);
    if (D == 2) make_square();
    if (D == 3) make_cube();
  }

  double distance(i32 a, i32 b) const {
    double sum = 0;
    for (int k = 0; k < D; ++k) sum += (x[size_t(a) * D + k] - x[size_t(b) * D + k]) * (x[size_t(a) * D + k] - x[size_t(b) * D + k]);
    return std::sqrt(sum) + LEAST;
  }

  // Call ``took`` for the corners of a region's faces.
  template <class F> void each_corner(size_t region, F took) const {
    const auto of_face = [&](size_t f) {
      for (size_t i = loops.start[f]; i < loops.start[f + 1]; ++i) took(loops.v[i]);
    };
    if (D == 1) took(edges[region].a), took(edges[region].b);
    if (D == 2) of_face(region);
    if (D == 3)
      for (size_t i = cell_start[region]; i < cell_start[region + 1]; ++i) of_face(size_t(cell_faces[i] >> 1));
  }

 private:
  size_t vertex_room_ = 0;

  void make_square() {
    const i32 order[4] = {0, 1, 3, 2}, sides[4] = {-1 - 2, -1 - 1, -1 - 3, -1 - 0};
    for (int i = 0; i < 4; ++i) {
      loops.v.push(order[i]);
      loops.e.push(add_edge(order[i], order[(i + 1) % 4], sides[i], 0, -1));
    }
    loops.close();
  }

  void make_cube() {
    i32 edge_of[8][8];
    for (int a = 0; a < 8; ++a)
      for (int axis = 0; axis < 3; ++axis)
        if (!(a >> axis & 1)) {
          const int b = a | 1 << axis;
          edge_of[a][b] = edge_of[b][a] = add_edge(a, b, -1, 0, -1);
        }
    cell_start.push(0);
    for (int axis = 0; axis < 3; ++axis)
      for (int side = 0; side < 2; ++side) {
        const int u = 1 << (axis + 1) % 3, w = 1 << (axis + 2) % 3, base = side << axis;
        int quad[4] = {base, base | u, base | u | w, base | w};  // counter-clockwise about +axis
        if (!side) std::swap(quad[1], quad[3]);
        for (int i = 0; i < 4; ++i) {
          loops.v.push(quad[i]);
          loops.e.push(edge_of[quad[i]][quad[(i + 1) % 4]]);
        }
        loops.close();
        face_fold.push(-1 - (2 * axis + side));
        face_tau.push(0);
        face_root.push(-1);
        cell_faces.push(i32(loops.count() - 1) << 1);
      }
    cell_start.push(cell_faces.size());
  }
};

}  // namespace foldline::complex
