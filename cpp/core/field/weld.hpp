// What blocks of simplices found, put together: vertices with the same name are one.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "core/field/simplex.hpp"
#include "core/memory.hpp"
#include "core/numbers.hpp"

namespace foldline::field {

class Weld {
 public:
  Buffer<double> x, gradients;
  Buffer<std::int64_t> corners, offsets, cells;
  double largest = 0;

  explicit Weld(size_t name_words) : words_(name_words) { offsets.push(0); }

  size_t n_polygons() const { return offsets.size() - 1; }

  // Room for all blocks.
  void expect(const std::vector<Found>& blocks) {
    size_t vertices = 0, names = 0, n_corners = 0, polygons = 0;
    for (const Found& block : blocks)
      vertices += block.named.size(), names += block.names.size() / words_, n_corners += block.corners.size(), polygons += block.cells.size();
    x.reserve(3 * vertices), gradients.reserve(3 * polygons), corners.reserve(n_corners), offsets.reserve(polygons + 1), cells.reserve(polygons);
    size_t slots = 64;
    while (slots < 2 * names) slots *= 2;
    slots_.assign(slots, {0, -1});
  }

  void add(const Found& block) {
    number_.resize(block.named.size());
    for (size_t v = 0; v < number_.size(); ++v) number_[v] = block.named[v] < 0 ? fresh(block, v) : find(block, v, &block.names[size_t(block.named[v]) * words_]);
    const std::int64_t before = cells.size() ? cells.back() + 1 : 0;
    const size_t first = n_polygons(), at = corners.size();
    for (const auto& side : block.touched) touched_[side.second].push_back(first + side.first);
    for (i32 v : block.corners) corners.push(number_[size_t(v)]);
    for (size_t f = 0; f < block.cells.size(); ++f) offsets.push(std::int64_t(at + block.offsets[f + 1])), cells.push(before + block.cells[f]);
    std::copy(block.gradients.begin(), block.gradients.end(), gradients.grow(block.gradients.size()));
    largest = std::max(largest, block.largest);
  }

  // Forget polygons that the field touches the level at from both sides; where blocks are missing, all that it may.
  void finish(bool complete) {
    std::vector<char> gone(n_polygons(), 0);
    bool any = false;
    for (const auto& side : touched_)
      if (!complete || side.second.size() > 1)
        for (size_t f : side.second) gone[f] = 1, any = true;
    if (any) drop(gone);
  }

 private:
  struct Slot { u64 hash; std::int64_t vertex; };

  size_t words_;
  std::vector<Slot> slots_;
  std::vector<const u64*> name_of_;  // of the vertices, in the blocks; none of those inside a simplex
  std::vector<std::int64_t> number_;
  std::map<std::vector<u64>, std::vector<size_t>> touched_;

  std::int64_t fresh(const Found& block, size_t v) {
    x.push(block.x[3 * v]), x.push(block.x[3 * v + 1]), x.push(block.x[3 * v + 2]);
    name_of_.push_back(nullptr);
    return std::int64_t(name_of_.size()) - 1;
  }

  std::int64_t find(const Found& block, size_t v, const u64* name) {
    const u64 hash = hash_of(name, words_);
    size_t at = size_t(hash) & (slots_.size() - 1);
    for (; slots_[at].vertex >= 0; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].hash == hash && std::equal(name, name + words_, name_of_[size_t(slots_[at].vertex)])) return slots_[at].vertex;
    slots_[at] = {hash, fresh(block, v)};
    name_of_.back() = name;
    return slots_[at].vertex;
  }

  void drop(const std::vector<char>& gone) {
    std::vector<std::int64_t> kept(name_of_.size(), -1);
    std::int64_t n = 0;
    size_t at = 0, polygons = 0;
    for (size_t f = 0; f < gone.size(); ++f) {
      if (gone[f]) continue;
      const size_t begin = size_t(offsets[f]), end = size_t(offsets[f + 1]);
      for (size_t i = begin; i < end; ++i) {
        std::int64_t& v = kept[size_t(corners[i])];
        if (v < 0) v = 0;
        corners[at++] = corners[i];
      }
      for (int k = 0; k < 3; ++k) gradients[3 * polygons + k] = gradients[3 * f + k];
      cells[polygons] = cells[f];
      offsets[++polygons] = std::int64_t(at);
    }
    for (size_t v = 0; v < kept.size(); ++v)
      if (kept[v] == 0) {
        for (int k = 0; k < 3; ++k) x[3 * size_t(n) + k] = x[3 * v + k];
        kept[v] = n++;
      }
    corners.resize(at), offsets.resize(polygons + 1), cells.resize(polygons), gradients.resize(3 * polygons), x.resize(3 * size_t(n));
    for (size_t i = 0; i < at; ++i) corners[i] = kept[size_t(corners[i])];
  }
};

}  // namespace foldline::field
