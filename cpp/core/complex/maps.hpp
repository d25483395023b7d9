// Patterns and affine maps of regions that are known by the units that flipped from one to the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "core/layer.hpp"
#include "core/rows.hpp"

namespace foldline::complex {

// Affine maps of all regions in the order they were emitted.  A region's map differs from its predecessor's by the units
// that flipped between them.  Up the layers go the rows of their units' maps, d + 1 numbers a unit: a flip changes the next
// layer's rows by one column of its weights times a row of numbers, and such a change of rank 1 stays one through the layers
// above: one product with a vector carries it on.  Where there are more changes than it pays to carry, the rows are made
// again.  Down from few outputs comes their gradient with respect to the units below the last hidden layer: a flip adds a
// row of weights to it.  Where the two meet, a product a number gives the map: the last hidden layer flips most often, and
// nothing is carried through its weights.
class Maps {
 public:
  // ``layers``: packed, the output layer included.
  Maps(std::vector<Layer> layers, size_t d) : layers_(std::move(layers)), d_(d), rows_(layers_.size()), passing_(layers_.size() - 1) {
    int widest = 0;
    for (size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      rows_[l].assign((d_ + 1) * layer.stride, 0.0);
      if (l < passing_.size()) passing_[l].begin(layer);
      widest = std::max(widest, layer.stride);
    }
    values_.resize(size_t(widest) * (d_ + 1));
    none_.resize(widest);
    for (auto& carried : carried_) carried.resize(size_t(CARRIED) * widest);
    for (size_t k = 0; k < d_; ++k)
      std::memcpy(&rows_[0][k * layers_[0].stride], &layers_[0].transposed[k * layers_[0].stride], layers_[0].stride * sizeof(double));
    std::memcpy(&rows_[0][d_ * layers_[0].stride], layers_[0].bias.data(), layers_[0].stride * sizeof(double));
    if (layers_.size() >= 3 && layers_.back().width <= NARROW && layers_[layers_.size() - 3].width >= WIDE) begin_gradient();
  }

  // Begin the next region: the rows of the layer that is taken first are those of the region before, or all new.
  void begin(bool fresh) { all_ = fresh, changes_.clear(); }

  // Take layer l's pattern, after those of the layers below.
  void take(size_t l, const u64* bits) {
    const int carried = int(changes_.size());
    Passing& passing = passing_[l];
    const int flips = passing.flips(bits);
    if (meets() && l + 1 == passing_.size()) return take_gradient(bits, flips);
    if (meets() && l + 2 == passing_.size()) return passing.take(bits, [](int, double) {});  // the rows end here
    if (!all_ && !carried && !flips) return;
    if (l + 1 == passing_.size() && layers_[l + 1].width <= NARROW && !all_ && !carried && (passing.updates += flips) <= layers_[l].width)
      return change_outputs(bits);
    if (all_ || carried > CARRIED || flips > std::max(1, layers_[l].width / FEW) || (passing.updates += carried + flips) > layers_[l].width) {
      passing.updates = 0;
      passing.take(bits, [](int, double) {});
      carry(l, int(d_) + 1, [&](int k, int u) { return rows_[l][k * layers_[l].stride + u]; }, layers_[l + 1].bias.data(), rows_[l + 1].data());
      all_ = true;
      return;
    }
    const Layer& next = layers_[l + 1];
    if (carried) {  // by the pattern before the flips
      double* out = carried_[l % 2].data();
      carry(l, carried, [&](int k, int u) { return changes_[k].at(u); }, none_.data(), out);
      for (int i = 0; i < carried; ++i) changes_[i].column = out + i * next.stride, changes_[i].step = rows::PANEL;
    }
    passing.take(bits, [&](int u, double slope) {
      rows::Change change{&next.packed[size_t(u) * rows::PANEL], size_t(next.inputs) * rows::PANEL, {}};
      for (size_t k = 0; k <= d_; ++k) change.factor[k] = slope * rows_[l][k * layers_[l].stride + u];
      changes_.push_back(change);
    });
    rows::add(changes_.data(), int(changes_.size()), rows_[l + 1].data(), int(d_) + 1, next.stride);
  }

  void write(double* out) const {
    const Layer& last = layers_.back();
    const size_t met = layers_.size() - 3;
    for (int j = 0; j < last.width; ++j, out += d_ + 1) {
      if (meets()) {
        const int stride = layers_[met].stride;
        rows::dots(&gradient_[size_t(j) * stride], passing_[met].slope.data(), rows_[met].data(), int(d_) + 1, stride, out);
        out[d_] += constant_[j];
      } else {
        for (size_t k = 0; k <= d_; ++k) out[k] = rows_.back()[k * last.stride + j];
      }
    }
  }

  const Layer& layer(size_t l) const { return layers_[l]; }

 private:
  static constexpr int FEW = 8;      // making the rows again costs about as much as this share of the layer's width in flips
  static constexpr int CARRIED = 2;  // or as carrying more changes than this
  static constexpr int NARROW = 4;   // outputs whose gradients are followed,
  static constexpr int WIDE = 32;    // if the layer that they come down to has as many units

