// Exact arithmetic, as a complex knows it: what is asked when floats cannot tell.
#pragma once

#include <vector>

#include "core/numbers.hpp"

namespace foldline::complex {

// Vertices are known to it by numbers: corners of the first cells by their coordinates, others by their births.
class Arbiter {
 public:
  virtual ~Arbiter() = default;

  // ``first``: its number among the first cells' vertices, -1 where these have none.
  virtual void corner(i32 id, i32 first, const double* at) = 0;

  // Vertex ``id`` is where a unit of a layer is zero between vertices ``a`` and ``b``.
  virtual void born(i32 id, i32 a, i32 b, int layer, int unit) = 0;

  // The sign (-1, 0, 1) of each unit of a layer at a vertex.
  virtual std::vector<int> signs(i32 id, int layer, const std::vector<int>& units) = 0;

  // Where the units of a layer are zero from ``a`` to ``b``: the rank of each along the edge, equal where they meet, and
  // the parameter, rounded.
  struct Order { std::vector<double> ranks, parameters; };
  virtual Order crossings(i32 a, i32 b, int layer, const std::vector<int>& units) = 0;

  // The activations of a layer at a vertex and the vertex's coordinates, correctly rounded.
  virtual void activations(i32 id, int layer, double* out) = 0;
  virtual void where(i32 id, double* out) = 0;
};

}  // namespace foldline::complex
