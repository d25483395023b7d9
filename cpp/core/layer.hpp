// The layers of a chain as every kernel reads them.
#pragma once

#include <algorithm>
#include <vector>

#include "core/memory.hpp"
#include "core/numbers.hpp"
#include "core/rows.hpp"

namespace foldline {

// A layer as it comes from outside: weights (width, inputs), biases (width), slopes below zero (width), none for the output.
struct Given {
  const double *weights, *bias, *below;
  int width, inputs;
};

struct Layer {
  int inputs = 0, width = 0, stride = 0;  // stride: the width rounded up to whole lanes
  int first_unit = 0;                     // number of this layer's unit 0 among all chain units
  int first_row = 0;                      // and where each layer counts for as many as its stride
  int first_word = 0, words = 0;          // its words in a pattern
  bool relu = false;                      // all units are flat below zero
  std::vector<double> weights;            // (width, inputs)
  Doubles transposed;                     // (inputs, stride): row k holds what input k adds to each unit
  Doubles bias, below;                    // (stride) 0 and 1 beyond the width; the output layer does not fold: 1
  std::vector<u64> folds;                 // (words) units with a fold
  std::vector<double> packed;             // the transposed as panels, see rows::pack; only where asked for

  // By how much the slope of a unit grows that flips, to on or to off.
  double step(int u, bool on) const { return on ? 1.0 - below[u] : below[u] - 1.0; }
};

// Call flipped(unit, on) for every unit in which a layer's pattern differs from another, in order.
template <class F> void each_flip(const u64* from, const u64* to, int words, F flipped) {
  for (int w = 0; w < words; ++w)
    for (u64 m = from[w] ^ to[w]; m; m &= m - 1) {
      const int b = __builtin_ctzll(m);
      flipped(w * GROUP + b, (to[w] >> b & 1) != 0);
    }
}

inline int n_flips(const u64* from, const u64* to, int words) {
  int n = 0;
  each_flip(from, to, words, [&](int, bool) { ++n; });
  return n;
}

// The layers, padded to whole lanes.
inline std::vector<Layer> layers_of(const std::vector<Given>& given, int lanes) {
  std::vector<Layer> layers(given.size());
  int units = 0, rows = 0, words = 0;
  for (size_t l = 0; l < layers.size(); ++l) {
    Layer& layer = layers[l];
    const Given& from = given[l];
    layer.width = from.width, layer.inputs = from.inputs, layer.stride = rounded_up(from.width, lanes);
    layer.words = (layer.width + GROUP - 1) / GROUP;
    layer.first_unit = units, layer.first_row = rows, layer.first_word = words;
    units += layer.width, rows += layer.stride, words += layer.words;
    layer.weights.assign(from.weights, from.weights + size_t(from.width) * from.inputs);
    layer.transposed.assign(size_t(layer.inputs) * layer.stride, 0.0);
    for (int j = 0; j < layer.width; ++j)
      for (int k = 0; k < layer.inputs; ++k) layer.transposed[size_t(k) * layer.stride + j] = layer.weights[size_t(j) * layer.inputs + k];
    layer.bias.assign(size_t(layer.stride), 0.0), layer.below.assign(size_t(layer.stride), 1.0);
    std::copy_n(from.bias, layer.width, layer.bias.begin());
    if (from.below) std::copy_n(from.below, layer.width, layer.below.begin());
    layer.relu = from.below && std::all_of(from.below, from.below + layer.width, [](double slope) { return slope == 0.0; });
    layer.folds.assign(size_t(layer.words), 0);
    for (int j = 0; j < layer.width; ++j)
      if (layer.below[j] != 1.0) layer.folds[j / GROUP] |= u64(1) << j % GROUP;
  }
  return layers;
}

inline void pack(std::vector<Layer>& layers) {
  for (Layer& layer : layers) rows::pack(layer.transposed.data(), layer.inputs, layer.stride, layer.packed);
}

}  // namespace foldline
