// Where the work is: which units of the chain cut, and in which box.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "core/complex/sizes.hpp"
#include "core/layer.hpp"
#include "core/numbers.hpp"

namespace foldline::complex {

constexpr double BAD_ROW = 0x1p-4;  // a row known worse than this leaves nearly every sign in doubt: ask for all of it at once

// The hidden layers, packed, and how large they are.
struct Chain {
  std::vector<Layer> layers;
  std::vector<Sizes> sizes;
  // lipschitz: of the first layer's pre-activations, where what it reads is not the place; else 0
  Chain(const std::vector<Given>& given, bool certify, double lipschitz, const Look& look)
      : layers(layers_of(given, 8)), sizes(sizes_of(layers, certify, lipschitz, look)) { pack(layers); }
};

template <int D> struct Stage {
  std::shared_ptr<const Chain> chain;
  bool certify = true, rational = false;
  bool box = true;                     // the first cell is the box
  const double* reads = nullptr;       // what the first layer reads at each first vertex, where that is not the place
  int layer = 0, from = 0;             // the layer, and the first unit of the group
  double x_max = 0;                    // the largest coordinate
  std::array<double, D> lo{}, hi{}, size{};  // the box around all, and its farther corner on each axis

  int first_unit = 0;                  // the number of the layer's unit 0 among all units
  double lipschitz = 0;                // of the layer's pre-activations

  const std::vector<Layer>& layers() const { return chain->layers; }
  const std::vector<Sizes>& sizes() const { return chain->sizes; }
  int unit(int j) const { return first_unit + from + j; }  // of the group

  void begin_layer(size_t l) {
    layer = int(l);
    first_unit = layers()[l].first_unit;
    lipschitz = sizes()[l].lipschitz;
  }

  void make_box(const double* low, const double* high) {
    std::copy_n(low, D, lo.begin()), std::copy_n(high, D, hi.begin());
    x_max = 0;
    for (int k = 0; k < D; ++k) size[k] = std::max(std::fabs(lo[k]), std::fabs(hi[k])), x_max = std::max(x_max, size[k]);
  }

  int layer_of(i32 unit) const {
    int l = int(layers().size()) - 1;
    while (layers()[l].first_unit > unit) --l;
    return l;
  }

  // The error a row of activations of this size may have; where they are all small the next layer's biases decide.
  double bearable(double of) const {
    const Sizes& next = sizes()[layer + 1];
    return BAD_ROW * (of + (next.norm > 0 ? next.bias_norm / next.norm : 0));
  }

  // Call ``took`` for every group of units from one on.
  template <class F> void each_group(size_t first_layer, int first_from, F took) const {
    for (size_t l = first_layer; l < layers().size(); ++l)
      for (int unit = l == first_layer ? first_from : 0; unit < layers()[l].width; unit += GROUP) took(l, unit);
  }
};

}  // namespace foldline::complex
