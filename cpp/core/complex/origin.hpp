// What a block is, in the numbers of the whole that it was taken out of.
#pragma once

#include <vector>

#include "core/numbers.hpp"

namespace foldline::complex {

// The vertices, edges and faces that a block began with, and its first region; a whole has none.
struct Origin {
  std::vector<i32> v, e, f;
  size_t first = 0;
  bool holds(i32 vertex) const { return size_t(vertex) < v.size(); }
};

}  // namespace foldline::complex
