// Regions of a ReLU network in a box of any dimension: layered depth-first search.
//
// A cell is a list of half-spaces, an interior witness and a certified ball around it.  A fold through the ball cuts the
// cell; so does a fold that separates the witness from a point already known to lie in the cell.  Only for the rest a
// small linear program runs: an active-set walk from the witness (so there is no first phase) along the edges of the
// cell.  Every "cut" is certified by witnesses on both sides, every "no cut" by a non-negative combination of the
// half-spaces (weak duality, with all rounding bounded: Neumaier and Shcherbina 2004).  What floats cannot certify is
// handed to rational arithmetic in Python.

#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "core/eight.hpp"

namespace nb = nanobind;

namespace {

using Matrix = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Vector = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUnit = 0x1p-53;            // half an ulp of 1
constexpr int kLanes = 8;                    // rows are padded to whole vectors of 8 doubles
constexpr int kPool = 16;                    // points of a cell remembered to prove cuts without a linear program
constexpr double kFar = 1e300;               // slack of a padding row: never the nearest, never reached
// Both steer the search; whatever they do, the certificates decide.  Moving witnesses to the middle of their cell was
// tried: it saves no linear programs and costs a fifth of the time.
constexpr double kPivot = 1e-11;             // slower slacks than this are not waited for
constexpr double kReduced = 1e-13;           // a smaller slope of the objective counts as level
constexpr double kTiny = std::numeric_limits<double>::min();
// Bounds of rounding grow with the sizes of weights, layer by layer, the values do not: networks with more hidden layers
// than this are composed in pairs of doubles.  Only the time depends on it.
constexpr int kDeep = 4;
constexpr std::uint64_t kPoll = 1u << 6;     // nodes between looks at the clock
constexpr double kPatience = 0.02;           // seconds between looks at the budget, Ctrl-C and the caller's progress

// gamma_n of Higham, doubled: it also covers the rounding of the bound itself.
double gamma(int n) { return 2.0 * n * kUnit / (1.0 - n * kUnit); }

using eight::load, eight::store, eight::all, eight::where, eight::less, eight::smaller;

// Rows i .. i + 7 of A u, A stored column by column.
template <class E> ALWAYS_INLINE E product(const double* A, int ld, int i, int d, const double* u) {
  E sum = load<E>(A + i) * u[0];
  for (int j = 1; j < d; ++j) sum += load<E>(A + static_cast<std::ptrdiff_t>(j) * ld + i) * u[j];
  return sum;
}

// out = A u + c for all rows; padding rows keep their c
struct Affine {
  template <class E>
  static ALWAYS_INLINE void run(const double* A, const double* c, int ld, int rows, int d, const double* u, double* out) {
    for (int i = 0; i < rows; i += kLanes) store(out + i, product<E>(A, ld, i, d, u) + load<E>(c + i));
  }
};
const auto affine = eight::cloned<Affine>;

// The speed v = A u of every slack, and the first to reach zero: returns the time, its row in `which` (-1 if none).
struct FirstHit {
  template <class E>
  static ALWAYS_INLINE double run(const double* A, int ld, int rows, int d, const double* u, const double* slack, double* v,
                                  int* which) {
    using M = eight::Marks<E>;
    const E never = all<E>(kInfinity), still = all<E>(-kPivot);
    E least = never;
    M first = all<M>(std::int64_t(-1));
    for (int i = 0; i < rows; i += kLanes) {
      const E speed = product<E>(A, ld, i, d, u);
      store(v + i, speed);
      const E time = where(less(speed, still), load<E>(slack + i) / -speed, never);
      const M sooner = less(time, least);
      least = where(sooner, time, least);
      first = where(sooner, all<M>(std::int64_t(i)), first);
    }
    double times[kLanes], best = kInfinity;
    std::int64_t rows_of[kLanes];
    store(times, least);
    store(rows_of, first);
    *which = -1;
    for (int k = 0; k < kLanes; ++k)
      if (times[k] < best) best = times[k], *which = static_cast<int>(rows_of[k]) + k;
    return best;
  }
};
const auto first_hit = eight::cloned<FirstHit>;

// slack += t v
struct Move {
  template <class E> static ALWAYS_INLINE void run(double* slack, const double* v, int rows, double t) {
    for (int i = 0; i < rows; i += kLanes) store(slack + i, load<E>(slack + i) + load<E>(v + i) * t);
  }
};
const auto move = eight::cloned<Move>;

// out = A u + c, and the least of out - error.
struct Room {
  template <class E>
  static ALWAYS_INLINE double run(const double* A, const double* c, const double* error, int ld, int rows, int d, const double* u,
                                  double* out) {
    E least = all<E>(kInfinity);
    for (int i = 0; i < rows; i += kLanes) {
      const E slack = product<E>(A, ld, i, d, u) + load<E>(c + i);
      store(out + i, slack);
      least = smaller(slack - load<E>(error + i), least);
    }
    return eight::least(least);
  }
};
const auto room = eight::cloned<Room>;

// The edge down which the objective falls fastest for its length, -1 if none leads down.  Edges side by side: coordinate
// j of edge e is basis[j * width + e]; y is the slope along each edge, and a bound edge leads one way only.
struct SteepestEdge {
  template <class E> static ALWAYS_INLINE int run(const double* basis, int width, int d, const double* y, const double* bound) {
    using M = eight::Marks<E>;
    E most = all<E>(kReduced * kReduced);
    M which = all<M>(std::int64_t(-1));
    for (int i = 0; i < width; i += kLanes) {
      E length = load<E>(basis + i) * load<E>(basis + i);
      for (int j = 1; j < d; ++j) {
        const E b = load<E>(basis + static_cast<std::ptrdiff_t>(j) * width + i);
        length += b * b;
      }
      const E slope = load<E>(y + i);
      E fall = slope * slope / length;
      // bound (0) and not falling; free is infinite
      fall = where(less(load<E>(bound + i), slope + all<E>(kTiny)), E{}, fall);
      const M more = less(most, fall);
      most = where(more, fall, most);
      which = where(more, all<M>(std::int64_t(i)), which);
    }
    double falls[kLanes], best = 0.0;
    std::int64_t edges[kLanes];
    store(falls, most);
    store(edges, which);
    int edge = -1;
    for (int k = 0; k < kLanes; ++k)
      if (edges[k] >= 0 && falls[k] > best) best = falls[k], edge = static_cast<int>(edges[k]) + k;
    return edge;
  }
};
const auto steepest_edge = eight::cloned<SteepestEdge>;

// Bend every edge but k into the plane with normal `row`; edge k is scaled to leave it at rate 1.
struct Bend {
  template <class E>
  static ALWAYS_INLINE void run(double* basis, int width, int d, const double* row, double* y, const double* edge, double slope,
                                double inverse) {
    for (int i = 0; i < width; i += kLanes) {
      const E across = product<E>(basis, width, i, d, row) * inverse;
      for (int j = 0; j < d; ++j) {
        double* b = basis + static_cast<std::ptrdiff_t>(j) * width + i;
        store(b, load<E>(b) - across * edge[j]);
      }
      store(y + i, load<E>(y + i) - across * slope);
    }
  }
};
const auto bend = eight::cloned<Bend>;

// (T, low) += (weight, weight_low) (from, from_low), sums and products without error but for the low parts'.
// source: Dekker 1971; Ogita, Rump and Oishi 2005
struct AddPairs {
  template <class>
  static ALWAYS_INLINE void run(double* T, double* low, const double* from, const double* from_low, int n, double weight,
                                double weight_low) {
    for (int k = 0; k < n; ++k) {
      const double high = weight * from[k];
      const double rest = std::fma(weight, from[k], -high) + (weight * from_low[k] + weight_low * from[k]);
      const double sum = T[k] + high, part = sum - T[k];
      low[k] += ((T[k] - (sum - part)) + (high - part)) + rest;
      T[k] = sum;
    }
  }
};
const auto add_pairs = eight::cloned<AddPairs>;

// The fold at every pool point.
struct AtPool {
  template <class E> static ALWAYS_INLINE void run(const double* pool, int d, const double* a, double c, double* out) {
    for (int i = 0; i < kPool; i += kLanes) store(out + i, product<E>(pool, kPool, i, d, a) + all<E>(c));
  }
};
const auto at_pool = eight::cloned<AtPool>;

int padded(int n) { return (n + kLanes - 1) / kLanes * kLanes; }

struct Layer {
  int n = 0, reads = 0, first = 0;  // units, units of the layer before, flat index of the first unit
  std::vector<double> W, b, below;  // (n, reads), (n), (n); below is empty for the output layer
  // On the region of the layers before that the search is in:
  std::vector<double> low;          // what T lacks, where pairs of doubles are used
  std::vector<double> T, Terr, M;   // pre-activations (n, d + 1), their error over the box, their size over the box
  std::vector<double> a, c, err;    // the folds with unit normals (n, d), (n), (n)
  std::vector<char> constant;       // 1: no gradient, certainly; 2: too close to tell or out of range
};

struct Frame {
  std::vector<double> p, slack, pool;  // witness (d), its distance to every side, pool (d, kPool)
  double radius = 0;                   // of a certified ball around p
  int pooled = 0, next = 0;            // points in the pool, the place for the next
  std::vector<int> inside;             // sample points in the cell: they measure what share of the box is explored
  std::vector<int> waiting, cutting;   // units of the layer: undecided, found to cut
};

struct Interrupted {};

class Search {
 public:
  int d, rows_most, ld;
  std::vector<Layer> layers;  // hidden layers, then the output layer
  std::vector<double> lo, hi, reach, sample;  // sample (n, d)
  std::uint64_t seen = 0;                     // sample points in regions found so far
  bool certify, keep;
  std::uint64_t most_regions;
  double most_seconds;
  nb::object decide, hand, progress;
  // what was found
  std::uint64_t regions = 0, merged = 0, programs = 0, asked = 0, nodes = 0;
  bool complete = true;
  std::vector<std::uint8_t> patterns;
  std::vector<double> points, radii, maps;
  std::vector<std::int64_t> side_start{0};
  std::vector<std::int32_t> sides;
  // a random descent instead of a search
  bool dive = false;
  std::uint64_t random = 0;
  int splits = 0;
  // One shard of the search: which side to take at the first cuts, off (0) or on (1).  What is found before so many cuts
  // is in the shard whose further sides are all off, so that shards together find everything once.
  std::vector<int> shard;

