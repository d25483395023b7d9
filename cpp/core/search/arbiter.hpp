// Exact arithmetic, as the search knows it: what it decides and takes over where floats cannot.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/numbers.hpp"

namespace foldline::search {

// A cell in the middle of a layer: the pattern so far, the sides, the units that wait, a point.
struct Place {
  int layer;
  const std::vector<std::uint8_t>& pattern;
  std::vector<i32> sides;
  const std::vector<int>& waiting;
  const std::vector<double>& point;
};

// Points inside both parts that a unit cuts a cell into; only one of them is there if it does not cut.
struct Parts {
  std::optional<std::vector<double>> off, on;
};

class Arbiter {
 public:
  virtual ~Arbiter() = default;

  // ``touched``: the sides that meet where the unit comes so near to zero that nobody can tell.
  virtual Parts decide(const Place& cell, int unit, const std::vector<i32>& touched) = 0;

  // Search one part of a cell, or the whole box if there is none; returns the regions found, at most so many.
  virtual u64 take_over(const Place* cell, int unit, int bit, u64 most) = 0;
};

}  // namespace foldline::search
