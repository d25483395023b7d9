// The level set of a ReLU network with 3 inputs: a march from region to region, and the search that misses none.
//
// March.  On a region the network is affine, so its level set there is one convex polygon: a plane cut by the folds of
// the region and the box.  Across each edge one unit flips, which names the next region.  A vertex is named by the two
// folds that meet there and the state of all other units, so polygons weld without comparing coordinates.  A polygon is
// accepted when every unit that is not zero at a vertex by construction lies outside a computed error bound there;
// otherwise the arbiter (rational arithmetic, exact/march/meeting.py) says what the polygon is and which regions it touches.
//
// Search.  Let d be a direction.  Every component of the level set has a lowest point along d.  Where some direction
// across d has a slope of one sign for all gradients nearby, the level set is a graph over the other directions and runs
// on downhill: no lowest point there.  Where the network is monotone along each axis, wherever it equals the level, what
// it has of the level set in the leaf is connected (see `sheet`): one zero found there is a seed for all of it.  So only
// leaves of an octree where neither is proved are opened, region by region.  The same on the faces of the box (across d,
// and along the axes, inside the face) and on its edges (every zero).
//
// Coordinates here are scaled by powers of two so that the box lies in [-1, 1]^3; the scaling is exact.
// Reference in Python, exact/march/reference/: the same algorithm, but there every polygon is cut out of a square, where here one
// with a known edge is walked around (core/march/walk.hpp), and all bounds are worked out from the network, where here those
// over a part of a leaf come from those over the leaf (core/march/narrow.hpp).

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "bind/arrays.hpp"
#include "bind/listener.hpp"
#include "core/march/arbiter.hpp"
#include "core/march/search.hpp"

namespace foldline::march {
namespace {

// exact/march/meeting.py as the march asks it.
class Exact : public Arbiter {
 public:
  explicit Exact(nb::object arbiter) : arbiter_(std::move(arbiter)) {}

  // It answers (corners (k, 3), keys (k, 2), face of each edge or -1, gradient (3), regions (m, words), flat).
  Sliced slice(const u64* pattern, int words) override {
    nb::gil_scoped_acquire gil;
    nb::list asked;
    for (int w = 0; w < words; ++w) asked.append(pattern[w]);
    const nb::tuple answer = nb::cast<nb::tuple>(arbiter_(asked));
    Sliced out;
    copy<double>(answer[0], out.corners);
    copy<u64>(answer[1], out.names);
    copy<std::int64_t>(answer[2], out.faces);
    std::vector<double> gradient;
    copy<double>(answer[3], gradient);
    std::copy_n(gradient.begin(), std::min<size_t>(3, gradient.size()), out.gradient.begin());
    copy<u64>(answer[4], out.regions);
    out.flat = nb::cast<bool>(answer[5]);
    return out;
  }

 private:
  nb::object arbiter_;

