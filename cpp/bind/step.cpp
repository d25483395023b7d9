// The fused training step: blocks of samples through forward, loss, backward and update without a temporary matrix.
// Plain ReLU networks, float32, one core.  The instruction set is chosen when a kernel is made.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace nb = nanobind;

namespace foldline {

enum class Loss { softmax, squared, binary };

struct Data {
  const float* x;        // (n, d_in)
  const int32_t* label;  // (n,) for softmax, else null
  const float* target;   // (n, d_out) for the others, else null
  const float* weight;   // (n,) or null
};

struct Rule {
  bool adam;
  float rate;        // Adam: divided by 1 - beta1^t
  float beta1;       // momentum, or Adam's first
  float beta2;
  float rest1;       // 1 - beta, rounded once
  float rest2;
  float epsilon;
  float root_scale;  // Adam: 1 / sqrt(1 - beta2^t)
  float decay;       // added to the gradient, times the weight; biases are left alone
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void put(int slot, size_t layer, const float* w, const float* b) = 0;
  virtual void get(int slot, size_t layer, float* w, float* b) const = 0;
  virtual double step(const Data& data, const int64_t* order, long rows, long* wrong) = 0;
  virtual void update(const Rule& rule) = 0;
  virtual void predict(const float* x, long rows, float* out) = 0;
};

// Zeroed floats on a cache line.
class Buffer {
 public:
  void resize(long n) {
    data_.reset(static_cast<float*>(::operator new(n * sizeof(float), std::align_val_t(64))));
    std::fill_n(data_.get(), n, 0.0f);
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  float& operator[](size_t k) { return data_.get()[k]; }
  float operator[](size_t k) const { return data_.get()[k]; }

 private:
  struct Free {
    void operator()(float* p) const { ::operator delete(p, std::align_val_t(64)); }
  };
  std::unique_ptr<float[], Free> data_;
};

}  // namespace foldline

#ifndef FOLDLINE_BLOCK
#define FOLDLINE_BLOCK 96
#endif

namespace foldline {

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define FOLDLINE_X86 1
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define FOLDLINE_SET avx512
#define FOLDLINE_LANES 16
#define FOLDLINE_COLUMNS 4
#define FOLDLINE_TILE 24
#include "step/tiles.hpp"
#undef FOLDLINE_SET
#undef FOLDLINE_LANES
#undef FOLDLINE_COLUMNS
#undef FOLDLINE_TILE
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define FOLDLINE_SET avx2
#define FOLDLINE_LANES 8
#define FOLDLINE_COLUMNS 2
#define FOLDLINE_TILE 12
#include "step/tiles.hpp"
#undef FOLDLINE_SET
#undef FOLDLINE_LANES
#undef FOLDLINE_COLUMNS
#undef FOLDLINE_TILE
#pragma GCC pop_options
#endif

#define FOLDLINE_SET generic
#define FOLDLINE_LANES 4
#define FOLDLINE_COLUMNS 2
#define FOLDLINE_TILE 12
#include "step/tiles.hpp"

std::vector<std::string> sets() {
  std::vector<std::string> names;
#ifdef FOLDLINE_X86
  if (__builtin_cpu_supports("x86-64-v4")) names.push_back("avx512");
  if (__builtin_cpu_supports("x86-64-v3")) names.push_back("avx2");
#endif
  names.push_back("generic");
  return names;
}

std::unique_ptr<Kernel> make(const std::vector<long>& widths, Loss loss, const std::string& set) {
#ifdef FOLDLINE_X86
  if (set == "avx512") return std::make_unique<avx512::Kernel>(widths, loss);
  if (set == "avx2") return std::make_unique<avx2::Kernel>(widths, loss);
#endif
  return std::make_unique<generic::Kernel>(widths, loss);
}

template <class T, int D>
using In = nb::ndarray<const T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;
template <class T, int D>
using Out = nb::ndarray<T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;

// The Python class: checked arrays in, plain pointers below.
class Step {
 public:
  Step(std::vector<long> widths, int loss, std::string set)
      : widths_(std::move(widths)), loss_(static_cast<Loss>(loss)) {
    const auto names = sets();
    if (widths_.size() < 2 || *std::min_element(widths_.begin(), widths_.end()) < 1)
      throw nb::value_error("step needs at least two positive widths");
    if (std::find(names.begin(), names.end(), set) == names.end())
      throw nb::value_error("step needs an instruction set of this machine");
    kernel_ = make(widths_, loss_, set);
  }

  void put(int slot, size_t layer, In<float, 2> w, In<float, 1> b) {
    check(slot, layer, w.shape(0), w.shape(1), b.shape(0));
    kernel_->put(slot, layer, w.data(), b.data());
  }

  void get(int slot, size_t layer, Out<float, 2> w, Out<float, 1> b) const {
    check(slot, layer, w.shape(0), w.shape(1), b.shape(0));
    kernel_->get(slot, layer, w.data(), b.data());
  }

