// The network as the march and the search of a level set read it, its bounds over the box, and names of its folds.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/layer.hpp"
#include "core/march/table.hpp"
#include "core/memory.hpp"
#include "core/numbers.hpp"

namespace foldline::march {

constexpr int LANES = 16;  // rows are padded to this

// Network, box and bounds; rows are numbered over all padded hidden units, then the 6 faces of the box.
struct Chain {
  std::vector<Layer> layers;  // hidden layers, then the level row
  int rows = 0, faces = 0, words = 0;
  Doubles error, usable;      // how far a computed value can be off on any region of the box; folds or not
  std::vector<Doubles> bias_error;  // of each layer
  std::vector<Key> on, tag;
  double level_error = 0, lost = 0;  // of the level row on any region; by rounding bias - level
  double lo[3], hi[3];
  std::vector<int> bits;      // row -> its bit in a pattern
  int hidden() const { return int(layers.size()) - 1; }
  bool is_face(int row) const { return row >= faces; }
};

// Over all regions: what the terms of each unit of a layer can add up to, and how far it can be off, from those of the layer
// before, which they replace.
inline void grow_bounds(const Layer& layer, std::vector<double>& sizes, std::vector<double>& wrong) {
  std::vector<double> size(size_t(layer.stride), 0.0), error(size_t(layer.stride), 0.0);
  for (int i = 0; i < layer.width; ++i) {
    size[i] = std::fabs(layer.bias[i]);
    for (int j = 0; j < layer.inputs; ++j) {
      const double w = layer.weights[size_t(i) * layer.inputs + j];
      size[i] += std::fabs(w) * sizes[j], error[i] += std::fabs(w) * wrong[j];
    }
    error[i] = (error[i] + (layer.inputs + 40) * ULP * size[i]) * (1 + 0x1p-20);
  }
  sizes = std::move(size), wrong = std::move(error);
}

// Number the rows of a hidden layer, whose first unit's names are ``on`` and ``tag``; its bounds grow by its slopes.
inline void add_rows(Chain& chain, const Layer& layer, const Key* on, const Key* tag, std::vector<double>& sizes, std::vector<double>& wrong) {
  for (int i = 0; i < layer.stride; ++i) {
    const bool real = i < layer.width, folds = real && layer.below[i] != 1.0;
    const double steep = real ? std::max(1.0, std::fabs(layer.below[i])) : 1.0;
    chain.error.push_back(wrong[i]), chain.usable.push_back(folds);
    chain.on.push_back(folds ? on[i] : Key{});
    chain.tag.push_back(real ? tag[i] : Key{});
    chain.bits.push_back(layer.first_word * 64 + i);
    sizes[i] *= steep, wrong[i] *= steep;
  }
}

// Weights are already scaled to the box, the level already subtracted from the last bias; names of all units, then of the
// faces of the box.
inline Chain chain_of(const std::vector<Given>& given, const Key* on, const Key* tag, const double* lo, const double* hi, double lost) {
  Chain chain;
  chain.lost = lost;
  chain.layers = layers_of(given, LANES);
  std::vector<double> sizes(3, 1.0), wrong(3, 0.0);
  for (const Layer& layer : chain.layers) {
    grow_bounds(layer, sizes, wrong);
    chain.bias_error.emplace_back();
    for (double v : layer.bias) chain.bias_error.back().push_back(8 * ULP * std::fabs(v));
    if (&layer != &chain.layers.back()) add_rows(chain, layer, on + layer.first_unit, tag + layer.first_unit, sizes, wrong);
  }
  const Layer& top = chain.layers.back();
  chain.level_error = wrong[0] + lost;
  chain.words = top.first_word, chain.faces = top.first_row, chain.rows = chain.faces + 8;
  for (int f = 0; f < 8; ++f) {
    const bool real = f < 6;
    chain.error.push_back(4 * ULP), chain.usable.push_back(real);
    chain.on.push_back({}), chain.bits.push_back(0);
    chain.tag.push_back(real ? tag[top.first_unit + f] : Key{});
  }
  std::copy_n(lo, 3, chain.lo), std::copy_n(hi, 3, chain.hi);
  return chain;
}

}  // namespace foldline::march
