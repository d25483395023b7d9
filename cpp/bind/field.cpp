// The level set of a field with 3 inputs, for Python.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "bind/arbiter.hpp"
#include "bind/arrays.hpp"
#include "bind/listener.hpp"
#include "core/field/surface.hpp"

namespace foldline::field {
namespace {

class Turning : public Exact<Arbiter> {
 public:
  using Exact<Arbiter>::Exact;

  int turn(const std::vector<i32>& polygon, i32 eye) override {
    nb::gil_scoped_acquire gil;
    return nb::cast<int>(arbiter_.attr("turn")(polygon, eye));
  }
};

// Levels as (cells along an axis, features, vertex numbers of their rows or None); the arrays must live as long as this.
struct Given {
  std::vector<Array<float, 2>> features;
  std::vector<Array<std::int64_t, 1>> rows;
  std::vector<GivenLevel> levels;

  explicit Given(const nb::list& given) {
    for (nb::handle one : given) {
      const auto level = nb::cast<nb::tuple>(one);
      features.push_back(nb::cast<Array<float, 2>>(level[1]));
      const bool all = level[2].is_none();
      rows.push_back(all ? Array<std::int64_t, 1>() : nb::cast<Array<std::int64_t, 1>>(level[2]));
      levels.push_back({nb::cast<int>(level[0]), int(features.back().shape(1)), features.back().data(), all ? nullptr : rows.back().data(),
                        all ? 0 : rows.back().shape(0)});
    }
  }
};

Index index_of(const std::vector<int>& numbers) { return {numbers[0], numbers[1], numbers[2]}; }

// None where another engine must do it.
nb::object surface(const nb::list& weights, const nb::list& biases, const nb::list& below, double level, const Vector& lo, const Vector& hi,
                   const nb::list& levels, const std::vector<int>& first, const std::vector<int>& last, const nb::object& arbiter,
                   const nb::object& progress, double max_polygons, double seconds, int workers, int sides) {
  const Lists lists(weights, biases, below);
  const Given given(levels);
  Turning exact(arbiter, 3);
  Callback listener(progress);
  const Question question{{index_of(first), index_of(last)}, arbiter.is_none() ? nullptr : &exact, &listener, max_polygons, seconds, workers};
  std::unique_ptr<Levels> grid;
  std::unique_ptr<Net> net;
  std::unique_ptr<Surface> found;
  bool complete = false, fit = true;
  {
    nb::gil_scoped_release free;
    grid = std::make_unique<Levels>(lo.data(), hi.data(), given.levels);
    net = std::make_unique<Net>(lists.given, level, sides);
    found = std::make_unique<Surface>(*grid, *net, question);
    try {
      complete = found->run();
    } catch (const Unfit&) {
      fit = false;
    }
  }
  if (!fit) return nb::none();
  Weld& weld = found->weld();
  nb::dict out;
  const size_t V = weld.x.size() / 3, F = weld.n_polygons(), C = weld.corners.size();
  out["vertices"] = array_of(weld.x, {V, 3});
  out["corners"] = array_of(weld.corners, {C});
  out["offsets"] = array_of(weld.offsets, {F + 1});
  out["gradient"] = array_of(weld.gradients, {F, 3});
  out["region"] = array_of(weld.cells, {F});
  out["largest"] = weld.largest;
  out["complete"] = complete, out["explored"] = found->explored;
  out["asked"] = found->asked();
  return out;
}

}  // namespace
}  // namespace foldline::field

NB_MODULE(_field, m) {
  m.doc() = "The compiled level sets of fields of exact.surface.";
  m.def("surface", &foldline::field::surface, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("level"), nb::arg("lo"),
        nb::arg("hi"), nb::arg("levels"), nb::arg("first"), nb::arg("last"), nb::arg("arbiter").none(), nb::arg("progress").none(),
        nb::arg("max_polygons"), nb::arg("seconds"), nb::arg("workers"), nb::arg("sides"));
}
