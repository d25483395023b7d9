// A training step, as whoever binds or tests it sees it: what is trained, on what, by which rule.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace foldline::step {

enum class Loss { cross_entropy, squared, binary, absolute, clamped };
enum class Optimiser { sgd, adam, muon };

constexpr int kMostInputs = 3;  // of a grid
constexpr int kSlots = 3;       // a stored number: its value, and the optimiser's two memories of it

// One level of a grid: features at the vertices of a Kuhn grid of `cells` along each axis.
struct Level {
  long cells, channels;
  std::vector<int32_t> row_of;  // the row of each vertex, -1 for none (zeros that stay); empty: a vertex is its own row
  long rows;
};

struct Grid {
  int d = 0;  // inputs; 0: no grid
  std::array<float, kMostInputs> lo{}, scale{};  // the unit cube's coordinate is (x - lo) * scale
  std::vector<Level> levels;

  long features() const {
    long sum = 0;
    for (const Level& level : levels) sum += level.channels;
    return sum;
  }
};

// What is trained.  The first layer reads a grid's inputs, then its features, then the other inputs.
struct Shape {
  std::vector<long> widths;  // of what each layer holds, from what the first one reads
  Loss loss;
  std::vector<float> below;  // slope below zero of each hidden layer's units: 0 ReLU, -1 the absolute value
  float clamp;               // where the clamped loss ends
  Grid grid;
  std::vector<long> again{};  // layers that read, after the layer before, what the first one reads

  long inputs() const { return widths.front() - grid.features(); }
  bool reads_again(long l) const { return std::find(again.begin(), again.end(), l) != again.end(); }
  long reads(long l) const { return widths[l] + (reads_again(l) ? widths.front() : 0); }
};

struct Data {
  const float* x;        // (n, inputs)
  const int32_t* label;  // (n,) for cross entropy, else null
  const float* target;   // (n, d_out) for the others, else null
  const float* weight;   // (n,) or null
};

// How a gradient becomes a step; the same numbers for all that follow it.
struct Moves {
  bool adam;
  float rate;        // Adam: divided by 1 - beta1^t
  float beta1;       // momentum, or Adam's first
  float beta2;
  float rest1;       // 1 - beta, rounded once
  float rest2;
  float epsilon;
  float root_scale;  // Adam: 1 / sqrt(1 - beta2^t)
};

struct Rule {
  Moves network;   // with Muon: of all but the hidden matrices
  Moves features;  // of a grid
  bool muon;       // hidden matrices take orthogonal steps
  float muon_rate;
  float decay;  // added to the gradient, times the weight; biases and features are left alone
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void put(int slot, size_t layer, const float* w, const float* b) = 0;
  virtual void get(int slot, size_t layer, float* w, float* b) const = 0;
  virtual void put_level(int slot, size_t level, const float* rows) = 0;
  virtual void get_level(int slot, size_t level, float* rows) const = 0;
  // The loss of some rows; the gradient is kept for `update`, and the slopes at the inputs (rows, inputs) told if wanted.
  virtual double step(const Data& data, const int64_t* order, long rows, long* wrong, float* at_inputs = nullptr) = 0;
  // Any loss: its slopes at the outputs (rows, d_out) in, those at the inputs (rows, inputs) out, if wanted; the
  // gradient is kept for `update`.
  virtual void backward(const float* x, const float* slopes, long rows, float* at_inputs) = 0;
  virtual void update(const Rule& rule) = 0;
  virtual void predict(const float* x, long rows, float* out) = 0;
};

// Zeroed numbers on a cache line.
template <class T>
class Aligned {
 public:
  Aligned() = default;
  explicit Aligned(long n) { resize(n); }
  void resize(long n) {
    data_.reset(static_cast<T*>(::operator new(static_cast<size_t>(n) * sizeof(T), std::align_val_t(64))));
    std::fill_n(data_.get(), n, T{});
    size_ = n;
  }
  void fit(long n) {
    if (n > size_) resize(n);
  }
  long size() const { return size_; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator[](size_t k) { return data_.get()[k]; }
  T operator[](size_t k) const { return data_.get()[k]; }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete(p, std::align_val_t(64)); }
  };
  std::unique_ptr<T[], Free> data_;
  long size_ = 0;
};
// Made here, so that no instruction set below is used for what all of them share.
template class Aligned<float>;
template class Aligned<int32_t>;
using Buffer = Aligned<float>;

}  // namespace foldline::step
