// The network behind a grid: its layers, how large they are, and all its values at a point.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/complex/sizes.hpp"
#include "core/layer.hpp"
#include "core/numbers.hpp"
#include "core/rows.hpp"

namespace foldline::field {

// Rows hold the pre-activations of every layer at a point, each from ``layers[l].first_row`` on; the last of them, the output,
// less the level that is asked about.
class Net {
 public:
  std::vector<Layer> layers;                  // the output layer last
  std::vector<Sizes> sizes;
  std::vector<std::vector<double>> norms;     // of each unit's weights
  std::vector<std::vector<double>> weight_in_output;  // at least how fast the output changes with each activation
  std::vector<double> norm_max, bias_max;     // the largest of a layer
  int row = 0, words = 0;                     // numbers of a row; words of the signs of hidden units
  size_t hidden = 0;

  int sides = 0;  // the last units of the first layer: half-spaces, on where the question is asked, that no unit reads

  Net(const std::vector<Given>& given, double level, int n_sides = 0) : layers(layers_of(given, 8)), hidden(given.size() - 1), sides(n_sides) {
    for (const Layer& layer : layers) sizes.push_back(sizes_of(layer, true, [] {}));
    layers.back().bias[0] -= level;
    pack(layers);
    for (Layer& layer : layers) {
      norms.emplace_back(size_t(layer.stride), 0.0);
      norm_max.push_back(0), bias_max.push_back(0);
      for (int u = 0; u < layer.width; ++u) take_unit(layer, u);
    }
    bias_max.back() = std::max(bias_max.back(), std::fabs(given.back().bias[0]) + std::fabs(level));
    row = layers.back().first_row + layers.back().stride;
    words = layers.back().first_word;
    weigh();
  }

  double error_of_sums(size_t l) const { return (layers[l].inputs + 8) * ULP * SLACK; }
  int output() const { return layers.back().first_row; }

 private:
  void take_unit(Layer& layer, int u) {
    double sum = 0;
    for (int k = 0; k < layer.inputs; ++k) sum += layer.weights[size_t(u) * layer.inputs + k] * layer.weights[size_t(u) * layer.inputs + k];
    norms.back()[u] = sum > 0 ? SLACK * std::sqrt(sum) + LEAST : 0;
    norm_max.back() = std::max(norm_max.back(), norms.back()[u]);
    bias_max.back() = std::max(bias_max.back(), std::fabs(layer.bias[u]));
    if (sum == 0 && layer.bias[u] == 0) layer.folds[u / GROUP] &= ~(u64(1) << u % GROUP);  // it is zero everywhere
  }

  // By absolute weights: only a rule of what to cut first.
  void weigh() {
    weight_in_output.resize(hidden);
    std::vector<double> behind(1, 1.0);
    for (size_t l = hidden; l-- > 0;) {
      const Layer& next = layers[l + 1];
      std::vector<double>& here = weight_in_output[l];
      here.assign(size_t(layers[l].stride), 0.0);
      for (int j = 0; j < next.width; ++j)
        for (int k = 0; k < next.inputs; ++k) here[k] += behind[j] * std::fabs(next.weights[size_t(j) * next.inputs + k]);
      behind = here;
    }
  }
};

// Works out rows; one a thread.
class Forward {
 public:
  explicit Forward(const Net& net) : net_(net) {
    int most = 3;
    for (const Layer& layer : net.layers) most = std::max({most, layer.stride, layer.inputs});
    values_.resize(size_t(most)), used_.resize(size_t(most));
  }

  // The first layer's pre-activations, of what is read.
  void first(const double* reads, double* row) {
    const Layer& layer = net_.layers[0];
    int n = 0;
    for (int k = 0; k < layer.inputs; ++k) add(k, reads[k], n);
    carry(layer, n, row);
  }

  // Those at a mix of places: origin + sum of share k times column k of panels as rows::pack makes them.
  void mix(const double* shares, const double* panels, const double* origin, double* row) {
    const Layer& layer = net_.layers[0];
    int n = 0;
    for (int k = 0; k < 3; ++k) add(k, shares[k], n);
    rows::carry({values_.data(), used_.data(), n, 3, panels, origin, row, layer.stride, layer.stride}, 1);
  }

  // The others, from those of the first layer.
  void rest(double* row) {
    for (size_t l = 0; l < net_.hidden; ++l) {
      const Layer& layer = net_.layers[l];
      const double* z = row + layer.first_row;
      int n = 0;
      for (int u = 0; u < layer.width; ++u) {
        values_[size_t(n)] = z[u] > 0 ? z[u] : z[u] * layer.below[u];
        used_[size_t(n)] = u;
        n += values_[size_t(n)] != 0;
      }
      carry(net_.layers[l + 1], n, row + net_.layers[l + 1].first_row);
    }
  }

 private:
  const Net& net_;
  std::vector<double> values_;
  std::vector<int> used_;

  void add(int k, double value, int& n) {
    values_[size_t(n)] = value, used_[size_t(n)] = k;
    n += value != 0;
  }

  void carry(const Layer& to, int n, double* out) {
    rows::carry({values_.data(), used_.data(), n, to.inputs, to.packed.data(), to.bias.data(), out, to.stride, to.stride}, 1);
  }
};

}  // namespace foldline::field