  template <class T> static void copy(nb::handle from, std::vector<T>& to) {
    const auto array = nb::cast<nb::ndarray<T, nb::c_contig, nb::device::cpu>>(from);
    to.assign(array.data(), array.data() + array.size());
  }
};

std::vector<Key> keys_of(const Array<u64, 2>& words) {
  std::vector<Key> keys;
  for (size_t k = 0; k < words.shape(0); ++k) keys.push_back({words(k, 0), words(k, 1)});
  return keys;
}

// The polygons of a march, and how good they are.
nb::dict answer(const Chain& chain, Surface& surface) {
  const size_t F = surface.polygons(), V = surface.vertices.size() / 3;
  std::vector<u64> region(F), pattern(F * size_t(chain.words));
  for (size_t f = 0; f < F; ++f) {
    region[f] = surface.keys[surface.region_of[f]].a;
    std::copy_n(surface.patterns.begin() + std::ptrdiff_t(surface.region_of[f] * size_t(chain.words)), chain.words,
                pattern.begin() + std::ptrdiff_t(f * size_t(chain.words)));
  }
  nb::dict out;
  out["vertices"] = array_of(surface.vertices, {V, 3});
  out["corners"] = array_of(surface.corners, {surface.corners.size()});
  out["offsets"] = array_of(surface.offsets, {F + 1});
  out["gradient"] = array_of(surface.gradients, {F, 3});
  out["region"] = array_of(region, {F});
  out["pattern"] = array_of(pattern, {F, size_t(chain.words)});
  out["box_edges"] = array_of(surface.box_edges, {surface.box_edges.size() / 3, 3});
  out["max_abs_value"] = surface.max_value;
  out["flat_regions"] = surface.flat;
  out["asked"] = surface.asked, out["doubtful"] = surface.doubtful;
  out["finished"] = surface.finished;
  out["waiting"] = surface.waiting();
  return out;
}

// A part of the search: what it looked at closely, and what it counted.
nb::dict search(nb::list weights, nb::list biases, nb::list below, Array<u64, 2> on, Array<u64, 2> tag, Vector lo, Vector hi, double lost,
                nb::object tick, double max_seconds, int open_at, int max_depth, u64 first, u64 last) {
  const Chain chain = chain_of(Lists(weights, biases, below).given, keys_of(on).data(), keys_of(tag).data(), lo.data(), hi.data(), lost);
  Callback listener(std::move(tick));
  Budget budget(&listener, 0, max_seconds);
  Surface surface(chain, false, false, nullptr, budget);
  Search part(chain, surface, budget, open_at, max_depth);
  part.keeps = true;
  bool settled = false;
  const std::clock_t begun = std::clock();
  {
    nb::gil_scoped_release free;
    settled = part.run(first, last);
  }
  nb::dict out;
  const size_t n = part.looks.size();
  out["looks"] = array_of(part.looks, {n});
  out["starts"] = part.starts, out["settled"] = settled, out["share"] = part.explored();
  out["leaves"] = part.leaves;
  out["processor_search"] = double(std::clock() - begun) / CLOCKS_PER_SEC;
  return out;
}

nb::dict march(nb::list weights, nb::list biases, nb::list below, Array<u64, 2> on, Array<u64, 2> tag, Vector lo, Vector hi, double lost,
               bool certify, bool rational, nb::object arbiter, nb::object tick, u64 max_polygons,
               double max_seconds, int open_at, int max_depth, nb::object looks) {
  const Chain chain = chain_of(Lists(weights, biases, below).given, keys_of(on).data(), keys_of(tag).data(), lo.data(), hi.data(), lost);
  Exact exact(std::move(arbiter));
  Callback listener(std::move(tick));
  Budget budget(&listener, max_polygons, max_seconds);
  auto surface = std::make_unique<Surface>(chain, certify, rational, &exact, budget);
  auto search = std::make_unique<Search>(chain, *surface, budget, open_at, max_depth);
  bool settled = false, again = !looks.is_none();
  Array<u64, 1> kept;
  if (again) kept = nb::cast<Array<u64, 1>>(looks);
  double searched = 0, marched = 0;
  const std::clock_t begun = std::clock();
  std::clock_t between = begun;
  {
    nb::gil_scoped_release free;
    if (again) {
      again = settled = search->again(kept.data(), kept.data() + kept.size());
      if (!again) {  // seen otherwise: then one search looks at everything
        surface = std::make_unique<Surface>(chain, certify, rational, &exact, budget);
        search = std::make_unique<Search>(chain, *surface, budget, open_at, max_depth);
      }
    }
    if (!again) settled = search->run();
    searched = budget.elapsed();
    between = std::clock();
    surface->march();
    marched = budget.elapsed() - searched;
  }
  nb::dict out = answer(chain, *surface);
  out["settled"] = settled;
  out["explored"] = settled ? 1.0 : search->explored();
  out["leaves"] = search->leaves, out["again"] = again;
  out["processor_search"] = double(between - begun) / CLOCKS_PER_SEC;
  out["processor_march"] = double(std::clock() - between) / CLOCKS_PER_SEC;
  out["seconds_search"] = searched, out["seconds_march"] = marched;
  return out;
}

}  // namespace
}  // namespace foldline::march

NB_MODULE(_surface, m) {
  m.doc() = "The compiled march of exact.surface.";
  m.def("march", &foldline::march::march, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("on"),
        nb::arg("tag"), nb::arg("lo"), nb::arg("hi"), nb::arg("lost"), nb::arg("certify"), nb::arg("rational"), nb::arg("arbiter").none(),
        nb::arg("tick").none(), nb::arg("max_polygons"), nb::arg("max_seconds"), nb::arg("open_at"), nb::arg("max_depth"), nb::arg("looks").none() = nb::none());
  m.def("search", &foldline::march::search, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("on"), nb::arg("tag"),
        nb::arg("lo"), nb::arg("hi"), nb::arg("lost"), nb::arg("tick").none(), nb::arg("max_seconds"),
        nb::arg("open_at"), nb::arg("max_depth"), nb::arg("first"), nb::arg("last"));
}