  Search(const std::vector<Matrix>& weights, const std::vector<Vector>& biases, const std::vector<Vector>& below,
         Vector low, Vector high) {
    d = static_cast<int>(low.shape(0));
    lo.assign(low.data(), low.data() + d);
    hi.assign(high.data(), high.data() + d);
    for (int k = 0; k < d; ++k) {
      reach.push_back(std::max(std::fabs(lo[k]), std::fabs(hi[k])));
      wide_ += hi[k] - lo[k];
    }
    int units = 0;
    for (std::size_t l = 0; l < weights.size(); ++l) {
      Layer layer;
      layer.n = static_cast<int>(weights[l].shape(0));
      layer.reads = static_cast<int>(weights[l].shape(1));
      layer.first = units;
      layer.W.assign(weights[l].data(), weights[l].data() + weights[l].size());
      layer.b.assign(biases[l].data(), biases[l].data() + biases[l].size());
      if (l < below.size()) {
        layer.below.assign(below[l].data(), below[l].data() + below[l].size());
        units += layer.n;
        for (double slope : layer.below) {
          column_.push_back(static_cast<std::int32_t>(std::count(folds_.begin(), folds_.end(), 1)));
          folds_.push_back(slope != 1.0);
        }
      }
      layer.T.resize(static_cast<std::size_t>(layer.n) * (d + 1));
      layer.low.assign(layer.T.size(), 0.0);
      layer.Terr.resize(layer.n);
      layer.M.resize(layer.n);
      layer.a.resize(static_cast<std::size_t>(layer.n) * d);
      layer.c.resize(layer.n);
      layer.err.resize(layer.n);
      layer.constant.resize(layer.n);
      layers.push_back(std::move(layer));
    }
    hidden_ = static_cast<int>(below.size());
    pattern_.assign(units, 0);
    rows_most = 2 * d + static_cast<int>(std::count(folds_.begin(), folds_.end(), 1));
    ld = padded(rows_most + 1);
    A_.assign(static_cast<std::size_t>(d) * ld, 0.0);
    R_.assign(static_cast<std::size_t>(d) * ld, 0.0);
    C_.assign(ld, kFar);
    E_.assign(ld, 0.0);
    side_.assign(ld, 0);
    for (auto* buffer : {&v_, &work_, &best_}) buffer->assign(ld, 0.0);
    width_ = padded(d);
    basis_.assign(static_cast<std::size_t>(d) * width_, 0.0);
    y_.assign(width_, 0.0);
    bound_.assign(width_, kInfinity);
    edge_.resize(d);
    active_.resize(d);
    for (auto* buffer : {&x_, &w_, &dir_, &trial_}) buffer->resize(d);
  }

