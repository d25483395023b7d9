// What a complex is made of, and what a group of units makes of it, as plain values.
#pragma once

#include <cstddef>

#include "core/memory.hpp"
#include "core/numbers.hpp"

namespace foldline::complex {

// Loops of faces, in one array: corner i of face f is vertex v[start[f] + i], joined to the next corner by edge e[...].
struct Loops {
  Buffer<i32> v, e;
  Buffer<size_t> start;
  void clear() { v.clear(); e.clear(); start.clear(); start.push(0); }
  size_t count() const { return start.size() - 1; }
  void close() { start.push(v.size()); }
  void keep_first(size_t n) { v.resize(start[n]), e.resize(start[n]), start.resize(n + 1); }
  void swap(Loops& o) { v.swap(o.v); e.swap(o.e); start.swap(o.start); }
};

struct Crossing { double t, err; int unit; };

// The crossings of an edge, in order.
struct Crossings {
  Crossing at[GROUP];
  int n = 0;
  void put(const Crossing& c) {  // units in ascending order
    int i = n++;
    for (; i && at[i - 1].t > c.t; --i) at[i] = at[i - 1];
    at[i] = c;
  }
  Crossing& operator[](size_t i) { return at[i]; }
  size_t size() const { return size_t(n); }
  Crossing* begin() { return at; }
  Crossing* end() { return at + n; }
};

// The vertices put on an edge and the edges that now follow it, both in a row: the first of them and how many.
struct Split { i32 vertex, edge, count; };

// Which units of a group are on and off at a vertex, a bit each; neither on the unit's fold.
struct Signs {
  u64 pos, neg;
  void add(const Signs& other) { pos |= other.pos; neg |= other.neg; }
};

// The units that are on at one vertex and off at the other.
inline u64 changes(const Signs& a, const Signs& b) { return (a.pos & b.neg) | (a.neg & b.pos); }

// A corner of a loop: a vertex, the edge to the next corner, the vertex's signs.
struct Corner { Signs sign; i32 v, e; };

// A side of a cell: face << 1 | (1 if it is seen from behind), with its signs.
struct Side { Signs sign; i32 face; };

// An edge of the loop that a unit's fold cuts out of a cell.
struct Step { i32 from, to, edge; };

// How a vertex came to be: at parameter t of the edge from a to b, where a chain unit is 0; a = -1 for a corner of the box.
// In a block ``root`` is the edge (or face, counted behind the edges) it began with on which the vertex was born, -1 for
// inside a region; so it is of an edge and of a face.
struct Birth { i32 a, b, unit, root; double t; };

// What is known of a vertex's float numbers (certified mode).  The point x^ that its float row describes is within
// ``delta`` of the true vertex, and the row is within ``eps`` (Euclidean) of the true row at x^.  Neither grows from
// birth to birth: a vertex is near the true vertex because it is nearly on each of its folds, and ``tau`` of an edge,
// ``face_tau`` bound how far an edge's line or a face's plane is from the true one.
// ``grid`` >= 0 says more: the row is exact, at the true vertex, and its numbers are multiples of 2^-grid, so short
// that sums of them do not round (dyadic networks such as the folding one).  eps and delta are then 0.
// ``known`` is the number the arbiter knows the vertex by, -1 for none.
struct Trust { double eps, delta; i32 grid, known; };

struct Edge { i32 a, b, fold, root; double tau; };

// What the parts of a face inherit: its fold, how far its plane may be off, the region it belongs to (2-D), its root.
struct Tag { i32 fold; double plane; i32 parent, root; };

// Which of the first n units of a group.
inline u64 bits(int n) { return n == 64 ? ~u64(0) : (u64(1) << n) - 1; }

// Whether multiples of 2^-g up to ``size`` are added and subtracted without rounding.
inline bool fits(double size, int g) { return g <= 500 && size < power_of_two(53 - g); }

}  // namespace foldline::complex
