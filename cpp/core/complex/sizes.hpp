// How large a layer's weights are: what bounds the errors of its pre-activations.
#pragma once

#include <cmath>
#include <functional>
#include <initializer_list>
#include <vector>

#include "core/layer.hpp"
#include "core/numbers.hpp"
#include "core/rows.hpp"

namespace foldline {

struct Sizes {
  double norm = 0, frobenius = 0, bias_norm = 0, slope_max = 1;  // norm: at least the spectral norm of the weights
  double lipschitz = 0;          // of the pre-activations as functions of the input
  int grid = 0, slope_grid = 0;  // weights and biases, slopes are multiples of 2^-grid
};

using Look = std::function<void()>;  // called now and then in long work, which it ends by an exception

// The symmetric matrix A A' of a matrix in padded rows, n x m, and of its transpose in padded rows.
inline std::vector<double> gram(const std::vector<double>& matrix, const std::vector<double>& transposed, int n, int m, const Look& look) {
  const int stride = rounded_up(n, 8), inputs = rounded_up(m, 8);
  std::vector<double> packed, out(size_t(n) * stride), none(stride, 0.0);
  rows::pack(transposed.data(), m, stride, packed);
  rows::product_in_parts({matrix.data(), size_t(n), inputs, m, packed.data(), none.data(), out.data(), stride, stride}, look);
  return out;
}

// An upper bound of the spectral norm of (n, m) numbers, at most n^(1/16) times too large for the smaller side n: the
// Schatten 16-norm, by squaring the Gram matrix.  No threads: those of a BLAS would wait for more work in a busy loop.
inline double spectral_norm(const double* W, int n, int m, const Look& look = [] {}) {
  double size = 0;
  for (size_t i = 0; i < size_t(n) * m; ++i) size = std::max(size, std::fabs(W[i]));
  if (size == 0) return 0;
  const int n8 = rounded_up(n, 8), m8 = rounded_up(m, 8);
  std::vector<double> by_row(size_t(n) * m8, 0.0), by_column(size_t(m) * n8, 0.0);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < m; ++j) by_row[size_t(i) * m8 + j] = by_column[size_t(j) * n8 + i] = W[size_t(i) * m + j] / size;
  const int k = std::min(n, m);
  std::vector<double> power = n <= m ? gram(by_row, by_column, n, m, look) : gram(by_column, by_row, m, n, look);
  const auto length = [&] {
    double sum = 0;
    for (double x : power) sum += x * x;
    return std::sqrt(sum);
  };
  double norm = 1;
  for (double share : {0.5, 0.25, 0.125}) {
    const double l = length();
    norm *= std::pow(l, share);
    for (double& x : power) x /= l;
    power = gram(power, power, k, k, look);
  }
  return size * norm * std::pow(length(), 0.0625) * SLACK;
}

// A layer alone; the norm of its weights is only bounded by the Frobenius norm unless ``certify``.
inline Sizes sizes_of(const Layer& layer, bool certify, const Look& look = [] {}) {
  Sizes sizes;
  for (double w : layer.weights) sizes.frobenius += w * w, sizes.grid = std::max(sizes.grid, grid_of(w));
  for (int j = 0; j < layer.width; ++j) {
    sizes.bias_norm += layer.bias[j] * layer.bias[j];
    sizes.grid = std::max(sizes.grid, grid_of(layer.bias[j]));
    sizes.slope_grid = std::max(sizes.slope_grid, grid_of(layer.below[j]));
    sizes.slope_max = std::max(sizes.slope_max, std::fabs(layer.below[j]));
  }
  sizes.frobenius = SLACK * std::sqrt(sizes.frobenius) + LEAST;
  sizes.bias_norm = SLACK * std::sqrt(sizes.bias_norm) + LEAST;
  sizes.norm = certify ? std::min(spectral_norm(layer.weights.data(), layer.width, layer.inputs, look) + LEAST, sizes.frobenius) : sizes.frobenius;
  return sizes;
}

// first   the Lipschitz constant of the first layer's pre-activations, where what it reads is not the place; 0 where it is
inline std::vector<Sizes> sizes_of(const std::vector<Layer>& layers, bool certify, double first, const Look& look) {
  std::vector<Sizes> all;
  double lipschitz = 1;
  for (const Layer& layer : layers) {
    all.push_back(sizes_of(layer, certify, look));
    lipschitz *= SLACK * all.back().norm;
    if (first > 0 && all.size() == 1) lipschitz = SLACK * first;
    all.back().lipschitz = lipschitz;
    lipschitz *= all.back().slope_max;
  }
  return all;
}

}  // namespace foldline
