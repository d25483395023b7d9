// Regions in any dimension for Python: the search, and what is told of each region that it found.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "bind/arrays.hpp"
#include "bind/listener.hpp"
#include "core/search/arbiter.hpp"
#include "core/search/inspection.hpp"
#include "core/search/moments.hpp"
#include "core/search/search.hpp"

namespace foldline::search {
namespace {

// Hears the regions found, and the sample points in them.
class Progress : public Callback {
  using Callback::Callback;
  nb::object tell(u64 found, double seen) override { return callback_(found, u64(seen)); }
};

// exact/search/cells.py as the search asks it: `decide` and `hand`.
class Exact : public Arbiter {
 public:
  Exact(nb::object decide, nb::object hand) : decide_(std::move(decide)), hand_(std::move(hand)) {}

  Parts decide(const Place& cell, int unit, const std::vector<i32>& touched) override {
    nb::gil_scoped_acquire hold;
    const nb::tuple answer = nb::cast<nb::tuple>(decide_(in_words(cell), unit, touched));
    return {point(answer[0]), point(answer[1])};
  }

  u64 take_over(const Place* cell, int unit, int bit, u64 most) override {
    nb::gil_scoped_acquire hold;
    return nb::cast<u64>(hand_(cell ? nb::object(in_words(*cell)) : nb::none(), unit, bit, most));
  }

 private:
  nb::object decide_, hand_;

  static std::optional<std::vector<double>> point(nb::handle numbers) {
    if (numbers.is_none()) return std::nullopt;
    return nb::cast<std::vector<double>>(numbers);
  }

  static nb::tuple in_words(const Place& cell) {
    nb::list pattern;
    for (std::uint8_t bit : cell.pattern) pattern.append(int(bit));
    return nb::make_tuple(cell.layer, pattern, cell.sides, cell.waiting, cell.point);
  }
};

size_t outputs_of(const nb::sequence& weights) {
  size_t n = 0;
  for (nb::handle W : weights) n = nb::cast<Matrix>(W).shape(0);
  return n;
}

nb::dict run(const nb::sequence& weights, const nb::sequence& biases, const nb::sequence& below, Vector lo, Vector hi, Matrix sample, bool certify,
             bool keep, u64 regions, double seconds, const std::vector<int>& shard, nb::object decide, nb::object hand, nb::object progress) {
  Exact exact(std::move(decide), std::move(hand));
  Progress listener(std::move(progress));
  Search search(layers_of(Lists(weights, biases, below).given, kLanes), Box(lo.data(), hi.data(), int(lo.shape(0))));
  search.sample.assign(sample.data(), sample.data() + sample.size());
  search.certify = certify, search.keep = keep;
  search.most_regions = regions, search.patience.most_seconds = seconds;
  search.shard = shard;
  search.arbiter = &exact, search.patience.listener = &listener;
  {
    nb::gil_scoped_release free;
    search.run();
  }
  nb::dict out;
  Found& found = search.found;
  const size_t n = found.radii.size(), d = size_t(search.d), folds = n ? found.patterns.size() / n : 0, total = found.sides.size();
  out["n_regions"] = search.regions;
  out["complete"] = search.complete;
  out["merged"] = search.merged;
  out["programs"] = search.programs();
  out["asked"] = search.asked;
  out["seen"] = search.seen;
  out["patterns"] = array_of(found.patterns, {n, folds});
  out["points"] = array_of(found.points, {n, d});
  out["radii"] = array_of(found.radii, {n});
  out["maps"] = array_of(found.maps, {n, outputs_of(weights), d + 1});
  out["side_start"] = array_of(found.side_start, {n + 1});
  out["sides"] = array_of(found.sides, {total});
  return out;
}

// Random descents: the number of times each was split, so that 2 ** splits estimates the regions (Knuth 1975).
std::vector<int> dives(const nb::sequence& weights, const nb::sequence& biases, const nb::sequence& below, Vector lo, Vector hi, int times, u64 seed) {
  std::vector<int> out;
  Callback listener{nb::none()};
  Search search(layers_of(Lists(weights, biases, below).given, kLanes), Box(lo.data(), hi.data(), int(lo.shape(0))));
  search.dive = true;
  search.most_regions = std::numeric_limits<u64>::max();
  search.patience.listener = &listener;
  search.random = seed;
  for (int k = 0; k < times; ++k) {
    nb::gil_scoped_release free;
    search.splits = 0;
    search.run();
    out.push_back(search.splits);
  }
  return out;
}

using Patterns = Array<std::uint8_t, 2>;
using Sides = Array<i32, 1>;
using Starts = Array<std::int64_t, 1>;
using Kinds = Array<std::uint8_t, 1>;

// Regions as `run` gives them, and who looks at them.
struct Inspected {
  Patterns patterns;
  Matrix points;
  Sides sides;
  Starts start;
  Callback listener{nb::none()};
  Inspection inspection;

  Inspected(const nb::sequence& weights, const nb::sequence& biases, const nb::sequence& below, Vector lo, Vector hi, Patterns p, Matrix x, Sides s, Starts from)
      : patterns(std::move(p)), points(std::move(x)), sides(std::move(s)), start(std::move(from)),
        inspection(layers_of(Lists(weights, biases, below).given, kLanes), Box(lo.data(), hi.data(), int(lo.shape(0)))) {
    inspection.patience.listener = &listener;
  }

