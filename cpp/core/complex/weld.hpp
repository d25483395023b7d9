// Blocks put together.  They share edges and faces, and each cut them by itself, from the same bits in the same order: the
// k-th vertex that one block put on a shared edge is the k-th that the other put there.  So they are welded by counting,
// never by comparing coordinates.
#pragma once

#include <cstring>
#include <vector>

#include "core/complex/complex.hpp"
#include "core/complex/part.hpp"
#include "core/complex/parts.hpp"
#include "core/complex/past.hpp"
#include "core/memory.hpp"

namespace foldline::complex {

// Numbers for parts born on shared elements: ``first`` of each root, in use since the first block that met it.
struct Numbers {
  std::vector<i32> first, count, seen;
  i32 next;
  Numbers(size_t n_roots, i32 start) : first(n_roots, -1), count(n_roots, 0), seen(n_roots, 0), next(start) {}

  // Number the parts of one block, those from ``from`` on; ``fresh[i]`` tells which of them nobody had before.
  void of(const std::vector<i32>& roots, size_t from, std::vector<i32>& ids, std::vector<char>& fresh) {
    for (i32 r : roots)
      if (r >= 0) { if (first[r] < 0) ++count[r]; seen[r] = 0; }
    ids.resize(from + roots.size());
    fresh.assign(roots.size(), 1);
    for (size_t i = 0; i < roots.size(); ++i) {
      const i32 r = roots[i];
      i32& id = ids[from + i];
      if (r < 0) { id = next++; continue; }
      if (first[r] < 0) { first[r] = next; next += count[r]; count[r] = -count[r]; }
      fresh[i] = count[r] < 0;
      id = first[r] + seen[r]++;
    }
    for (i32 r : roots)
      if (r >= 0 && count[r] < 0) count[r] = -count[r];
  }
};

// What is handed out, as far as it is put together, block after block.  It has arrays of its own, so that blocks can
// still be taken from the whole that was there before.
template <int D> class Weld {
 public:
  Buffer<double> x;
  Buffer<i32> born_unit, edge_ends, edge_fold, face_fold, cell_faces;
  Buffer<size_t> cell_start;
  Loops loops;
  std::vector<Buffer<i32>> parents;
  std::vector<Buffer<u64>> words;
  const Buffer<i32>* joined = nullptr;                  // parents of the regions there were, if the blocks went on in their group

  void clear() {
    x.clear(), born_unit.clear(), edge_ends.clear(), edge_fold.clear(), loops.clear();
    face_fold.clear(), cell_faces.clear(), cell_start.clear();
    parents.clear(), words.clear();
  }

  size_t n_top() const { return D == 1 ? edge_fold.size() : D == 2 ? loops.count() : cell_start.size() ? cell_start.size() - 1 : 0; }

  // Take what there is before the blocks: its vertices and edges if blocks follow, else all.
  void begin(const Complex<D>& whole, size_t n_groups) {
    clear();
    copy(whole.x, x);
    for (size_t v = 0; v < whole.n_vertices(); ++v) born_unit.push(whole.born[v].unit);
    const size_t kept = D == 1 && n_groups ? 0 : whole.n_edges();  // in one dimension they are the regions, which the blocks bring
    edge_ends.resize(2 * kept);
    edge_fold.resize(kept);
    for (size_t e = 0; e < kept; ++e) put_edge(e, whole.edges[e].a, whole.edges[e].b, whole.edges[e].fold);
    if (!n_groups) {
      copy(whole.loops.v, loops.v), copy(whole.loops.e, loops.e), copy(whole.loops.start, loops.start);
      copy(whole.face_fold, face_fold), copy(whole.cell_faces, cell_faces), copy(whole.cell_start, cell_start);
      return;
    }
    before_e_ = whole.n_edges();
    const size_t n_roots = before_e_ + whole.loops.count();
    vertices_ = Numbers(n_roots, i32(whole.n_vertices())), edges_ = Numbers(n_roots, i32(before_e_)), faces_ = Numbers(D == 3 ? n_roots : 0, 0);
    if (D == 3) cell_start.push(0);
    parents.resize(n_groups), words.resize(n_groups);
  }

  // Add a block, with which a share of all blocks is there.
  void add(const Part<D>& part, double share) {
    share_ = share;
    add_vertices(part);
    if (D == 1) append_segments(part);
    else add_edges(part);
    if (D == 2) append_loops(part, 0, part.loop_start.size() - 1);
    if (D == 3) add_cells(part);
    append_generations(part);
  }

 private:
  size_t before_e_ = 0;                                 // edges and faces there were: the roots
  Numbers vertices_{0, 0}, edges_{0, 0}, faces_{0, 0};
  std::vector<i32> vertex_of_, edge_of_, face_of_, face_at_, roots_;
  std::vector<char> fresh_;
  double share_ = 1;

  void put_edge(size_t e, i32 a, i32 b, i32 fold) { edge_ends[2 * e] = a, edge_ends[2 * e + 1] = b, edge_fold[e] = fold; }

  template <class T> static void copy(const Buffer<T>& from, Buffer<T>& to) {
    to.resize(from.size());
    if (from.size()) std::memcpy(static_cast<void*>(to.data()), from.data(), from.size() * sizeof(T));
  }

  // Room for n values, and for as many as there will be if this is that share of them: memory that is not taken twice.  The
  // first blocks can be far larger than the others; what would be a great deal of memory is taken by doubling.
  static constexpr double GREAT = 0x1p25;
  template <class T> void resize(Buffer<T>& buffer, size_t n) const {
    if (n > buffer.capacity()) buffer.reserve(size_t(std::min(1.06 * double(n) / share_, std::max(2.0 * double(n), GREAT))));
    buffer.resize(n);
  }
  template <class T> T* grow(Buffer<T>& buffer, size_t n) const {
    resize(buffer, buffer.size() + n);
    return buffer.data() + buffer.size() - n;
  }

  void add_vertices(const Part<D>& part) {
    const size_t v0 = part.origin_v.size();
    take_roots(part, part.born.size() - v0, [&](size_t i) { return part.born[v0 + i].root; });
    vertex_of_ = part.origin_v;
    vertices_.of(roots_, v0, vertex_of_, fresh_);
    resize(x, size_t(vertices_.next) * D);
    resize(born_unit, vertices_.next);
    for (size_t i = v0; i < vertex_of_.size(); ++i) {
      const i32 v = vertex_of_[i];
      for (int k = 0; k < D; ++k) x[size_t(v) * D + k] = part.x[i * D + k];
      born_unit[v] = part.born[i].unit;
    }
  }

  void add_edges(const Part<D>& part) {
    const size_t e0 = part.origin_e.size();
    take_roots(part, part.edges.size() - e0, [&](size_t i) { return part.edges[e0 + i].root; });
    edge_of_ = part.origin_e;
    edges_.of(roots_, e0, edge_of_, fresh_);
    resize(edge_ends, 2 * size_t(edges_.next));
    resize(edge_fold, edges_.next);
    for (size_t i = 0; i < edge_of_.size(); ++i) {
      const Edge& edge = part.edges[i];
      put_edge(edge_of_[i], vertex_of_[edge.a], vertex_of_[edge.b], edge.fold);
    }
  }

  void append_segments(const Part<D>& part) {
    const size_t first = edge_fold.size(), n = part.edges.size();
    resize(edge_ends, 2 * (first + n));
    resize(edge_fold, first + n);
    for (size_t i = 0; i < n; ++i) put_edge(first + i, vertex_of_[part.edges[i].a], vertex_of_[part.edges[i].b], part.edges[i].fold);
  }

  template <class Of> void take_roots(const Part<D>& part, size_t n, Of root_of) {
    roots_.resize(n);
    for (size_t i = 0; i < n; ++i) roots_[i] = whole_root(part, root_of(i));
  }

  i32 whole_root(const Part<D>& part, i32 root) const {
    return root < 0 ? -1 : size_t(root) < part.origin_e.size() ? part.origin_e[root] : i32(before_e_) + part.origin_f[root - part.origin_e.size()];
  }

  // The faces nobody had before take the next numbers, so their loops come next.
  void add_cells(const Part<D>& part) {
    const i32 first = faces_.next;
    take_roots(part, part.face_root.size(), [&](size_t i) { return part.face_root[i]; });
    faces_.of(roots_, 0, face_of_, fresh_);
    face_at_.resize(size_t(faces_.next - first));
    for (size_t f = 0; f < face_of_.size(); ++f)
      if (fresh_[f]) face_at_[face_of_[f] - first] = i32(f);
    i32* fold = grow(face_fold, face_at_.size());
    for (i32 f : face_at_) {
      append_loops(part, f, f + 1);
      *fold++ = part.face_fold[f];
    }
    i32* face = grow(cell_faces, part.cell_faces.size());
    for (size_t i = 0; i < part.cell_faces.size(); ++i) face[i] = face_of_[part.cell_faces[i] >> 1] << 1 | (part.cell_faces[i] & 1);
    const size_t at = cell_start.back(), n = part.cell_start.size() - 1;
    size_t* start = grow(cell_start, n);
    for (size_t i = 0; i < n; ++i) start[i] = at + part.cell_start[i + 1];
  }

  void append_loops(const Part<D>& part, size_t first, size_t last) {
    const size_t begin = part.loop_start[first], n = part.loop_start[last] - begin, at = loops.v.size();
    i32 *v = grow(loops.v, n), *e = grow(loops.e, n);
    for (size_t i = 0; i < n; ++i) {
      v[i] = vertex_of_[part.loop_v[begin + i]];
      e[i] = edge_of_[part.loop_e[begin + i]];
    }
    size_t* start = grow(loops.start, last - first);
    for (size_t f = first; f < last; ++f) start[f - first] = at + part.loop_start[f + 1] - begin;
  }

  // Regions stay in the order of the blocks, so a generation is the blocks' generations one after another.
  void append_generations(const Part<D>& part) {
    size_t before = part.first;
    for (size_t g = 0; g < part.words.size(); ++g) {
      const size_t here = words[g].size(), n = part.words[g].size();
      i32* parent = grow(parents[g], n);
      for (size_t i = 0; i < n; ++i) parent[i] = i32(before) + part.parents[g][i];
      if (g == 0 && joined) skip_parents(parent, n, *joined);
      if (n) std::memcpy(grow(words[g], n), part.words[g].data(), n * sizeof(u64));
      before = here;
    }
  }
};

}  // namespace foldline::complex