  void run() {
    started_ = polled_ = std::chrono::steady_clock::now();
    Frame& root = frame(0);
    rows_ = 0;
    for (int side = -1; side >= -2 * d; --side) push_box(side);
    for (int k = 0; k < d; ++k) root.p[k] = 0.5 * lo[k] + 0.5 * hi[k];
    root.pooled = root.next = 0;
    root.inside.resize(sample.size() / d);
    for (std::size_t k = 0; k < root.inside.size(); ++k) root.inside[k] = static_cast<int>(k);
    if (!place(root)) {
      if (mine(0) && !dive) asked_for_all();
      return;
    }
    try {
      descend(0, 0);
    } catch (const Interrupted&) {
      complete = false;
    }
  }

 protected:
  int hidden_ = 0, rows_ = 0, width_ = 0;
  double wide_ = 0.0;  // no two points of the box are farther apart
  std::vector<char> folds_;
  std::vector<std::uint8_t> pattern_;
  std::vector<double> A_, R_, C_, E_, bound_, edge_, v_, work_, best_, basis_, y_, x_, w_, dir_, trial_;
  std::vector<std::int32_t> side_, column_;  // what each row is; each unit's column in the patterns
  std::vector<std::int32_t> touched_;        // the sides that meet where a unit comes so near to zero that nobody can tell
  std::vector<int> active_;
  std::vector<std::unique_ptr<Frame>> frames_;
  std::chrono::steady_clock::time_point started_, polled_;