  // Do losses.size() steps of `batch` rows each along `order`, from row `start` of it, wrapping at its end; the batch
  // before the end may be shorter.  Returns the steps done: fewer only where a loss is not finite, before its update.
  long run(In<float, 2> x, nb::object target, nb::object weight, In<int64_t, 1> order, long start, long batch,
           In<double, 1> rates, bool adam, double beta1, double beta2, double epsilon, double decay, long before,
           Out<double, 1> losses, Out<int64_t, 1> wrong) {
    Data data{x.data(), nullptr, nullptr, nullptr};
    const size_t n = x.shape(0), steps = losses.shape(0);
    const long total = static_cast<long>(order.shape(0));
    if (static_cast<long>(x.shape(1)) != widths_.front() || rates.shape(0) != steps || wrong.shape(0) != steps ||
        batch < 1 || start < 0 || start >= total)
      throw nb::value_error("run needs arrays that fit the widths and steps");
    for (long k = 0; k < total; ++k)
      if (order.data()[k] < 0 || order.data()[k] >= static_cast<int64_t>(n))
        throw nb::value_error("run needs an order of row numbers");
    read_target(target, n, data);
    if (!weight.is_none()) {
      auto rows = nb::cast<In<float, 1>>(weight);
      if (rows.shape(0) != n) throw nb::value_error("run needs one weight a row");
      data.weight = rows.data();
    }
    const nb::gil_scoped_release free;
    for (size_t k = 0; k < steps; ++k) {
      const long rows = std::min(batch, total - start);
      long errors = 0;
      losses.data()[k] = kernel_->step(data, order.data() + start, rows, &errors);
      wrong.data()[k] = errors;
      if (!std::isfinite(losses.data()[k])) return static_cast<long>(k);
      kernel_->update(rule(adam, rates.data()[k], beta1, beta2, epsilon, decay, before + static_cast<long>(k) + 1));
      start = start + rows < total ? start + rows : 0;
    }
    return static_cast<long>(steps);
  }

  void predict(In<float, 2> x, Out<float, 2> out) {
    if (static_cast<long>(x.shape(1)) != widths_.front() || static_cast<long>(out.shape(1)) != widths_.back() ||
        x.shape(0) != out.shape(0))
      throw nb::value_error("predict needs arrays that fit the widths");
    const nb::gil_scoped_release free;
    kernel_->predict(x.data(), static_cast<long>(x.shape(0)), out.data());
  }

 private:
  void check(int slot, size_t layer, size_t n_out, size_t n_in, size_t n_bias) const {
    if (slot < 0 || slot > 2 || layer + 1 >= widths_.size() || static_cast<long>(n_in) != widths_[layer] ||
        static_cast<long>(n_out) != widths_[layer + 1] || n_bias != n_out)
      throw nb::value_error("step needs arrays that fit the widths");
  }

  void read_target(const nb::object& target, size_t n, Data& data) const {
    if (loss_ == Loss::softmax) {
      auto labels = nb::cast<In<int32_t, 1>>(target);
      if (labels.shape(0) != n) throw nb::value_error("run needs one label a row");
      for (size_t k = 0; k < n; ++k)
        if (labels.data()[k] < 0 || labels.data()[k] >= widths_.back())
          throw nb::value_error("run needs labels below the number of outputs");
      data.label = labels.data();
      return;
    }
    auto rows = nb::cast<In<float, 2>>(target);
    if (rows.shape(0) != n || static_cast<long>(rows.shape(1)) != widths_.back())
      throw nb::value_error("run needs one target row a row");
    data.target = rows.data();
  }

  static Rule rule(bool adam, double rate, double beta1, double beta2, double epsilon, double decay, long t) {
    if (!adam) return {false, float(rate), float(beta1), 0, 0, 0, 0, 0, float(decay)};
    return {true,
            float(rate / (1 - std::pow(beta1, double(t)))),
            float(beta1),
            float(beta2),
            float(1 - beta1),
            float(1 - beta2),
            float(epsilon),
            float(1 / std::sqrt(1 - std::pow(beta2, double(t)))),
            float(decay)};
  }

  std::vector<long> widths_;
  Loss loss_;
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace foldline

NB_MODULE(_step, m) {
  m.def("sets", &foldline::sets, "Instruction sets of this machine that a step can use, fastest first.");
  nb::class_<foldline::Step>(m, "Step")
      .def(nb::init<std::vector<long>, int, std::string>())
      .def("put", &foldline::Step::put)
      .def("get", &foldline::Step::get)
      .def("run", &foldline::Step::run, nb::arg("x"), nb::arg("target"), nb::arg("weight").none(), nb::arg("order"),
           nb::arg("start"), nb::arg("batch"), nb::arg("rates"), nb::arg("adam"), nb::arg("beta1"), nb::arg("beta2"),
           nb::arg("epsilon"), nb::arg("decay"), nb::arg("before"), nb::arg("losses"), nb::arg("wrong"))
      .def("predict", &foldline::Step::predict);
}
