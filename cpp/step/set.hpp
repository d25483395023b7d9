// All that is compiled once an instruction set; ends the set's definitions.

#include "step/tiles.hpp"
#include "step/losses.hpp"
#include "step/moves.hpp"
#include "step/levels.hpp"
#include "step/network.hpp"

#undef FOLDLINE_SET
#undef FOLDLINE_LANES
#undef FOLDLINE_COLUMNS
#undef FOLDLINE_TILE