  // Whether what is found after so many cuts belongs to this shard.
  bool mine(int depth) const {
    for (std::size_t k = static_cast<std::size_t>(depth); k < shard.size(); ++k)
      if (shard[k]) return false;
    return true;
  }

  Frame& frame(int depth) {
    while (static_cast<int>(frames_.size()) <= depth) {
      auto next = std::make_unique<Frame>();
      next->p.resize(d);
      next->slack.resize(ld);
      next->pool.resize(static_cast<std::size_t>(d) * kPool);
      frames_.push_back(std::move(next));
    }
    return *frames_[depth];
  }

  // Slacks and certified radius at the frame's witness; false if rounding leaves no room.
  bool place(Frame& f) {
    const int rows = padded(rows_);
    const double least = room(A_.data(), C_.data(), E_.data(), ld, rows, d, f.p.data(), f.slack.data());
    f.radius = least * (1.0 - 8.0 * kUnit);
    return f.radius > 0.0;
  }

  // Pre-activations of layer l as affine functions on the present region, with a bound of their error over the box.
  void compose(int l) {
    Layer& at = layers[l];
    const int w = d + 1;
    if (l == 0) {
      for (int i = 0; i < at.n; ++i) {
        std::copy_n(&at.W[static_cast<std::size_t>(i) * d], d, &at.T[static_cast<std::size_t>(i) * w]);
        at.T[static_cast<std::size_t>(i) * w + d] = at.b[i];
        at.Terr[i] = 0.0;
      }
    } else {
      const Layer& before = layers[l - 1];
      live_.clear();
      for (int j = 0; j < before.n; ++j) {
        const double s = pattern_[before.first + j] || before.below[j] == 1.0 ? 1.0 : before.below[j];
        if (s != 0.0 && before.M[j] != 0.0) live_.push_back({j, s});
      }
      for (int i = 0; i < at.n; ++i) compose_unit(at, before, i, w);
    }
    for (int i = 0; i < at.n; ++i) {
      const double* T = &at.T[static_cast<std::size_t>(i) * w];
      double size = std::fabs(T[d]);
      for (int k = 0; k < d; ++k) size += std::fabs(T[k]) * reach[k];
      at.M[i] = size + at.Terr[i];
      normalise(at, i, T, size);
    }
  }

  struct Live {
    int j;
    double slope;
  };
  std::vector<Live> live_;

  void compose_unit(Layer& at, const Layer& before, int i, int w) {
    double* T = &at.T[static_cast<std::size_t>(i) * w];
    const double* W = &at.W[static_cast<std::size_t>(i) * at.reads];
    std::fill_n(T, w, 0.0);
    double error = 0.0, size = std::fabs(at.b[i]), large = 1.0;
    bool any = false;
    double* low = &at.low[static_cast<std::size_t>(i) * w];
    std::fill_n(low, w, 0.0);
    const bool pairs = hidden_ > kDeep;
    for (const Live& live : live_) {
      const double weight = W[live.j] * live.slope;
      if (W[live.j] == 0.0) continue;
      any = true;
      const double* from = &before.T[static_cast<std::size_t>(live.j) * w];
      if (pairs)
        add_pairs(T, low, from, &before.low[static_cast<std::size_t>(live.j) * w], w, weight,
                  std::fma(W[live.j], live.slope, -weight));
      else
        for (int k = 0; k < w; ++k) T[k] += weight * from[k];
      error += std::fabs(weight) * before.Terr[live.j];
      size += std::fabs(weight) * before.M[live.j];
      large += before.M[live.j];
    }
    const double none = 0.0;
    if (pairs) {
      add_pairs(T + d, low + d, &at.b[i], &none, 1, 1.0, 0.0);
      for (int k = 0; k < w; ++k) {
        const double sum = T[k] + low[k], part = sum - T[k];
        low[k] = (T[k] - (sum - part)) + (low[k] - part);
        T[k] = sum;
      }
    } else {
      T[d] += at.b[i];
    }
    const int n = static_cast<int>(live_.size()) + 4;
    const double rounding = pairs ? 4.0 * gamma(n) * gamma(n) : gamma(n);
    // the smallest normal double stands for all that can underflow
    at.Terr[i] = any ? (1.0 + gamma(n)) * error + rounding * size + n * large * kTiny : 0.0;
  }

