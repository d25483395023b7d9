// Regions in any dimension for Python: the search of cells.hpp, and what cells_faces.hpp and moments.hpp tell of each.

#include "core/search/faces.hpp"
#include "core/search/moments.hpp"

namespace {

template <typename T>
nb::ndarray<nb::numpy, T> array(std::vector<T>&& values, std::vector<std::size_t> shape) {
  auto* kept = new std::vector<T>(std::move(values));
  nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::ndarray<nb::numpy, T>(kept->data(), shape.size(), shape.data(), owner);
}

nb::dict run(const std::vector<Matrix>& weights, const std::vector<Vector>& biases, const std::vector<Vector>& below,
             Vector lo, Vector hi, Matrix sample, bool certify, bool keep, std::uint64_t regions, double seconds,
             const std::vector<int>& shard, nb::object decide, nb::object hand, nb::object progress) {
  Search search(weights, biases, below, lo, hi);
  search.sample.assign(sample.data(), sample.data() + sample.size());
  search.certify = certify;
  search.keep = keep;
  search.most_regions = regions;
  search.most_seconds = seconds;
  search.shard = shard;
  search.decide = std::move(decide);
  search.hand = std::move(hand);
  search.progress = std::move(progress);
  {
    nb::gil_scoped_release free;
    search.run();
  }
  nb::dict out;
  const std::size_t n = search.radii.size(), d = static_cast<std::size_t>(search.d);
  out["n_regions"] = search.regions;
  out["complete"] = search.complete;
  out["merged"] = search.merged;
  out["programs"] = search.programs;
  out["asked"] = search.asked;
  out["seen"] = search.seen;
  const std::size_t folds = n ? search.patterns.size() / n : 0;
  const std::size_t outputs = weights.back().shape(0);
  out["patterns"] = array(std::move(search.patterns), {n, folds});
  out["points"] = array(std::move(search.points), {n, d});
  out["radii"] = array(std::move(search.radii), {n});
  out["maps"] = array(std::move(search.maps), {n, outputs, d + 1});
  const std::size_t total = search.sides.size();
  out["side_start"] = array(std::move(search.side_start), {n + 1});
  out["sides"] = array(std::move(search.sides), {total});
  return out;
}

// Random descents: the number of times each was split, so that 2 ** splits estimates the regions (Knuth 1975).
std::vector<int> dives(const std::vector<Matrix>& weights, const std::vector<Vector>& biases,
                       const std::vector<Vector>& below, Vector lo, Vector hi, int times, std::uint64_t seed) {
  std::vector<int> out;
  Search search(weights, biases, below, lo, hi);
  search.certify = false;
  search.keep = false;
  search.dive = true;
  search.most_regions = std::numeric_limits<std::uint64_t>::max();
  search.most_seconds = kInfinity;
  search.progress = nb::none();
  search.random = seed;
  for (int k = 0; k < times; ++k) {
    nb::gil_scoped_release free;
    search.splits = 0;
    search.run();
    out.push_back(search.splits);
  }
  return out;
}

using Patterns = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Sides = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Starts = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Kinds = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// Regions as `run` gives them.
struct Found {
  Patterns patterns;
  Matrix points;
  Sides sides;
  Starts start;

