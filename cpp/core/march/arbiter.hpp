// Exact arithmetic, as the march knows it: what is asked when floats cannot tell.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/numbers.hpp"

namespace foldline::march {

// The level set on one region: its corners (k, 3) and their names (k, 2), the face of the box that each edge lies on or -1,
// the gradient there, the patterns of the regions it touches, and whether it is as much as a region.
struct Sliced {
  std::vector<double> corners;
  std::vector<u64> names;
  std::vector<std::int64_t> faces;
  std::array<double, 3> gradient{};
  std::vector<u64> regions;
  bool flat = false;
};

class Arbiter {
 public:
  virtual ~Arbiter() = default;
  virtual Sliced slice(const u64* pattern, int words) = 0;
};

}  // namespace foldline::march
