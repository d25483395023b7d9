// Where a field in space equals a level: the cells it may pass, block by block, and the polygons in their simplices.
//
// A block is a cell of a coarser level.  What is in it depends on nothing but the field, so neither the number of workers nor
// their order shows in the answer.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <vector>

#include "core/field/arbiter.hpp"
#include "core/field/cover.hpp"
#include "core/field/levels.hpp"
#include "core/field/net.hpp"
#include "core/field/simplex.hpp"
#include "core/field/weld.hpp"
#include "core/listener.hpp"
#include "core/workers.hpp"

namespace foldline::field {

constexpr int BLOCK = 4;             // finest cells along the side of a block, at least, where there are levels enough

// What is asked, and how much of it.
struct Question {
  Range range;                   // finest cells
  Arbiter* arbiter = nullptr;    // none: take the float's word
  Listener* listener = nullptr;  // or none
  double max_polygons = std::numeric_limits<double>::infinity(), seconds = std::numeric_limits<double>::infinity();
  int workers = 1;
};

// Ends the work when the budget is spent or the listener has heard enough.
class Limit {
 public:
  explicit Limit(const Question& question) : question_(question), begun_(now()) {}

  std::atomic<bool> halt{false};
  std::atomic<u64> found{0};

  // After some work, by any worker: so many of all blocks are done.
  void look(size_t done, size_t all) {
    if (double(found) > question_.max_polygons || now() - begun_ > question_.seconds) halt = true;
    if (!question_.listener) return;
    const Hold held(lock_);
    if (now() - told_ < PATIENCE && done < all) return;
    told_ = now();
    if (question_.listener->enough(found, all ? double(done) / double(all) : 0)) halt = true;
  }

 private:
  static constexpr double PATIENCE = 0.02;  // seconds between two reports
  const Question& question_;
  double begun_, told_ = 0;
  Mutex lock_;

  static double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
};

// One worker: its cells and simplices, and the rows of the vertices of a block.
class Blocks {
 public:
  Blocks(const Levels& levels, const Net& net, Court& court, const Range& range, size_t level)
      : levels_(levels), net_(net), range_(range), cover_(levels, net), simplex_(levels, net, court), forward_(net), level_(level), side_(levels.ratio(level) + 1) {
    simplex_.walls = {range.first, range.last};
    reads_.resize(size_t(levels.width()));
  }

  bool may_meet(size_t level, const Index& cell) { return range_.holds(cell, levels_.ratio(level)) && cover_.may_meet(level, cell); }

  // All polygons in a cell of the blocks' level.
  void take(const Index& block, Found& found) {
    begin(block);
    split(level_, block, found);
  }

  size_t name_words() const { return simplex_.name_words(); }

 private:
  struct Vertex { double off, read, z; i32 known; };
  static constexpr int ORDERS[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

  const Levels& levels_;
  const Net& net_;
  const Range& range_;
  Cover cover_;
  Simplex simplex_;
  Forward forward_;
  size_t level_;
  int side_;                     // vertices of a block along an axis
  Index origin_{};               // its first vertex
  std::vector<i32> number_;      // of each vertex of the block, -1 for one not worked out yet
  std::vector<Vertex> vertices_;
  Buffer<double> rows_;
  std::vector<double> reads_;

  void begin(const Index& block) {
    for (int k = 0; k < 3; ++k) origin_[k] = block[k] * levels_.ratio(level_);
    number_.assign(size_t(side_) * side_ * side_, -1);
    vertices_.clear(), rows_.clear();
  }

  void split(size_t level, const Index& cell, Found& found) {
    if (level + 1 == levels_.count()) return simplices(cell, found);
    each_part(cell, levels_.cells(level + 1) / levels_.cells(level), [&](const Index& part) {
      if (may_meet(level + 1, part)) split(level + 1, part, found);
    });
  }

  void simplices(const Index& cell, Found& found) {
    for (const auto& steps : ORDERS) {
      const Index order{steps[0], steps[1], steps[2]};
      i32 at[4];
      Index corner = cell;
      for (int k = 0; k < 4; ++k) {
        if (k) ++corner[order[k - 1]];
        at[k] = vertex(corner);
      }
      Corner corners[4];
      for (int k = 0; k < 4; ++k) {
        Vertex& v = vertices_[size_t(at[k])];
        corners[k] = {&rows_[size_t(at[k]) * net_.row], v.off, v.read, v.z, &v.known};
      }
      simplex_.take(cell, order, corners, found);
    }
  }

  // The number of a vertex of the block.
  i32 vertex(const Index& at) {
    i32& number = number_[(size_t(at[0] - origin_[0]) * side_ + size_t(at[1] - origin_[1])) * side_ + size_t(at[2] - origin_[2])];
    if (number >= 0) return number;
    number = i32(vertices_.size());
    const double off = levels_.read(at, levels_.count() - 1, reads_.data());
    double* row = rows_.grow(size_t(net_.row));
    forward_.first(reads_.data(), row);
    forward_.rest(row);
    vertices_.push_back({off, Cover::length(reads_.data(), levels_.width()), Cover::length(row, net_.layers[0].width), -1});
    return number;
  }
};

class Surface {
 public:
  Surface(const Levels& levels, const Net& net, const Question& question)
      : levels_(levels), question_(question), limit_(question), weld_(1 + 2 * size_t(net.words)) {
    court_.arbiter = question.arbiter;
    while (level_ + 1 < levels.count() && levels.ratio(level_ + 1) >= BLOCK) ++level_;
    for (int w = 0; w < std::max(1, question.workers); ++w) workers_.push_back(std::make_unique<Blocks>(levels, net, court_, question.range, level_));
  }