  std::size_t n() const { return points.shape(0); }
  std::size_t first(std::size_t r) const { return static_cast<std::size_t>(start.data()[r]); }
  bool stand(Inspection& in, std::size_t r) const {
    return in.stand(patterns.data() + r * patterns.shape(1), points.data() + r * points.shape(1),
                    sides.data() + first(r), first(r + 1) - first(r));
  }
};

// What each wanted side of the regions is, see Inspection::Side.
nb::ndarray<nb::numpy, std::uint8_t> facets(const std::vector<Matrix>& weights, const std::vector<Vector>& biases,
                                            const std::vector<Vector>& below, Vector lo, Vector hi, Patterns patterns,
                                            Matrix points, Sides sides, Starts start, Kinds wanted) {
  Inspection in(weights, biases, below, lo, hi);
  const Found found{patterns, points, sides, start};
  std::vector<std::uint8_t> kinds(sides.shape(0), Inspection::kHidden);
  {
    nb::gil_scoped_release free;
    for (std::size_t r = 0; r < found.n(); ++r) {
      const std::size_t first = found.first(r), last = found.first(r + 1);
      if (std::find(wanted.data() + first, wanted.data() + last, 1) == wanted.data() + last) continue;
      if (!found.stand(in, r)) continue;
      for (std::size_t k = first; k < last; ++k)
        if (wanted.data()[k]) kinds[k] = in.side(static_cast<int>(k - first));
    }
  }
  const std::size_t n = kinds.size();
  return array(std::move(kinds), {n});
}

// For each output and sign (1: least, -1: largest, negated): value, point, region and sides of the least found, and for
// each region a bound from below.
nb::list least(const std::vector<Matrix>& weights, const std::vector<Vector>& biases, const std::vector<Vector>& below,
               Vector lo, Vector hi, Patterns patterns, Matrix points, Sides sides, Starts start) {
  Inspection in(weights, biases, below, lo, hi);
  const Found found{patterns, points, sides, start};
  const std::size_t asked = 2 * weights.back().shape(0), n = found.n();
  std::vector<Least> best(asked);
  std::vector<std::vector<double>> bounds(asked, std::vector<double>(n));
  {
    nb::gil_scoped_release free;
    for (std::size_t r = 0; r < n; ++r) {
      const bool placed = found.stand(in, r);
      for (std::size_t k = 0; k < asked; ++k)
        bounds[k][r] = in.descend_output(static_cast<int>(k / 2), k % 2 ? -1.0 : 1.0, placed,
                                         static_cast<std::int64_t>(r), best[k]);
    }
  }
  nb::list out;
  for (std::size_t k = 0; k < asked; ++k)
    out.append(nb::make_tuple(best[k].value, best[k].at, best[k].region, best[k].active,
                              array(std::move(bounds[k]), {n})));
  return out;
}

// Volume and first moment of each region, (R, d + 1); `kinds` tells which sides are no facets and can be left out.
// NaN where a half-space is out of the range of doubles or not steady.
nb::ndarray<nb::numpy, double> moments(const std::vector<Matrix>& weights, const std::vector<Vector>& biases,
                                       const std::vector<Vector>& below, Vector lo, Vector hi, Patterns patterns,
                                       Matrix points, Sides sides, Starts start, Kinds kinds) {
  Inspection in(weights, biases, below, lo, hi);
  const Found found{patterns, points, sides, start};
  const std::size_t n = found.n(), w = lo.shape(0) + 1;
  std::vector<double> out(n * w), normals, offsets;
  {
    nb::gil_scoped_release free;
    Moments measure(static_cast<int>(w) - 1);
    for (std::size_t r = 0; r < n; ++r) {
      const bool placed = found.stand(in, r);
      if (!in.rows(kinds.data() + found.first(r), normals, offsets)) {
        out[r * w] = std::numeric_limits<double>::quiet_NaN();
        continue;
      }
      out[r * w] = measure(normals, offsets, points.data() + r * (w - 1), in.radius(placed), &out[r * w + 1],
                           [&] { in.breathe(); });
    }
  }
  return array(std::move(out), {n, w});
}

// Volume and first moment, (d + 1), of the polytope {a.x + c >= 0}: rows (a, c) with unit normals, a point inside, and a
// length that no two of its points are farther apart than.
nb::ndarray<nb::numpy, double> polytope(Matrix rows, Vector at, double far) {
  const std::size_t m = rows.shape(0), d = at.shape(0);
  std::vector<double> out(d + 1), normals, offsets;
  for (std::size_t i = 0; i < m; ++i) {
    const double* row = rows.data() + i * (d + 1);
    normals.insert(normals.end(), row, row + d);
    offsets.push_back(row[d]);
  }
  Moments measure(static_cast<int>(d));
  out[0] = measure(normals, offsets, at.data(), far, &out[1], [] {});
  return array(std::move(out), {d + 1});
}

}  // namespace

NB_MODULE(_cells, m) {
  m.def("run", &run, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("lo"), nb::arg("hi"),
        nb::arg("sample"), nb::arg("certify"), nb::arg("keep"), nb::arg("regions"), nb::arg("seconds"),
        nb::arg("shard"), nb::arg("decide").none(), nb::arg("hand").none(), nb::arg("progress").none());
  m.def("dives", &dives, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("lo"), nb::arg("hi"),
        nb::arg("times"), nb::arg("seed"));
  const auto asked = [&m](const char* name, auto* question, const auto&... more) {
    m.def(name, question, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("lo"), nb::arg("hi"),
          nb::arg("patterns"), nb::arg("points"), nb::arg("sides"), nb::arg("side_start"), more...);
  };
  asked("facets", &facets, nb::arg("wanted"));
  asked("least", &least);
  asked("moments", &moments, nb::arg("kinds"));
  m.def("polytope", &polytope, nb::arg("rows"), nb::arg("at"), nb::arg("far"));
}
