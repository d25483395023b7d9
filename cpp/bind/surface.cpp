// The level set of a ReLU network with 3 inputs: a march from region to region, and the search that misses none.
//
// March.  On a region the network is affine, so its level set there is one convex polygon: a plane cut by the folds of
// the region and the box.  Across each edge one unit flips, which names the next region.  A vertex is named by the two
// folds that meet there and the state of all other units, so polygons weld without comparing coordinates.  A polygon is
// accepted when every unit that is not zero at a vertex by construction lies outside a computed error bound there;
// otherwise the arbiter (rational arithmetic, exact/meeting.py) says what the polygon is and which regions it touches.
//
// Search.  Let d be a direction.  Every component of the level set has a lowest point along d.  Where some direction
// across d has a slope of one sign for all gradients nearby, the level set is a graph over the other directions and runs
// on downhill: no lowest point there.  Where the network is monotone along each axis, wherever it equals the level, what
// it has of the level set in the leaf is connected (see `sheet`): one zero found there is a seed for all of it.  So only
// leaves of an octree where neither is proved are opened, region by region.  The same on the faces of the box (across d,
// and along the axes, inside the face) and on its edges (every zero).
//
// Coordinates here are scaled by powers of two so that the box lies in [-1, 1]^3; the scaling is exact.
// Reference in Python, exact/march.py: the same algorithm, but there every polygon is cut out of a square, where here one
// with a known edge is walked around (walk.hpp), and all bounds are worked out from the network, where here those
// over a part of a leaf come from those over the leaf (narrow.hpp).

#include <ctime>
#include <initializer_list>
#include <memory>

#include "core/march/search.hpp"

namespace {

template <class T> nb::object array(std::vector<T>& from, std::initializer_list<size_t> shape) {
  auto* kept = new std::vector<T>(std::move(from));  // Python keeps the memory itself
  nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T>(kept->data(), shape.size(), shape.begin(), owner));
}

// A part of the search: what it looked at closely, and what it counted.
nb::dict search(nb::list weights, nb::list biases, nb::list below, Words on, Words tag, Reals lo, Reals hi, double lost,
                nb::object tick, double max_seconds, int open_at, int max_depth, u64 first, u64 last) {
  const Chain chain = chain_of(weights, biases, below, on, tag, lo, hi, lost);
  Budget budget;
  budget.tick = tick, budget.seconds = max_seconds;
  Surface surface(chain, false, false, nb::none(), budget);
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
  out["looks"] = array(part.looks, {n});
  out["starts"] = part.starts, out["settled"] = settled, out["share"] = part.explored();
  out["leaves"] = part.leaves;
  out["processor_search"] = double(std::clock() - begun) / CLOCKS_PER_SEC;
  return out;
}

nb::dict march(nb::list weights, nb::list biases, nb::list below, Words on, Words tag, Reals lo, Reals hi, double lost,
               bool certify, bool rational, nb::object arbiter, nb::object tick, u64 max_polygons,
               double max_seconds, int open_at, int max_depth, nb::object looks) {
  const Chain chain = chain_of(weights, biases, below, on, tag, lo, hi, lost);
  Budget budget;
  budget.tick = tick, budget.polygons = max_polygons, budget.seconds = max_seconds;
  auto whole = std::make_unique<Surface>(chain, certify, rational, arbiter, budget);
  auto search = std::make_unique<Search>(chain, *whole, budget, open_at, max_depth);
  bool settled = false, again = !looks.is_none();
  Words kept;
  if (again) kept = nb::cast<Words>(looks);
  double searched = 0, marched = 0;
  const std::clock_t begun = std::clock();
  std::clock_t between = begun;
  {
    nb::gil_scoped_release free;
    if (again) again = settled = search->again(kept.data(), kept.data() + kept.size());
    if (!again) {
      if (!looks.is_none()) {  // seen otherwise: then one search looks at everything
        nb::gil_scoped_acquire gil;
        whole = std::make_unique<Surface>(chain, certify, rational, arbiter, budget);
        search = std::make_unique<Search>(chain, *whole, budget, open_at, max_depth);
      }
      settled = search->run();
    }
    searched = budget.elapsed();
    between = std::clock();
    whole->march();
    marched = budget.elapsed() - searched;
  }
  Surface& surface = *whole;
  const size_t F = surface.polygons(), V = surface.vertices.size() / 3;
  std::vector<u64> region(F), pattern(F * size_t(chain.words));
  for (size_t f = 0; f < F; ++f) {
    region[f] = surface.keys[surface.region_of[f]].a;
    std::copy_n(surface.patterns.begin() + std::ptrdiff_t(surface.region_of[f] * size_t(chain.words)), chain.words,
                pattern.begin() + std::ptrdiff_t(f * size_t(chain.words)));
  }
  nb::dict out;
  out["vertices"] = array(surface.vertices, {V, 3});
  out["corners"] = array(surface.corners, {surface.corners.size()});
  out["offsets"] = array(surface.offsets, {F + 1});
  out["gradient"] = array(surface.gradients, {F, 3});
  out["region"] = array(region, {F});
  out["pattern"] = array(pattern, {F, size_t(chain.words)});
  out["box_edges"] = array(surface.box_edges, {surface.box_edges.size() / 3, 3});
  out["max_abs_value"] = surface.max_value;
  out["flat_regions"] = surface.flat;
  out["asked"] = surface.asked, out["doubtful"] = surface.doubtful;
  out["settled"] = settled, out["finished"] = surface.finished;
  out["explored"] = settled ? 1.0 : search->explored();
  out["waiting"] = surface.waiting();
  out["leaves"] = search->leaves, out["again"] = again;
  out["processor_search"] = double(between - begun) / CLOCKS_PER_SEC;
  out["processor_march"] = double(std::clock() - between) / CLOCKS_PER_SEC;
  out["seconds_search"] = searched, out["seconds_march"] = marched;
  return out;
}

}  // namespace

NB_MODULE(_surface, m) {
  m.doc() = "The compiled march of exact.surface.";
  m.def("march", &march, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("on"),
        nb::arg("tag"), nb::arg("lo"), nb::arg("hi"), nb::arg("lost"), nb::arg("certify"), nb::arg("rational"), nb::arg("arbiter").none(),
        nb::arg("tick").none(), nb::arg("max_polygons"), nb::arg("max_seconds"), nb::arg("open_at"), nb::arg("max_depth"), nb::arg("looks").none() = nb::none());
  m.def("search", &search, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("on"), nb::arg("tag"),
        nb::arg("lo"), nb::arg("hi"), nb::arg("lost"), nb::arg("tick").none(), nb::arg("max_seconds"),
        nb::arg("open_at"), nb::arg("max_depth"), nb::arg("first"), nb::arg("last"));
}