  size_t n() const { return points.shape(0); }
  size_t first(size_t r) const { return size_t(start.data()[r]); }
  bool stand(size_t r) {
    return inspection.stand(patterns.data() + r * patterns.shape(1), points.data() + r * points.shape(1), sides.data() + first(r), first(r + 1) - first(r));
  }
};

// What each wanted side of the regions is, see Inspection::Side.
nb::object facets(const nb::sequence& weights, const nb::sequence& biases, const nb::sequence& below, Vector lo, Vector hi, Patterns patterns,
                  Matrix points, Sides sides, Starts start, Kinds wanted) {
  Inspected in(weights, biases, below, lo, hi, patterns, points, sides, start);
  std::vector<std::uint8_t> kinds(sides.shape(0), Inspection::kHidden);
  {
    nb::gil_scoped_release free;
    for (size_t r = 0; r < in.n(); ++r) {
      const size_t first = in.first(r), last = in.first(r + 1);
      if (std::find(wanted.data() + first, wanted.data() + last, 1) == wanted.data() + last) continue;
      if (!in.stand(r)) continue;
      for (size_t k = first; k < last; ++k)
        if (wanted.data()[k]) kinds[k] = in.inspection.side(int(k - first));
    }
  }
  return array_of(kinds, {sides.shape(0)});
}

// For each output and sign (1: least, -1: largest, negated): value, point, region and sides of the least found, and for
// each region a bound from below.
nb::list least(const nb::sequence& weights, const nb::sequence& biases, const nb::sequence& below, Vector lo, Vector hi, Patterns patterns,
               Matrix points, Sides sides, Starts start) {
  Inspected in(weights, biases, below, lo, hi, patterns, points, sides, start);
  const size_t asked = 2 * outputs_of(weights), n = in.n();
  std::vector<Least> best(asked);
  std::vector<std::vector<double>> bounds(asked, std::vector<double>(n));
  {
    nb::gil_scoped_release free;
    for (size_t r = 0; r < n; ++r) {
      const bool placed = in.stand(r);
      for (size_t k = 0; k < asked; ++k)
        bounds[k][r] = in.inspection.descend_output(int(k / 2), k % 2 ? -1.0 : 1.0, placed, std::int64_t(r), best[k]);
    }
  }
  nb::list out;
  for (size_t k = 0; k < asked; ++k)
    out.append(nb::make_tuple(best[k].value, best[k].at, best[k].region, best[k].active, array_of(bounds[k], {n})));
  return out;
}

// Volume and first moment of each region, (R, d + 1); `kinds` tells which sides are no facets and can be left out.
// NaN where a half-space is out of the range of doubles or not steady.
nb::object moments(const nb::sequence& weights, const nb::sequence& biases, const nb::sequence& below, Vector lo, Vector hi, Patterns patterns,
                   Matrix points, Sides sides, Starts start, Kinds kinds) {
  Inspected in(weights, biases, below, lo, hi, patterns, points, sides, start);
  const size_t n = in.n(), w = lo.shape(0) + 1;
  std::vector<double> out(n * w), normals, offsets;
  {
    nb::gil_scoped_release free;
    Moments measure(int(w) - 1);
    for (size_t r = 0; r < n; ++r) {
      const bool placed = in.stand(r);
      if (!in.inspection.rows(kinds.data() + in.first(r), normals, offsets)) {
        out[r * w] = std::numeric_limits<double>::quiet_NaN();
        continue;
      }
      out[r * w] = measure(normals, offsets, points.data() + r * (w - 1), in.inspection.radius(placed), &out[r * w + 1],
                           [&] { in.inspection.breathe(); });
    }
  }
  return array_of(out, {n, w});
}

// Volume and first moment, (d + 1), of the polytope {a.x + c >= 0}: rows (a, c) with unit normals, a point inside, and a
// length that no two of its points are farther apart than.
nb::object polytope(Matrix rows, Vector at, double far) {
  const size_t m = rows.shape(0), d = at.shape(0);
  std::vector<double> out(d + 1), normals, offsets;
  for (size_t i = 0; i < m; ++i) {
    const double* row = rows.data() + i * (d + 1);
    normals.insert(normals.end(), row, row + d);
    offsets.push_back(row[d]);
  }
  Moments measure{int(d)};
  out[0] = measure(normals, offsets, at.data(), far, &out[1], [] {});
  return array_of(out, {d + 1});
}

}  // namespace
}  // namespace foldline::search

NB_MODULE(_cells, m) {
  m.def("run", &foldline::search::run, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("lo"), nb::arg("hi"),
        nb::arg("sample"), nb::arg("certify"), nb::arg("keep"), nb::arg("regions"), nb::arg("seconds"),
        nb::arg("shard"), nb::arg("decide").none(), nb::arg("hand").none(), nb::arg("progress").none());
  m.def("dives", &foldline::search::dives, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("lo"), nb::arg("hi"),
        nb::arg("times"), nb::arg("seed"));
  const auto asked = [&m](const char* name, auto* question, const auto&... more) {
    m.def(name, question, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("lo"), nb::arg("hi"),
          nb::arg("patterns"), nb::arg("points"), nb::arg("sides"), nb::arg("side_start"), more...);
  };
  asked("facets", &foldline::search::facets, nb::arg("wanted"));
  asked("least", &foldline::search::least);
  asked("moments", &foldline::search::moments, nb::arg("kinds"));
  m.def("polytope", &foldline::search::polytope, nb::arg("rows"), nb::arg("at"), nb::arg("far"));
}
