// The layers of a chain as the kernel reads them.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <vector>

#include "core/memory.hpp"
#include "core/rows.hpp"

namespace nb = nanobind;
using nb::ssize_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;

constexpr int GROUP = 64;               // units handled at once: one bit each in a word
constexpr double ULP = 0x1p-53;         // unit roundoff of a double
constexpr double SLACK = 1 + 0x1p-20;   // covers the rounding of computed bounds
constexpr double LEAST = 0x1p-500;      // covers what underflow takes: products below 2^-1074, norms whose squares are below it

struct Layer {
  int inputs = 0, width = 0, stride = 0;  // stride: width rounded up to 8
  Buffer<double> transposed;              // (inputs, stride): column j holds unit j's weights
  std::vector<double> packed;             // the same as panels, see rows::pack
  Buffer<double> bias, below;
  Buffer<u64> folds;                      // units with a fold, a word a group
  double norm = 0, frobenius = 0, bias_norm = 0, slope_max = 1;  // norm: at least the spectral norm of the weights
  double lipschitz = 0;                   // of the pre-activations as functions of the input
  int grid = 0, slope_grid = 0;           // weights and biases, slopes are multiples of 2^-grid
  int first_unit = 0;                     // number of this layer's unit 0 among all chain units
};

// The least g >= 0 for which x is a multiple of 2^-g.
inline int grid_of(double x) {
  u64 bits;
  std::memcpy(&bits, &x, sizeof bits);
  const int e = int(bits >> 52 & 0x7ff);
  u64 m = bits & 0xfffffffffffffull;
  if (e) m |= 0x10000000000000ull;
  return m ? std::max(0, 1075 - std::max(e, 1) - __builtin_ctzll(m)) : 0;
}

// 2^e for a double's normal exponents.
inline double power_of_two(int e) {
  const u64 bits = u64(e + 1023) << 52;
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

template <class T> nb::object array_of(Buffer<T>& buffer, std::initializer_list<size_t> shape) {
  auto* kept = new Buffer<T>();
  kept->swap(buffer);
  nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<Buffer<T>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T>(kept->data(), shape.size(), shape.begin(), owner));
}

using Matrix = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Vector = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// The symmetric matrix A A' of a matrix in padded rows, n x m, and of its transpose in padded rows.
inline std::vector<double> gram(const std::vector<double>& matrix, const std::vector<double>& transposed, int n, int m) {
  const int stride = (n + 7) / 8 * 8, inputs = (m + 7) / 8 * 8;
  std::vector<double> packed, out(size_t(n) * stride), none(stride, 0.0);
  rows::pack(transposed.data(), m, stride, packed);
  rows::set.product({matrix.data(), size_t(n), inputs, m, packed.data(), none.data(), out.data(), stride, stride});
  return out;
}

// An upper bound of the spectral norm of (n, m) numbers, at most n^(1/16) times too large for the smaller side n: the
// Schatten 16-norm, by squaring the Gram matrix.  No threads: those of a BLAS would wait for more work in a busy loop.
inline double spectral_norm(const double* W, int n, int m) {
  double size = 0;
  for (size_t i = 0; i < size_t(n) * m; ++i) size = std::max(size, std::fabs(W[i]));
  if (size == 0) return 0;
  const int n8 = (n + 7) / 8 * 8, m8 = (m + 7) / 8 * 8;
  std::vector<double> by_row(size_t(n) * m8, 0.0), by_column(size_t(m) * n8, 0.0);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < m; ++j) by_row[size_t(i) * m8 + j] = by_column[size_t(j) * n8 + i] = W[size_t(i) * m + j] / size;
  const int k = std::min(n, m);
  std::vector<double> power = n <= m ? gram(by_row, by_column, n, m) : gram(by_column, by_row, m, n);
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
    power = gram(power, power, k, k);
  }
  return size * norm * std::pow(length(), 0.0625) * SLACK;
}

// The layers, with their error bounds if ``bounded``.
inline std::vector<Layer> layers_of(const nb::list& weights, const nb::list& biases, const nb::list& below, bool bounded) {
  std::vector<Layer> layers(nb::len(weights));
  int first = 0;
  double lipschitz = 1;
  for (size_t l = 0; l < layers.size(); ++l) {
    Layer& layer = layers[l];
    Matrix W = nb::cast<Matrix>(weights[l]);
    Vector b = nb::cast<Vector>(biases[l]);
    layer.width = int(W.shape(0));
    layer.inputs = int(W.shape(1));
    layer.stride = (layer.width + 7) / 8 * 8;
    layer.first_unit = first;
    first += layer.width;
    layer.transposed.resize(size_t(layer.inputs) * layer.stride);
    layer.bias.resize(layer.stride);
    layer.below.resize(layer.stride);
    layer.folds.resize((layer.width + GROUP - 1) / GROUP);
    std::fill_n(layer.transposed.data(), layer.transposed.size(), 0.0);
    std::fill_n(layer.bias.data(), layer.stride, 0.0);
    std::fill_n(layer.below.data(), layer.stride, 1.0);
    std::fill_n(layer.folds.data(), layer.folds.size(), u64(0));
    for (int j = 0; j < layer.width; ++j) {
      for (int k = 0; k < layer.inputs; ++k) {
        layer.transposed[size_t(k) * layer.stride + j] = W(j, k);
        layer.frobenius += W(j, k) * W(j, k);
        layer.grid = std::max(layer.grid, grid_of(W(j, k)));
      }
      layer.bias[j] = b(j);
      layer.bias_norm += b(j) * b(j);
      layer.grid = std::max(layer.grid, grid_of(b(j)));
    }
    if (l < nb::len(below)) {  // not the output layer
      const Vector slopes = nb::cast<Vector>(below[l]);
      for (int j = 0; j < layer.width; ++j) {
        const double slope = slopes(j);
        layer.below[j] = slope;
        layer.slope_grid = std::max(layer.slope_grid, grid_of(slope));
        layer.slope_max = std::max(layer.slope_max, std::fabs(slope));
        if (slope != 1.0) layer.folds[j / GROUP] |= u64(1) << j % GROUP;
      }
    }
    layer.frobenius = SLACK * std::sqrt(layer.frobenius) + LEAST;
    layer.bias_norm = SLACK * std::sqrt(layer.bias_norm) + LEAST;
    layer.norm = bounded ? std::min(spectral_norm(W.data(), layer.width, layer.inputs) + LEAST, layer.frobenius) : layer.frobenius;
    rows::pack(layer.transposed.data(), layer.inputs, layer.stride, layer.packed);
    lipschitz *= SLACK * layer.norm;
    layer.lipschitz = lipschitz;
    lipschitz *= layer.slope_max;
  }
  return layers;
}
