// Patterns and affine maps of regions that are known by the units that flipped from one to the next.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "layers.hpp"
#include "rows.hpp"

// Patterns and affine maps of all regions in the order they were emitted.  A region's map differs from its predecessor's
// by the units that flipped between them: few flips update the next layer's rows by a column each, many make them again.
class Maps {
 public:
  Maps(std::vector<Layer> layers, size_t d) : layers_(std::move(layers)), d_(d), rows_(layers_.size()), bits_(layers_.size()), sloped_(layers_.size()), updates_(layers_.size(), 0) {
    for (size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      rows_[l].assign((d_ + 1) * layer.stride, 0.0);
      bits_[l].assign((layer.width + GROUP - 1) / GROUP, 0);
      sloped_[l] = bits_[l];
      for (int u = 0; u < layer.width; ++u) sloped_[l][u / GROUP] |= u64(layer.below[u] != 0) << u % GROUP;
      used_.resize(std::max(used_.size(), size_t(layer.width)));
      values_.resize(used_.size() * (d_ + 1));
    }
    for (size_t k = 0; k < d_; ++k)
      std::memcpy(&rows_[0][k * layers_[0].stride], &layers_[0].transposed[k * layers_[0].stride], layers_[0].stride * sizeof(double));
    std::memcpy(&rows_[0][d_ * layers_[0].stride], layers_[0].bias.data(), layers_[0].stride * sizeof(double));
  }

  // Take layer l's pattern; ``fresh`` if the rows of the layer changed, too.  Returns whether the next layer's rows changed.
  bool take(size_t l, const u64* bits, bool fresh) {
    int flips = 0;
    const int few = std::max(1, layers_[l].width / FEW);
    for (size_t w = 0; w < bits_[l].size() && flips <= few; ++w)
      for (u64 m = bits[w] ^ bits_[l][w]; m && flips <= few; m &= m - 1) ++flips;
    if (!fresh && !flips) return false;
    if (fresh || flips > few || (updates_[l] += flips) > layers_[l].width) {
      updates_[l] = 0;
      bits_[l].assign(bits, bits + bits_[l].size());
      recompute(l);
      return true;
    }
    for (size_t w = 0; w < bits_[l].size(); ++w) {
      for (u64 m = bits[w] ^ bits_[l][w]; m; m &= m - 1) {
        const int u = int(w) * GROUP + __builtin_ctzll(m);
        flip(l, u, (bits[w] >> u % GROUP & 1 ? 1.0 : -1.0) * (1.0 - layers_[l].below[u]));
      }
      bits_[l][w] = bits[w];
    }
    return true;
  }

  void write(double* out) const {
    const Layer& last = layers_.back();
    for (int j = 0; j < last.width; ++j)
      for (size_t k = 0; k <= d_; ++k) out[size_t(j) * (d_ + 1) + k] = rows_.back()[k * last.stride + j];
  }

  const Layer& layer(size_t l) const { return layers_[l]; }

 private:
  static constexpr int FEW = 8;  // making the rows again costs about as much as this share of the layer's width in flips

  std::vector<Layer> layers_;
  size_t d_;
  std::vector<std::vector<double>> rows_;
  std::vector<std::vector<u64>> bits_, sloped_;  // the pattern; units that pass something on when they are off
  std::vector<int> updates_;  // of the next layer's rows since they were made: not more than their width, so that errors stay bounded
  std::vector<int> used_;
  std::vector<double> values_;

  void recompute(size_t l) {
    const Layer& next = layers_[l + 1];
    const int n = d_ == 1 ? scaled<2>(l) : d_ == 2 ? scaled<3>(l) : scaled<4>(l);
    rows::set.carry({values_.data(), used_.data(), n, next.inputs, next.packed.data(), next.bias.data(), rows_[l + 1].data(), next.stride, next.stride}, int(d_) + 1);
  }

  // List the units of layer l that pass something on, and their rows times their slopes; returns how many there are.
  template <int K> int scaled(size_t l) {
    const Layer& layer = layers_[l];
    const double* row = rows_[l].data();
    int n = 0;
    for (size_t w = 0; w < bits_[l].size(); ++w)
      for (u64 m = bits_[l][w] | sloped_[l][w]; m; m &= m - 1, ++n) {
        const int bit = __builtin_ctzll(m), u = used_[n] = int(w) * GROUP + bit;
        const double slope = bits_[l][w] >> bit & 1 ? 1.0 : layer.below[u];
        for (int k = 0; k < K; ++k) values_[size_t(n) * K + k] = slope * row[k * layer.stride + u];
      }
    return n;
  }

  void flip(size_t l, int u, double factor) {
    const Layer& next = layers_[l + 1];
    const double* column = &next.transposed[size_t(u) * next.stride];
    for (size_t k = 0; k <= d_; ++k) {
      double* to = &rows_[l + 1][k * next.stride];
      const double scale = factor * rows_[l][k * layers_[l].stride + u];
      if (next.stride == 8) rows::add_body(to, column, 8, scale);  // too short for a call
      else rows::set.add(to, column, next.stride, scale);
    }
  }
};

// A word's lowest n bits as bytes 0 and 1; up to 7 more bytes may be written.
inline void spread_bits(u64 word, int n, std::uint8_t* out) {
  for (int i = 0; i < n; i += 8) {
    // The byte's copies in eight lanes, one bit kept in each, turned into 0 or 1.
    const u64 lanes = (word >> i & 0xff) * 0x0101010101010101ull & 0x8040201008040201ull;
    const u64 ones = (lanes + 0x7f7f7f7f7f7f7f7full) >> 7 & 0x0101010101010101ull;
    std::memcpy(out + i, &ones, 8);
  }
}