  void normalise(Layer& at, int i, const double* T, double size) {
    double most = 0.0, square = 0.0;
    for (int k = 0; k < d; ++k) most = std::max(most, std::fabs(T[k]));
    at.constant[i] = 0;
    at.c[i] = T[d];
    at.err[i] = 2.0 * at.Terr[i] + gamma(2 * d + 8) * size;
    if (most == 0.0) {
      at.constant[i] = at.Terr[i] == 0.0 || std::fabs(T[d]) > at.err[i] ? 1 : 2;
      return;
    }
    if (!(most > 1e-140 && size < 1e140)) {  // squares would leave the range of a double
      at.constant[i] = 2;
      return;
    }
    for (int k = 0; k < d; ++k) square += T[k] * T[k];
    const double scale = 1.0 / std::sqrt(square);
    for (int k = 0; k < d; ++k) at.a[static_cast<std::size_t>(i) * d + k] = T[k] * scale;
    at.c[i] = T[d] * scale;
    at.err[i] *= scale;
  }

  void descend(int depth, int l) {
    if (l == hidden_) {
      emit(depth);
      return;
    }
    compose(l);
    Frame& f = frame(depth);
    f.waiting.clear();
    const Layer& at = layers[l];
    for (int i = 0; i < at.n; ++i) {
      pattern_[at.first + i] = 0;
      if (at.below[i] != 1.0) f.waiting.push_back(i);
    }
    split(depth, l);
  }

  // Decide the waiting units of a cell, then cut it by one that cuts and go into both parts.
  void split(int depth, int l) {
    if ((++nodes & (kPoll - 1)) == 0) poll();
    Frame& f = frame(depth);
    Layer& at = layers[l];
    f.cutting.clear();
    for (std::size_t k = 0; k < f.waiting.size(); ++k) {
      const int i = f.waiting[k];
      const int verdict = classify(f, at, i);
      if (verdict == kCuts) {
        f.cutting.push_back(i);
      } else if (verdict != kUnclear) {
        pattern_[at.first + i] = verdict == kOn;
      } else {
        f.cutting.insert(f.cutting.end(), f.waiting.begin() + static_cast<std::ptrdiff_t>(k) + 1, f.waiting.end());
        if (ask(depth, l, i)) return;
        f.waiting.assign(f.cutting.begin(), f.cutting.end());
        f.cutting.clear();
        k = static_cast<std::size_t>(-1);
      }
    }
    if (f.cutting.empty()) {
      descend(depth, l + 1);
      return;
    }
    const std::size_t pick = choose(f, at);
    const int i = f.cutting[pick];
    f.cutting.erase(f.cutting.begin() + static_cast<std::ptrdiff_t>(pick));
    if (!witnesses(depth, at, i)) {
      touched_.clear();
      if (!ask(depth, l, i)) {
        f.waiting.assign(f.cutting.begin(), f.cutting.end());
        split(depth, l);
      }
      return;
    }
    enter(depth, l, i, nullptr);
  }

  std::size_t choose(const Frame& f, const Layer& at) const {
    std::size_t pick = 0;
    double nearest = kInfinity;
    for (std::size_t k = 0; k < f.cutting.size(); ++k) {
      const double z = std::fabs(value(at, f.cutting[k], f.p.data()));
      if (z < nearest) nearest = z, pick = k;
    }
    return pick;
  }

  enum Verdict { kOff = 0, kOn = 1, kCuts = 2, kUnclear = 3 };

  double value(const Layer& at, int i, const double* x) const {
    double z = 0.0;
    const double* a = &at.a[static_cast<std::size_t>(i) * d];
    for (int k = 0; k < d; ++k) z += a[k] * x[k];
    return z + at.c[i];
  }

  int classify(Frame& f, const Layer& at, int i) {
    touched_.clear();
    if (at.constant[i]) return at.constant[i] == 2 ? kUnclear : at.c[i] > 0.0 ? kOn : kOff;
    const double z = value(at, i, f.p.data()), err = at.err[i];
    if (!(err < kInfinity)) return kUnclear;
    if (std::fabs(z) + err < f.radius) return kCuts;
    if (!(std::fabs(z) > err)) return kUnclear;
    const double sign = z > 0.0 ? 1.0 : -1.0;
    const double* a = &at.a[static_cast<std::size_t>(i) * d];
    double other[kPool];
    if (f.pooled) at_pool(f.pool.data(), d, a, at.c[i], other);
    for (int k = 0; k < f.pooled; ++k)
      if (sign * other[k] < -4.0 * err) return kCuts;
    const int found = program(f, a, sign, z, -4.0 * err, -1);
    if (found == kCuts) remember(f);
    if (found != kOff) return found;
    if (floor_of(f, a, sign, z, err) >= 0.0) return sign > 0 ? kOn : kOff;
    for (int k = 0; k < d; ++k)
      if (active_[k] >= 0 && y_[k] > 0.0) touched_.push_back(side_[active_[k]]);
    return kUnclear;
  }

