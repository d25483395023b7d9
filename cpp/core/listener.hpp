// Who asked for the work, as the kernels know it.
#pragma once

#include "core/numbers.hpp"

namespace foldline {

// Hears how far the work is, from any worker, and may end it.
class Listener {
 public:
  virtual ~Listener() = default;

  // So many parts of the answer are found, in that share of the work; returns whether that is enough.  It may throw, as where
  // the user interrupts: all workers end, and the exception comes out of the question.
  virtual bool enough(u64 found, double share) = 0;
};

}  // namespace foldline