  // Find all polygons; returns whether nothing is missing.
  bool run() {
    const std::vector<Index> blocks = cover();
    const bool covered = !limit_.halt;
    std::vector<Found> found(blocks.size());
    std::vector<char> done(blocks.size(), 0);
    std::atomic<size_t> n_done{0};
    each(blocks.size(), [&](int w, size_t b) {
      workers_[size_t(w)]->take(blocks[b], found[b]);
      done[b] = 1;
      limit_.found += found[b].cells.size();
      limit_.look(++n_done, blocks.size());
    });
    const bool complete = covered && n_done == blocks.size();
    explored = complete ? 1.0 : covered ? double(n_done) / double(blocks.size()) : 0.0;
    for (size_t b = 0; b < blocks.size(); ++b)
      if (!done[b]) found[b] = Found{};
    weld_.expect(found);
    for (const Found& block : found) weld_.add(block);
    weld_.finish(complete);
    return complete;
  }

  double explored = 0;
  u64 asked() const { return court_.asked; }
  Weld& weld() { return weld_; }

 private:
  const Levels& levels_;
  const Question& question_;
  Limit limit_;
  Court court_;
  Weld weld_;
  size_t level_ = 0;  // whose cells are the blocks
  std::vector<std::unique_ptr<Blocks>> workers_;

  // Call work(worker, i) for i from 0 to n - 1, by all workers, until the limit ends it.
  template <class F> void each(size_t n, F work) {
    std::atomic<size_t> next{0};
    at_once(int(std::min(workers_.size(), std::max<size_t>(n, 1))), [&](int w) {
      try {
        for (size_t i; !limit_.halt && (i = next++) < n;) work(w, i);
      } catch (...) {
        limit_.halt = true;
        throw;
      }
    });
  }

  // The cells of the blocks' level that the level may pass, in order.
  std::vector<Index> cover() {
    std::vector<Index> cells;
    each_part({0, 0, 0}, levels_.cells(0), [&](const Index& cell) { cells.push_back(cell); });
    for (size_t level = 0;; ++level) {
      std::vector<char> kept(cells.size(), 0);
      each(cells.size(), [&](int w, size_t i) {
        kept[i] = workers_[size_t(w)]->may_meet(level, cells[i]);
        if (i % 1024 == 1023) limit_.look(0, 1);
      });
      size_t n = 0;
      for (size_t i = 0; i < cells.size(); ++i)
        if (kept[i]) cells[n++] = cells[i];
      cells.resize(n);
      if (level == level_) return cells;
      cells = parts_of(cells, levels_.cells(level + 1) / levels_.cells(level));
    }
  }

  static std::vector<Index> parts_of(const std::vector<Index>& cells, int q) {
    std::vector<Index> parts;
    for (const Index& cell : cells) each_part(cell, q, [&](const Index& part) { parts.push_back(part); });
    return parts;
  }
};

}  // namespace foldline::field