  // Minimise sign * z over the cell from the witness, without one of its sides if told so.  kCuts: it falls below `stop`
  // in x_; kOff: no edge leads down from x_; kUnclear: rounding hides the way.
  int program(const Frame& f, const double* a, double sign, double z, double stop, int without) {
    ++programs;
    const int rows = padded(rows_);
    double* slack = work_.data();
    std::memcpy(slack, f.slack.data(), sizeof(double) * rows);
    if (without >= 0) slack[without] += wide_;  // far enough not to matter, near enough to bound the way
    std::copy(f.p.begin(), f.p.end(), x_.begin());
    start_basis(a, sign);
    double goal = sign * z;
    for (int turn = 0; turn < 20 + 10 * d; ++turn) {
      const int k = steepest_edge(basis_.data(), width_, d, y_.data(), bound_.data());
      if (k < 0) return kOff;
      const double slope = y_[k], way = active_[k] < 0 && slope > 0.0 ? -1.0 : 1.0;
      for (int j = 0; j < d; ++j) {
        edge_[j] = basis_[static_cast<std::size_t>(j) * width_ + k];
        dir_[j] = way * edge_[j];
      }
      if (active_[k] >= 0) slack[active_[k]] = 0.0;  // the side it leaves
      int r = -1;
      const double t = first_hit(A_.data(), ld, rows, d, dir_.data(), slack, v_.data(), &r);
      if (r < 0) return kUnclear;
      for (int j = 0; j < d; ++j) x_[j] += t * dir_[j];
      goal += t * way * slope;
      if (goal < stop) return kCuts;
      move(slack, v_.data(), rows, t);
      slack[r] = kFar;  // sides it moves along are not reached
      const double inverse = way / v_[r];
      const double* row = &R_[static_cast<std::size_t>(r) * d];
      bend(basis_.data(), width_, d, row, y_.data(), edge_.data(), slope, inverse);
      for (int j = 0; j < d; ++j) basis_[static_cast<std::size_t>(j) * width_ + k] = edge_[j] * inverse;
      y_[k] = slope * inverse;
      active_[k] = r;
      bound_[k] = 0.0;
    }
    return kUnclear;
  }

  // An orthonormal basis whose first vector is the objective's gradient (a Householder reflection); nothing active.
  void start_basis(const double* a, double sign) {
    const double turn = sign * a[0] >= 0.0 ? 1.0 : -1.0;
    double norm = 0.0;
    for (int k = 0; k < d; ++k) {
      w_[k] = sign * a[k] + (k == 0 ? turn : 0.0);
      norm += w_[k] * w_[k];
    }
    const double scale = 2.0 / norm;
    for (int j = 0; j < d; ++j) {
      double* row = &basis_[static_cast<std::size_t>(j) * width_];
      const double share = scale * w_[j];
      for (int e = 0; e < d; ++e) row[e] = -share * w_[e];
      row[j] += 1.0;
      y_[j] = 0.0;
      active_[j] = -1;
      bound_[j] = kInfinity;
    }
    y_[0] = -turn;
  }

  // Weak duality: sign z = sum y_k side_k + rest, y >= 0; the least that rest can be over the box whatever the rounding.
  double floor_of(const Frame& f, const double* a, double sign, double z, double err) {
    for (int j = 0; j < d; ++j) w_[j] = sign * a[j];
    double rest = sign * z, weight = 1.0, size = std::fabs(z), error = err;
    for (int k = 0; k < d; ++k) {
      const int r = active_[k];
      if (r < 0 || !(y_[k] > 0.0)) continue;
      for (int j = 0; j < d; ++j) w_[j] -= y_[k] * R_[static_cast<std::size_t>(r) * d + j];
      rest -= y_[k] * f.slack[r];
      weight += y_[k];
      size += y_[k] * f.slack[r];
      error += y_[k] * E_[r];
    }
    double across = 0.0, width = 0.0;
    for (int j = 0; j < d; ++j) {
      across += std::fabs(w_[j]) * (hi[j] - lo[j]);
      width += hi[j] - lo[j];
    }
    const double loss = gamma(d + 6) * (weight * width + size) + 2.0 * (error + across);
    return rest - loss - 4.0 * kUnit * (std::fabs(rest) + loss);
  }

  void remember(Frame& f) {
    for (int j = 0; j < d; ++j) f.pool[static_cast<std::size_t>(j) * kPool + f.next] = x_[j];
    f.next = (f.next + 1) % kPool;
    f.pooled = std::min(f.pooled + 1, kPool);
  }

  std::vector<double> off_point_, on_point_;

