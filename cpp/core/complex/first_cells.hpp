// The first cells of a complex, where they are more than a box.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "core/complex/complex.hpp"
#include "core/complex/parts.hpp"
#include "core/numbers.hpp"

namespace foldline::complex {

// Lists of numbers, one after another in one array.
struct Rows {
  struct Row {
    const i32 *first, *last;
    size_t size() const { return size_t(last - first); }
    i32 operator[](size_t i) const { return first[i]; }
    const i32* begin() const { return first; }
    const i32* end() const { return last; }
  };
  std::vector<i32> flat;
  std::vector<size_t> start{0};
  Rows() = default;
  Rows(std::initializer_list<std::vector<i32>> rows) {
    for (const auto& row : rows) push_back(row);
  }
  void push_back(const std::vector<i32>& row) { flat.insert(flat.end(), row.begin(), row.end()), start.push_back(flat.size()); }
  size_t size() const { return start.size() - 1; }
  Row operator[](size_t i) const { return {flat.data() + start[i], flat.data() + start[i + 1]}; }
};

// Convex cells that share their faces, as the seam of the engines has them (exact/start.py): places of vertices, D a vertex;
// the (k - 1)-faces around each k-face, k = 1 .. D, in any order, an edge's being its two ends; and the wall that each facet
// lies on, as folds of faces are numbered: below 0.
struct FirstCells {
  std::vector<double> vertices;
  std::vector<Rows> faces;
  std::vector<i32> walls;
  // What the first layer reads at each vertex, in rows, where that is not the place itself but affine on each cell; how far
  // each row may be off (0: exact, in numbers that sums do not round); and how fast the first layer's pre-activations change with
  // the place at most.
  std::vector<double> reads = {}, off = {};
  double lipschitz = 0;
};

// The edges of a polygon in order, and the vertex before each; as they are listed, if they are in order there.
inline void loop_of(const Rows::Row& edges, const Rows& ends, std::vector<i32>& left, std::vector<std::pair<i32, i32>>& loop) {
  left.assign(edges.begin(), edges.end());
  loop.clear();
  const auto shares = [&](i32 v) { return ends[left[1]][0] == v || ends[left[1]][1] == v; };
  i32 at = ends[left[0]][shares(ends[left[0]][0]) ? 1 : 0];
  while (!left.empty()) {
    const auto next = std::find_if(left.begin(), left.end(), [&](i32 e) { return ends[e][0] == at || ends[e][1] == at; });
    loop.push_back({at, *next});
    at = ends[*next][0] == at ? ends[*next][1] : ends[*next][0];
    left.erase(next);
  }
}

template <int D> class CellMaker {
 public:
  CellMaker(const FirstCells& from, Complex<D>& to) : from_(from), to_(to) {}

  // Put the cells into an empty complex.
  void make() {
    for (size_t v = 0; v < from_.vertices.size(); v += D) {
      const size_t i = v / D, n = from_.reads.size() * D / from_.vertices.size();
      const double* row = n ? &from_.reads[i * n] : &from_.vertices[v];
      const double off = n ? from_.off[i] : 0;
      int on_grid = 0;
      for (size_t k = 0; k < (n ? n : D); ++k) on_grid = std::max(on_grid, grid_of(row[k]));
      to_.add_vertex(&from_.vertices[v], -1, -1, 0, -1, 0, 0, off, 0, off > 0 ? -1 : on_grid, -1);
    }
    for (size_t e = 0; e < ends().size(); ++e) {
      i32 a = ends()[e][0], b = ends()[e][1];
      if (D == 1 && at(a, 0) > at(b, 0)) std::swap(a, b);
      to_.add_edge(a, b, D == 2 ? from_.walls[e] : -1, 0, -1);
    }
    if constexpr (D >= 2)
      for (size_t f = 0; f < from_.faces[1].size(); ++f) add_loop(from_.faces[1][f]);
    if constexpr (D == 3) {
      for (i32 wall : from_.walls) to_.face_fold.push(wall), to_.face_tau.push(0), to_.face_root.push(-1);
      to_.cell_start.push(0);
      for (size_t c = 0; c < from_.faces[2].size(); ++c) add_cell(from_.faces[2][c]);
    }
  }

 private:
  const FirstCells& from_;
  Complex<D>& to_;
  std::vector<i32> left_;                    // scratch
  std::vector<std::pair<i32, i32>> loop_;

  const Rows& ends() const { return from_.faces[0]; }
  double at(i32 v, int k) const { return from_.vertices[size_t(v) * D + k]; }

  // What vertex o sees of the edge from p to q: twice the area across each axis (in a plane, across the last).
  void add_area(i32 o, i32 p, i32 q, double* area) const {
    for (int k = D == 2 ? 2 : 0; k < 3; ++k) {
      const int a = (k + 1) % 3, b = (k + 2) % 3;
      area[k] += (at(p, a) - at(o, a)) * (at(q, b) - at(o, b)) - (at(p, b) - at(o, b)) * (at(q, a) - at(o, a));
    }
  }

  // Whether a loop in a plane is clearly clockwise; a sliver, of which rounded places do not tell, is listed in its order.
  bool turns_back(const std::vector<std::pair<i32, i32>>& loop, double area) const {
    double reach = 0, size = 0;
    for (const auto& corner : loop)
      for (int k = 0; k < D; ++k) {
        reach = std::max(reach, std::fabs(at(corner.first, k)));
        size = std::max(size, std::fabs(at(corner.first, k) - at(loop[0].first, k)));
      }
    return area < -16 * ULP * reach * size * double(loop.size());
  }

  // A face; in a plane counter-clockwise.
  void add_loop(const Rows::Row& face) {
    auto& loop = loop_;
    loop_of(face, ends(), left_, loop);
    double area[3] = {0, 0, 0};
    for (size_t i = 1; D == 2 && i + 1 < loop.size(); ++i) add_area(loop[0].first, loop[i].first, loop[i + 1].first, area);
    if (D == 2 && turns_back(loop, area[2])) {
      std::reverse(loop.begin(), loop.end());
      for (size_t i = 0; i < loop.size(); ++i) loop[i].second = edge_between(face, loop[i].first, loop[(i + 1) % loop.size()].first);
    }
    for (const auto& corner : loop) to_.loops.v.push(corner.first), to_.loops.e.push(corner.second);
    to_.loops.close();
  }

  i32 edge_between(const Rows::Row& face, i32 a, i32 b) const {
    return *std::find_if(face.begin(), face.end(), [&](i32 e) { return (ends()[e][0] == a && ends()[e][1] == b) || (ends()[e][0] == b && ends()[e][1] == a); });
  }

  // A cell; a face is seen from behind if its loop is counter-clockwise from inside.
  void add_cell(const Rows::Row& faces) {
    double middle[3] = {0, 0, 0}, corners = 0;
    for (i32 f : faces)
      for (size_t i = to_.loops.start[f]; i < to_.loops.start[f + 1]; ++i, ++corners)
        for (int k = 0; k < 3; ++k) middle[k] += at(to_.loops.v[i], k);
    for (i32 f : faces) {
      const i32* v = &to_.loops.v[to_.loops.start[f]];
      double area[3] = {0, 0, 0}, out = 0;
      for (size_t i = 1; i + 1 < to_.loops.start[f + 1] - to_.loops.start[f]; ++i) add_area(v[0], v[i], v[i + 1], area);
      for (int k = 0; k < 3; ++k) out += area[k] * (at(v[0], k) - middle[k] / corners);
      to_.cell_faces.push(f << 1 | i32(out < 0));
    }
    to_.cell_start.push(to_.cell_faces.size());
  }
};

}  // namespace foldline::complex
