// Exact arithmetic, as the level set of a field knows it.
#pragma once

#include <vector>

#include "core/complex/arbiter.hpp"

namespace foldline::field {

class Arbiter : public complex::Arbiter {
 public:
  // Whether a polygon of known vertices, whose corners lie in one plane, runs counter-clockwise as a known vertex sees it: 1, or
  // clockwise: -1.
  virtual int turn(const std::vector<i32>& polygon, i32 eye) = 0;
};

}  // namespace foldline::field