  // Interior points on both sides of a fold that is thought to cut; certified later, when the parts are entered.
  bool witnesses(int depth, const Layer& at, int i) {
    const Frame& f = frame(depth);
    const double* a = &at.a[static_cast<std::size_t>(i) * d];
    const double z = value(at, i, f.p.data());
    off_point_.resize(d);
    on_point_.resize(d);
    if (std::fabs(z) < f.radius) {
      for (int k = 0; k < d; ++k) {
        on_point_[k] = f.p[k] + 0.5 * (f.radius - z) * a[k];
        off_point_[k] = f.p[k] - 0.5 * (f.radius + z) * a[k];
      }
    } else {
      const double sign = z > 0.0 ? 1.0 : -1.0;
      int far = -1;
      double deepest = 0.0;
      double other[kPool];
      at_pool(f.pool.data(), d, a, at.c[i], other);
      for (int k = 0; k < f.pooled; ++k)
        if (sign * other[k] < deepest) deepest = sign * other[k], far = k;
      if (far < 0) return false;
      auto& across = sign > 0 ? off_point_ : on_point_;
      (sign > 0 ? on_point_ : off_point_) = f.p;
      between(f, far, std::fabs(z), -deepest, across);
    }
    // both must hold, or the decision is not the floats' to take
    return holds(depth, at, i, 0, off_point_) && holds(depth, at, i, 1, on_point_);
  }

  // The roomiest of a few points from the witness towards a pool point, beyond the fold.
  void between(const Frame& f, int far, double before, double beyond, std::vector<double>& out) {
    const double cross = before / (before + beyond);
    for (int j = 0; j < d; ++j) trial_[j] = f.pool[static_cast<std::size_t>(j) * kPool + far];
    const int rows = padded(rows_);
    affine(A_.data(), C_.data(), ld, rows, d, trial_.data(), best_.data());
    // every slack changes linearly on the way
    const double low = cross, high = 1.0;
    const auto least_at = [&](double t) {
      double least = t * beyond - (1.0 - t) * before;
      for (int r = 0; r < rows_; ++r) least = std::min(least, f.slack[r] + t * (best_[r] - f.slack[r]));
      return least;
    };
    double best = -kInfinity, at_best = 0.5 * (low + high);
    for (double share : {0.2, 0.4, 0.6, 0.8}) {
      const double t = low + share * (high - low), r = least_at(t);
      if (r > best) best = r, at_best = t;
    }
    for (int j = 0; j < d; ++j) out[j] = f.p[j] + at_best * (trial_[j] - f.p[j]);
  }

  bool holds(int depth, const Layer& at, int i, int bit, const std::vector<double>& point) {
    Frame& child = frame(depth + 1);
    push(at, i, bit);
    child.p = point;
    const bool good = place(child);
    pop();
    return good;
  }

  void push_box(int side) {
    const int k = (-1 - side) / 2;
    const bool upper = (-1 - side) % 2 == 1;
    for (int j = 0; j < d; ++j)
      R_[static_cast<std::size_t>(rows_) * d + j] = A_[static_cast<std::size_t>(j) * ld + rows_] =
          j == k ? (upper ? -1.0 : 1.0) : 0.0;
    C_[rows_] = upper ? hi[k] : -lo[k];
    E_[rows_] = gamma(2) * 2.0 * reach[k];
    side_[rows_++] = side;
  }

  void push(const Layer& at, int i, int bit) {
    const double sign = bit ? 1.0 : -1.0;
    for (int j = 0; j < d; ++j)
      R_[static_cast<std::size_t>(rows_) * d + j] = A_[static_cast<std::size_t>(j) * ld + rows_] =
          sign * at.a[static_cast<std::size_t>(i) * d + j];
    C_[rows_] = sign * at.c[i];
    E_[rows_] = at.err[i];
    side_[rows_++] = at.first + i;
  }

  void pop() {
    --rows_;
    for (int j = 0; j < d; ++j) A_[static_cast<std::size_t>(j) * ld + rows_] = 0.0;
    C_[rows_] = kFar;
    E_[rows_] = 0.0;
  }

  // Go into both parts; `handed` marks those that rational arithmetic takes over.
  void enter(int depth, int l, int i, const bool* handed) {
    const Layer& at = layers[l];
    const std::vector<double> points[2] = {off_point_, on_point_};
    int from = 0, to = 2;
    if (dive) {
      random = random * 6364136223846793005ull + 1442695040888963407ull;
      from = static_cast<int>(random >> 63);
      to = from + 1;
      ++splits;
    } else if (depth < static_cast<int>(shard.size())) {
      from = shard[static_cast<std::size_t>(depth)];
      to = from + 1;
    }
    for (int bit = from; bit < to; ++bit) {
      pattern_[at.first + i] = static_cast<std::uint8_t>(bit);
      sort_sample(depth, at, i, bit);
      if (handed && handed[bit]) {
        if (!mine(depth + 1)) continue;
        hand_over(depth, l, i, bit);
        seen += frame(depth + 1).inside.size();
        continue;
      }
      push(at, i, bit);
      Frame& f = frame(depth);
      Frame& child = frame(depth + 1);
      child.p = points[bit];
      place(child);
      child.waiting.assign(f.cutting.begin(), f.cutting.end());
      inherit(f, child, at, i, bit);
      split(depth + 1, l);
      pop();
    }
  }

