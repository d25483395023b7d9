// The units of a network as affine functions on one region, with bounds of their errors over the box.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/layer.hpp"
#include "core/search/vectors.hpp"

namespace foldline::search {

// Bounds of rounding grow with the sizes of weights, layer by layer, the values do not: networks with more hidden layers
// than this are composed in pairs of doubles.  Only the time depends on it.
constexpr int kDeep = 4;

struct Box {
  int d;
  std::vector<double> lo, hi, reach;
  double wide = 0.0;  // no two points of the box are farther apart

  Box(const double* low, const double* high, int inputs) : d(inputs), lo(low, low + inputs), hi(high, high + inputs) {
    for (int k = 0; k < d; ++k) {
      reach.push_back(std::max(std::fabs(lo[k]), std::fabs(hi[k])));
      wide += hi[k] - lo[k];
    }
  }
};

// A layer on the region of the layers before it.
struct Composed {
  const Layer& of;
  std::vector<double> low;          // what T lacks, where pairs of doubles are used
  std::vector<double> T, Terr, M;   // pre-activations (n, d + 1), their error over the box, their size over the box
  std::vector<double> a, c, err;    // the folds with unit normals (n, d), (n), (n)
  std::vector<char> constant;       // 1: no gradient, certainly; 2: too close to tell or out of range

  Composed(const Layer& layer, int d)
      : of(layer), low(size_t(layer.width) * (d + 1)), T(low.size()), Terr(layer.width), M(layer.width), a(size_t(layer.width) * d),
        c(layer.width), err(layer.width), constant(layer.width) {}
};

class Composer {
 public:
  // ``layers``: hidden layers, then the output layer.
  Composer(std::vector<Layer> given, const Box& box) : d(box.d), hidden(int(given.size()) - 1), box_(box), given_(std::move(given)) {
    for (const Layer& layer : given_) layers.emplace_back(layer, d);
    for (int l = 0; l < hidden; ++l)
      for (int i = 0; i < given_[l].width; ++i) {
        column.push_back(n_folds);
        layer_of.push_back(l);
        if (given_[l].below[i] != 1.0) unit_of.push_back(int(folds.size()));
        folds.push_back(given_[l].below[i] != 1.0);
        n_folds += folds.back();
      }
    pattern.assign(folds.size(), 0);
  }

  const int d, hidden;               // hidden layers
  std::vector<Composed> layers;
  std::vector<std::uint8_t> pattern; // of all hidden units, on the present region
  std::vector<char> folds;           // which of them fold; only these have a column in the patterns that go out
  std::vector<i32> column;           // of each hidden unit
  std::vector<int> unit_of, layer_of;  // the unit of each column; the layer of each unit
  i32 n_folds = 0;

  // Pre-activations of layer l as affine functions on the present region, with a bound of their error over the box.
  void compose(int l) {
    Composed& at = layers[l];
    const int w = d + 1;
    if (l == 0) {
      for (int i = 0; i < at.of.width; ++i) {
        std::copy_n(&at.of.weights[size_t(i) * d], d, &at.T[size_t(i) * w]);
        at.T[size_t(i) * w + d] = at.of.bias[i];
        at.Terr[i] = 0.0;
      }
    } else {
      const Composed& before = layers[l - 1];
      live_.clear();
      for (int j = 0; j < before.of.width; ++j) {
        const double s = pattern[before.of.first_unit + j] || before.of.below[j] == 1.0 ? 1.0 : before.of.below[j];
        if (s != 0.0 && before.M[j] != 0.0) live_.push_back({j, s});
      }
      for (int i = 0; i < at.of.width; ++i) compose_unit(at, before, i, w);
    }
    for (int i = 0; i < at.of.width; ++i) {
      const double* T = &at.T[size_t(i) * w];
      double size = std::fabs(T[d]);
      for (int k = 0; k < d; ++k) size += std::fabs(T[k]) * box_.reach[k];
      at.M[i] = size + at.Terr[i];
      normalise(at, i, T, size);
    }
  }


  double value(const Composed& at, int i, const double* x) const {
    double z = 0.0;
    const double* a = &at.a[size_t(i) * d];
    for (int k = 0; k < d; ++k) z += a[k] * x[k];
    return z + at.c[i];
  }

 private:
  struct Live {
    int j;
    double slope;
  };
  const Box& box_;
  const std::vector<Layer> given_;
  std::vector<Live> live_;

  void compose_unit(Composed& at, const Composed& before, int i, int w) {
    double* T = &at.T[size_t(i) * w];
    const double* W = &at.of.weights[size_t(i) * at.of.inputs];
    std::fill_n(T, w, 0.0);
    double error = 0.0, size = std::fabs(at.of.bias[i]), large = 1.0;
    bool any = false;
    double* low = &at.low[size_t(i) * w];
    std::fill_n(low, w, 0.0);
    const bool pairs = hidden > kDeep;
    for (const Live& live : live_) {
      const double weight = W[live.j] * live.slope;
      if (W[live.j] == 0.0) continue;
      any = true;
      const double* from = &before.T[static_cast<size_t>(live.j) * w];
      if (pairs)
        add_pairs(T, low, from, &before.low[static_cast<size_t>(live.j) * w], w, weight,
                  std::fma(W[live.j], live.slope, -weight));
      else
        for (int k = 0; k < w; ++k) T[k] += weight * from[k];
      error += std::fabs(weight) * before.Terr[live.j];
      size += std::fabs(weight) * before.M[live.j];
      large += before.M[live.j];
    }
    const double none = 0.0;
    if (pairs) {
      add_pairs(T + d, low + d, &at.of.bias[i], &none, 1, 1.0, 0.0);
      for (int k = 0; k < w; ++k) {
        const double sum = T[k] + low[k], part = sum - T[k];
        low[k] = (T[k] - (sum - part)) + (low[k] - part);
        T[k] = sum;
      }
    } else {
      T[d] += at.of.bias[i];
    }
    const int n = static_cast<int>(live_.size()) + 4;
    const double rounding = pairs ? 4.0 * gamma(n) * gamma(n) : gamma(n);
    // the smallest normal double stands for all that can underflow
    at.Terr[i] = any ? (1.0 + gamma(n)) * error + rounding * size + n * large * kTiny : 0.0;
  }

  void normalise(Composed& at, int i, const double* T, double size) {
    double most = 0.0, square = 0.0;
    for (int k = 0; k < d; ++k) most = std::max(most, std::fabs(T[k]));
    at.constant[i] = 0;
    at.c[i] = T[d];
    at.err[i] = 2.0 * at.Terr[i] + gamma(2 * d + 8) * size;
    if (most == 0.0) {
      at.constant[i] = at.Terr[i] == 0.0 || std::fabs(T[d]) > at.err[i] ? 1 : 2;
      return;
    }
    if (!(most > 1e-140 && size < 1e140)) {  // squares would leave the range of a double
      at.constant[i] = 2;
      return;
    }
    for (int k = 0; k < d; ++k) square += T[k] * T[k];
    const double scale = 1.0 / std::sqrt(square);
    for (int k = 0; k < d; ++k) at.a[size_t(i) * d + k] = T[k] * scale;
    at.c[i] = T[d] * scale;
    at.err[i] *= scale;
  }
};

}  // namespace foldline::search
