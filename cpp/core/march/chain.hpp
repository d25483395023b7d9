// The network as the march and the search of a level set read it, its bounds over the box, and names of regions.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace nb = nanobind;
using u64 = std::uint64_t;

namespace {

constexpr double ULP = 0x1p-53;       // unit roundoff of a double
constexpr int LANES = 16;             // rows are padded to this

using Reals = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Words = nb::ndarray<const u64, nb::c_contig, nb::device::cpu>;

// Doubles that start on a cache line, so that no register of eight is read from two lines.
template <class T> struct OnLines {
  using value_type = T;
  static constexpr std::align_val_t LINE{64};
  OnLines() = default;
  template <class U> OnLines(const OnLines<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), LINE)); }
  void deallocate(T* p, size_t) { ::operator delete(p, LINE); }
  bool operator==(const OnLines&) const { return true; }
  bool operator!=(const OnLines&) const { return false; }
};
using Doubles = std::vector<double, OnLines<double>>;

struct Key {
  u64 a = 0, b = 0;
  Key operator^(Key o) const { return {a ^ o.a, b ^ o.b}; }
  bool operator==(Key o) const { return a == o.a && b == o.b; }
};

// Key -> number, open addressing.
class Table {
  struct Slot { Key key; std::uint32_t value = EMPTY; };
  std::vector<Slot> slots_;
  size_t size_ = 0, mask_ = 0;

 public:
  explicit Table(size_t slots = 1 << 12) { rehash(slots); }  // a power of two
  // The number of a key and whether it is new (then it is `value`).
  std::pair<std::uint32_t, bool> insert(Key key, std::uint32_t value) {
    if (2 * size_ > mask_) rehash(2 * (mask_ + 1));
    size_t i = key.a & mask_;
    for (; slots_[i].value != EMPTY; i = (i + 1) & mask_)
      if (slots_[i].key == key) return {slots_[i].value, false};
    slots_[i] = {key, value}, ++size_;
    return {value, true};
  }
  void fetch(Key key) const {  // asks memory for the place of a key before it is needed
#if defined(__GNUC__)
    __builtin_prefetch(slots_.data() + (key.a & mask_));
#endif
  }

 private:
  static constexpr std::uint32_t EMPTY = 0xffffffffu;
  void rehash(size_t n) {
    std::vector<Slot> slots(n);
    for (const Slot& slot : slots_) {
      if (slot.value == EMPTY) continue;
      size_t i = slot.key.a & (n - 1);
      while (slots[i].value != EMPTY) i = (i + 1) & (n - 1);
      slots[i] = slot;
    }
    slots_.swap(slots), mask_ = n - 1;
  }
};

struct Layer {
  int inputs = 0, width = 0, pad = 0, first = 0, word = 0, words = 0;
  bool relu = false;               // all units are flat below zero
  Doubles transposed;  // (inputs, pad): row j holds what input j adds to each unit
  Doubles bias, bias_error, below;
};

// Network, box and bounds; rows are numbered over all padded hidden units, then the 6 faces of the box.
struct Chain {
  std::vector<Layer> layers;  // hidden layers, then the level row
  int rows = 0, faces = 0, words = 0;
  Doubles error, usable;    // how far a computed value can be off on any region of the box; folds or not
  std::vector<Key> on, tag;
  double level_error = 0, lost = 0;     // of the level row on any region; by rounding bias - level
  double lo[3], hi[3];
  int hidden() const { return int(layers.size()) - 1; }
  bool is_face(int row) const { return row >= faces; }
  std::vector<int> bits;                // row -> its bit in a pattern
};

// Build the padded layers; weights are already scaled to the box, the level already subtracted from the last bias.
Chain chain_of(nb::list weights, nb::list biases, nb::list below, Words on, Words tag, Reals lo, Reals hi, double lost) {
  Chain chain;
  chain.lost = lost;
  const int n = int(nb::len(weights));
  int unit = 0;
  std::vector<double> sizes(3, 1.0), wrong(3, 0.0);  // bounds over all regions: sizes and errors of the layer before
  for (int l = 0; l < n; ++l) {
    auto W = nb::cast<Reals>(weights[l]), b = nb::cast<Reals>(biases[l]);
    Layer layer;
    layer.inputs = int(W.shape(1)), layer.width = int(W.shape(0));
    layer.pad = (layer.width + LANES - 1) / LANES * LANES;
    layer.first = chain.rows, layer.word = chain.words, layer.words = (layer.width + 63) / 64;
    layer.transposed.assign(size_t(layer.inputs) * layer.pad, 0.0);
    std::vector<double> size(size_t(layer.pad), 0.0), error(size_t(layer.pad), 0.0);
    for (int i = 0; i < layer.width; ++i) {
      size[i] = std::fabs(b.data()[i]);
      for (int j = 0; j < layer.inputs; ++j) {
        const double w = W.data()[size_t(i) * layer.inputs + j];
        layer.transposed[size_t(j) * layer.pad + i] = w;
        size[i] += std::fabs(w) * sizes[j], error[i] += std::fabs(w) * wrong[j];
      }
      error[i] = (error[i] + (layer.inputs + 40) * ULP * size[i]) * (1 + 0x1p-20);
    }
    layer.bias.assign(size_t(layer.pad), 0.0);
    std::copy(b.data(), b.data() + layer.width, layer.bias.begin());
    for (double v : layer.bias) layer.bias_error.push_back(8 * ULP * std::fabs(v));
    if (l + 1 == n) {
      chain.level_error = error[0] + lost;
      chain.layers.push_back(std::move(layer));
      break;
    }
    auto s = nb::cast<Reals>(below[l]);
    layer.below.assign(size_t(layer.pad), 1.0);
    std::copy(s.data(), s.data() + layer.width, layer.below.begin());
    layer.relu = std::all_of(s.data(), s.data() + layer.width, [](double slope) { return slope == 0.0; });
    for (int i = 0; i < layer.pad; ++i) {
      const bool real = i < layer.width, folds = real && layer.below[i] != 1.0;
      const double steep = real ? std::max(1.0, std::fabs(layer.below[i])) : 1.0;
      chain.error.push_back(error[i]), chain.usable.push_back(folds);
      chain.on.push_back(folds ? Key{on.data()[2 * unit], on.data()[2 * unit + 1]} : Key{});
      chain.tag.push_back(real ? Key{tag.data()[2 * unit], tag.data()[2 * unit + 1]} : Key{});
      chain.bits.push_back(layer.word * 64 + i);
      size[i] *= steep, error[i] *= steep;
      unit += real;
    }
    sizes = std::move(size), wrong = std::move(error);
    chain.rows += layer.pad, chain.words += layer.words;
    chain.layers.push_back(std::move(layer));
  }
  chain.faces = chain.rows;
  for (int f = 0; f < 8; ++f) {
    const bool real = f < 6;
    chain.error.push_back(4 * ULP), chain.usable.push_back(real);
    chain.on.push_back({}), chain.bits.push_back(0);
    chain.tag.push_back(real ? Key{tag.data()[2 * (unit + f)], tag.data()[2 * (unit + f) + 1]} : Key{});
  }
  chain.rows += 8;
  std::copy(lo.data(), lo.data() + 3, chain.lo), std::copy(hi.data(), hi.data() + 3, chain.hi);
  return chain;
}

}  // namespace