  void sort_sample(int depth, const Layer& at, int i, int bit) {
    frame(depth + 1);
    const Frame& f = frame(depth);
    auto& part = frame(depth + 1).inside;
    part.clear();
    for (int k : f.inside)
      if ((value(at, i, &sample[static_cast<std::size_t>(k) * d]) > 0.0) == (bit == 1)) part.push_back(k);
  }

  // The part keeps the pool points on its side.
  void inherit(const Frame& f, Frame& child, const Layer& at, int i, int bit) {
    const double* a = &at.a[static_cast<std::size_t>(i) * d];
    child.pooled = 0;
    double z[kPool];
    at_pool(f.pool.data(), d, a, at.c[i], z);
    for (int k = 0; k < f.pooled; ++k) {
      if ((z[k] > 0.0) != (bit == 1)) continue;
      for (int j = 0; j < d; ++j)
        child.pool[static_cast<std::size_t>(j) * kPool + child.pooled] = f.pool[static_cast<std::size_t>(j) * kPool + k];
      ++child.pooled;
    }
    child.next = child.pooled % kPool;
  }

  nb::tuple place_in_words(int depth, int l) {
    nb::list pattern, sides, waiting, p;
    for (std::uint8_t bit : pattern_) pattern.append(static_cast<int>(bit));
    for (int r = 0; r < rows_; ++r) sides.append(side_[r]);
    for (int i : frame(depth).cutting) waiting.append(i);
    for (double x : frame(depth).p) p.append(x);
    return nb::make_tuple(l, pattern, sides, waiting, p);
  }

  // Rational arithmetic decides; true if the unit cuts, and then both parts have been searched.
  bool ask(int depth, int l, int i) {
    const Layer& at = layers[l];
    if (!certify) {
      merged += mine(depth);
      pattern_[at.first + i] = at.constant[i] == 0 ? value(at, i, frame(depth).p.data()) > 0.0 : at.c[i] > 0.0;
      return false;
    }
    asked += mine(depth);
    bool handed[2] = {true, true};
    {
      nb::gil_scoped_acquire hold;
      nb::tuple answer = nb::cast<nb::tuple>(decide(place_in_words(depth, l), at.first + i, touched_));
      if (nb::object(answer[0]).is_none() || nb::object(answer[1]).is_none()) {
        pattern_[at.first + i] = nb::object(answer[0]).is_none();
        return false;
      }
      off_point_ = nb::cast<std::vector<double>>(answer[0]);
      on_point_ = nb::cast<std::vector<double>>(answer[1]);
    }
    if (at.constant[i] == 0) {
      handed[0] = !holds(depth, at, i, 0, off_point_);
      handed[1] = !holds(depth, at, i, 1, on_point_);
    }
    enter(depth, l, i, handed);
    return true;
  }

  void hand_over(int depth, int l, int i, int bit) {
    if (dive) return;
    nb::gil_scoped_acquire hold;
    if (regions >= most_regions) throw Interrupted{};
    regions += nb::cast<std::uint64_t>(hand(place_in_words(depth, l), layers[l].first + i, bit, most_regions - regions));
    look();
  }

  // The box itself is too thin for floats: everything is rational.
  void asked_for_all() {
    nb::gil_scoped_acquire hold;
    regions += nb::cast<std::uint64_t>(hand(nb::none(), 0, 0, most_regions));
  }

  void poll() {
    const auto now = std::chrono::steady_clock::now();
    if (std::chrono::duration<double>(now - polled_).count() < kPatience) return;
    polled_ = now;
    nb::gil_scoped_acquire hold;
    look();
  }

  void look() {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (!progress.is_none() && nb::cast<bool>(progress(regions, seen))) throw Interrupted{};
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started_;
    if (spent.count() > most_seconds) throw Interrupted{};
  }

  void emit(int depth) {
    if (dive || !mine(depth)) return;
    if (regions >= most_regions) throw Interrupted{};
    ++regions;
    seen += frame(depth).inside.size();
    if (!keep) return;
    const Frame& f = frame(depth);
    for (std::size_t u = 0; u < folds_.size(); ++u)
      if (folds_[u]) patterns.push_back(pattern_[u]);
    points.insert(points.end(), f.p.begin(), f.p.end());
    radii.push_back(f.radius);
    compose(hidden_);
    const Layer& out = layers[hidden_];
    maps.insert(maps.end(), out.T.begin(), out.T.end());
    for (int r = 0; r < rows_; ++r) sides.push_back(side_[r] < 0 ? side_[r] : column_[side_[r]]);
    side_start.push_back(static_cast<std::int64_t>(sides.size()));
  }
};

}  // namespace
