// Arrays on their way from Python and back.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/layer.hpp"
#include "core/memory.hpp"

namespace nb = nanobind;

namespace foldline {

template <class T, int N> using Array = nb::ndarray<const T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Matrix = Array<double, 2>;
using Vector = Array<double, 1>;

// Hand an array of any kind over, without a copy.
template <class Values> nb::object array_of(Values& values, std::initializer_list<size_t> shape) {
  using T = std::remove_reference_t<decltype(values[0])>;
  auto* kept = new Values();
  kept->swap(values);
  nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<Values*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T>(kept->data(), shape.size(), shape.begin(), owner));
}

// The layers of a chain as sequences of arrays; the arrays must live as long as this.
struct Lists {
  std::vector<Matrix> weights;
  std::vector<Vector> biases, below;
  std::vector<Given> given;

  template <class Sequence> Lists(const Sequence& W, const Sequence& b, const Sequence& slopes) {
    for (nb::handle one : W) weights.push_back(nb::cast<Matrix>(one));
    for (nb::handle one : b) biases.push_back(nb::cast<Vector>(one));
    for (nb::handle one : slopes) below.push_back(nb::cast<Vector>(one));
    for (size_t l = 0; l < weights.size(); ++l)
      given.push_back({weights[l].data(), biases[l].data(), l < below.size() ? below[l].data() : nullptr,
                       int(weights[l].shape(0)), int(weights[l].shape(1))});
  }
};

}  // namespace foldline