  // What a layer passes on: its pattern as slopes, and the units whose slope is not 0, in any order.
  struct Passing {
    std::vector<u64> bits;
    std::vector<double> slope;
    const Layer* of = nullptr;
    std::vector<int> used, place;  // place: of a unit among the used ones, -1 for none
    int updates = 0;  // of what is made with it since it was made: not more than the width, so that errors stay bounded

    void begin(const Layer& layer) {
      bits.assign((layer.width + GROUP - 1) / GROUP, 0);
      slope.assign(layer.stride, 0.0);
      place.assign(layer.width, -1);
      of = &layer;
      for (int u = 0; u < layer.width; ++u) set(u, layer.below[u]);
    }

    int flips(const u64* next) const { return n_flips(bits.data(), next, int(bits.size())); }

    // Take a pattern; ``flipped`` hears of every unit that flips and by how much its slope grows.
    template <class F> void take(const u64* next, F flipped) {
      each_flip(bits.data(), next, int(bits.size()), [&](int u, bool on) {
        set(u, on ? 1.0 : of->below[u]);
        flipped(u, of->step(u, on));
      });
      std::copy_n(next, bits.size(), bits.begin());
    }

    void set(int u, double value) {
      slope[u] = value;
      if (value != 0 && place[u] < 0) {
        place[u] = int(used.size());
        used.push_back(u);
      } else if (value == 0 && place[u] >= 0) {
        place[used.back()] = place[u];
        used[place[u]] = used.back();
        used.pop_back();
        place[u] = -1;
      }
    }
  };

  std::vector<Layer> layers_;
  size_t d_;
  std::vector<std::vector<double>> rows_;
  std::vector<Passing> passing_;
  bool all_ = true;                      // whether all rows of the layer were made again,
  std::vector<rows::Change> changes_;    // or else what was added to them
  std::vector<double> carried_[2];       // columns of the changes from further below, of this layer and the next
  std::vector<double> values_, none_;
  std::vector<double> by_unit_;          // the last hidden layer's weights, a row a unit
  std::vector<double> gradient_;         // of each output with respect to the units below the last hidden layer
  double constant_[NARROW];              // and what the biases from there on add to it

  // n rows, given by their numbers ``row(k, unit)``, through layer l and the weights above it.
  template <class At> void carry(size_t l, int n, At row, const double* bias, double* out) {
    const Passing& passing = passing_[l];
    const Layer& next = layers_[l + 1];
    const int n_used = int(passing.used.size());
    for (int k = 0; k < n; ++k)
      for (int i = 0; i < n_used; ++i) values_[size_t(i) * n + k] = passing.slope[passing.used[i]] * row(k, passing.used[i]);
    rows::carry({values_.data(), passing.used.data(), n_used, next.inputs, next.packed.data(), bias, out, next.stride, next.stride}, n);
  }

  // Add what flips below few outputs change, a number each.
  void change_outputs(const u64* bits) {
    const size_t l = passing_.size() - 1;
    const Layer& last = layers_.back();
    passing_[l].take(bits, [&](int u, double slope) {
      const double* weights = &last.transposed[size_t(u) * last.stride];
      for (size_t k = 0; k <= d_; ++k) {
        const double factor = slope * rows_[l][k * layers_[l].stride + u];
        for (int j = 0; j < last.width; ++j) rows_.back()[k * last.stride + j] += factor * weights[j];
      }
    });
  }

  bool meets() const { return !gradient_.empty(); }

  void begin_gradient() {
    const Layer& top = layers_[passing_.size() - 1];
    const size_t stride = layers_[passing_.size() - 2].stride;
    by_unit_.assign(size_t(top.width) * stride, 0.0);
    for (int u = 0; u < top.width; ++u)
      for (int i = 0; i < top.inputs; ++i) by_unit_[size_t(u) * stride + i] = top.transposed[size_t(i) * top.stride + u];
    gradient_.resize(layers_.back().width * stride);
    make_gradient();
  }

  void make_gradient() {
    Passing& top = passing_.back();
    top.updates = 0;
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    std::copy_n(layers_.back().bias.data(), layers_.back().width, constant_);
    changes_.clear();
    for (const int u : top.used) add_unit(u, top.slope[u]);
    add_to_gradient();
  }

  // The last hidden layer, below few outputs.
  void take_gradient(const u64* bits, int flips) {
    Passing& top = passing_.back();
    if ((top.updates += flips) > layers_[passing_.size() - 1].width) {
      top.take(bits, [](int, double) {});
      return make_gradient();
    }
    changes_.clear();
    top.take(bits, [&](int u, double slope) { add_unit(u, slope); });
    add_to_gradient();
  }

  // Unit u of the last hidden layer with its slope, as a change of the gradient that is not made yet.
  void add_unit(int u, double slope) {
    const Layer& last = layers_.back();
    rows::Change change{&by_unit_[u * size_t(layers_[passing_.size() - 2].stride)], rows::PANEL, {}};
    for (int j = 0; j < last.width; ++j) {
      change.factor[j] = slope * last.transposed[size_t(u) * last.stride + j];
      constant_[j] += change.factor[j] * layers_[passing_.size() - 1].bias[u];
    }
    changes_.push_back(change);
  }

  void add_to_gradient() {
    rows::add(changes_.data(), int(changes_.size()), gradient_.data(), layers_.back().width, layers_[passing_.size() - 2].stride);
  }
};

}  // namespace foldline::complex
