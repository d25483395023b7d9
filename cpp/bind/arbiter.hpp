// Exact rationals, for kernels that ask for signs at vertices.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/vector.h>

#include <utility>
#include <vector>

#include "core/complex/arbiter.hpp"
#include "core/numbers.hpp"

namespace nb = nanobind;

namespace foldline {

// exact/rational/arbiter.py as a kernel asks it; ``Base`` is complex::Arbiter or says more.
template <class Base> class Exact : public Base {
 public:
  Exact(nb::object arbiter, int d) : arbiter_(std::move(arbiter)), d_(d) {}

  void corner(i32 id, i32 first, const double* at) override {
    nb::gil_scoped_acquire gil;
    nb::list point;
    for (int i = 0; i < d_; ++i) point.append(at[i]);
    arbiter_.attr("corner")(id, first, point);
  }

  void born(i32 id, i32 a, i32 b, int layer, int unit) override {
    nb::gil_scoped_acquire gil;
    arbiter_.attr("born")(id, a, b, layer, unit);
  }

  std::vector<int> signs(i32 id, int layer, const std::vector<int>& units) override {
    nb::gil_scoped_acquire gil;
    return nb::cast<std::vector<int>>(arbiter_.attr("signs")(id, layer, units));
  }

  complex::Arbiter::Order crossings(i32 a, i32 b, int layer, const std::vector<int>& units) override {
    nb::gil_scoped_acquire gil;
    const nb::tuple answer = nb::cast<nb::tuple>(arbiter_.attr("crossings")(a, b, layer, units));
    return {nb::cast<std::vector<double>>(answer[0]), nb::cast<std::vector<double>>(answer[1])};
  }

  void activations(i32 id, int layer, double* out) override {
    nb::gil_scoped_acquire gil;
    write(arbiter_.attr("activations")(id, layer), out);
  }

  void where(i32 id, double* out) override {
    nb::gil_scoped_acquire gil;
    write(arbiter_.attr("where")(id), out);
  }

 protected:
  nb::object arbiter_;

 private:
  int d_;

  static void write(const nb::object& numbers, double* out) {
    for (nb::handle number : nb::cast<nb::list>(numbers)) *out++ = nb::cast<double>(number);
  }
};

}  // namespace foldline
