// Regions of a ReLU network in a box of any dimension: layered depth-first search.
//
// A cell is a list of half-spaces, an interior witness and a certified ball around it.  A fold through the ball cuts the
// cell; so does a fold that separates the witness from a point already known to lie in the cell.  Only for the rest a
// small linear program runs.  Every "cut" is certified by witnesses on both sides, every "no cut" by a non-negative
// combination of the half-spaces.  What floats cannot certify is handed to rational arithmetic.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/search/arbiter.hpp"
#include "core/search/composer.hpp"
#include "core/search/patience.hpp"
#include "core/search/polytope.hpp"
#include "core/search/vectors.hpp"

namespace foldline::search {

// What was found; rows of patterns, points (d), maps (outputs, d + 1), and the sides of each region.
struct Found {
  std::vector<std::uint8_t> patterns;
  std::vector<double> points, radii, maps;
  std::vector<std::int64_t> side_start{0};
  std::vector<i32> sides;
};

class Search {
 public:
  Search(std::vector<Layer> layers, const Box& box) : d(box.d), box_(box), units_(std::move(layers), box_), cell_(box_, units_.n_folds) {
    best_.assign(cell_.ld, 0.0);
    trial_.resize(d);
  }
  Search(const Search&) = delete;

  const int d;
  std::vector<double> sample;  // (n, d)
  u64 seen = 0;                // sample points in regions found so far
  bool certify = false, keep = false;
  u64 most_regions = 0;
  Arbiter* arbiter = nullptr;  // where ``certify``
  Patience patience;
  Found found;
  u64 regions = 0, merged = 0, asked = 0;
  bool complete = true;
  // a random descent instead of a search
  bool dive = false;
  u64 random = 0;
  int splits = 0;
  // One shard of the search: which side to take at the first cuts, off (0) or on (1).  What is found before so many cuts
  // is in the shard whose further sides are all off, so that shards together find everything once.
  std::vector<int> shard;

  u64 programs() const { return cell_.programs; }

  void run() {
    patience.begin();
    Known& root = known(0);
    cell_.rows = 0;
    for (int side = -1; side >= -2 * d; --side) cell_.push_box(side);
    for (int k = 0; k < d; ++k) root.p[k] = 0.5 * box_.lo[k] + 0.5 * box_.hi[k];
    root.pooled = root.next = 0;
    root.inside.resize(sample.size() / d);
    for (size_t k = 0; k < root.inside.size(); ++k) root.inside[k] = int(k);
    if (!cell_.place(root)) {  // the box itself is too thin for floats: everything is rational
      if (mine(0) && !dive) regions += arbiter->take_over(nullptr, 0, 0, most_regions);
      return;
    }
    try {
      descend(0, 0);
    } catch (const Interrupted&) {
      complete = false;
    }
  }

 private:
  const Box box_;
  Composer units_;
  Polytope cell_;
  std::vector<double> best_, trial_;
  std::vector<double> off_point_, on_point_;
  std::vector<i32> touched_;
  std::vector<std::unique_ptr<Known>> known_;

  // Whether what is found after so many cuts belongs to this shard.
  bool mine(int depth) const {
    for (size_t k = size_t(depth); k < shard.size(); ++k)
      if (shard[k]) return false;
    return true;
  }

  Known& known(int depth) {
    while (static_cast<int>(known_.size()) <= depth) {
      auto next = std::make_unique<Known>();
      next->p.resize(d);
      next->slack.resize(cell_.ld);
      next->pool.resize(size_t(d) * kPool);
      known_.push_back(std::move(next));
    }
    return *known_[depth];
  }

  void descend(int depth, int l) {
    if (l == units_.hidden) {
      emit(depth);
      return;
    }
    units_.compose(l);
    Known& f = known(depth);
    f.waiting.clear();
    const Composed& at = units_.layers[l];
    for (int i = 0; i < at.of.width; ++i) {
      units_.pattern[at.of.first_unit + i] = 0;
      if (at.of.below[i] != 1.0) f.waiting.push_back(i);
    }
    split(depth, l);
  }

  // Decide the waiting units of a cell, then cut it by one that cuts and go into both parts.
  void split(int depth, int l) {
    if (patience.up()) patience.look(regions, seen);
    Known& f = known(depth);
    Composed& at = units_.layers[l];
    f.cutting.clear();
    for (size_t k = 0; k < f.waiting.size(); ++k) {
      const int i = f.waiting[k];
      const int verdict = classify(f, at, i);
      if (verdict == kCuts) {
        f.cutting.push_back(i);
      } else if (verdict != kUnclear) {
        units_.pattern[at.of.first_unit + i] = verdict == kOn;
      } else {
        f.cutting.insert(f.cutting.end(), f.waiting.begin() + static_cast<std::ptrdiff_t>(k) + 1, f.waiting.end());
        if (ask(depth, l, i)) return;
        f.waiting.assign(f.cutting.begin(), f.cutting.end());
        f.cutting.clear();
        k = static_cast<size_t>(-1);
      }
    }
    if (f.cutting.empty()) {
      descend(depth, l + 1);
      return;
    }
    const size_t pick = choose(f, at);
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

  size_t choose(const Known& f, const Composed& at) const {
    size_t pick = 0;
    double nearest = kInfinity;
    for (size_t k = 0; k < f.cutting.size(); ++k) {
      const double z = std::fabs(units_.value(at, f.cutting[k], f.p.data()));
      if (z < nearest) nearest = z, pick = k;
    }
    return pick;
  }

  int classify(Known& f, const Composed& at, int i) {
    touched_.clear();
    if (at.constant[i]) return at.constant[i] == 2 ? kUnclear : at.c[i] > 0.0 ? kOn : kOff;
    const double z = units_.value(at, i, f.p.data()), err = at.err[i];
    if (!(err < kInfinity)) return kUnclear;
    if (std::fabs(z) + err < f.radius) return kCuts;
    if (!(std::fabs(z) > err)) return kUnclear;
    const double sign = z > 0.0 ? 1.0 : -1.0;
    const double* a = &at.a[size_t(i) * d];
    double other[kPool];
    if (f.pooled) at_pool(f.pool.data(), d, a, at.c[i], other);
    for (int k = 0; k < f.pooled; ++k)
      if (sign * other[k] < -4.0 * err) return kCuts;
    const int found = cell_.program(f, a, sign, z, -4.0 * err, -1);
    if (found == kCuts) remember(f);
    if (found != kOff) return found;
    if (cell_.floor_of(f, a, sign, z, err) >= 0.0) return sign > 0 ? kOn : kOff;
    for (int k = 0; k < d; ++k)
      if (cell_.active[k] >= 0 && cell_.y[k] > 0.0) touched_.push_back(cell_.side[cell_.active[k]]);
    return kUnclear;
  }

  void remember(Known& f) {
    for (int j = 0; j < d; ++j) f.pool[size_t(j) * kPool + f.next] = cell_.x[j];
    f.next = (f.next + 1) % kPool;
    f.pooled = std::min(f.pooled + 1, kPool);
  }

  // Interior points on both sides of a fold that is thought to cut; certified later, when the parts are entered.
  bool witnesses(int depth, const Composed& at, int i) {
    const Known& f = known(depth);
    const double* a = &at.a[size_t(i) * d];
    const double z = units_.value(at, i, f.p.data());
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
  void between(const Known& f, int far, double before, double beyond, std::vector<double>& out) {
    const double cross = before / (before + beyond);
    for (int j = 0; j < d; ++j) trial_[j] = f.pool[size_t(j) * kPool + far];
    const int rows = padded(cell_.rows);
    affine(cell_.A.data(), cell_.C.data(), cell_.ld, rows, d, trial_.data(), best_.data());
    // every slack changes linearly on the way
    const double low = cross, high = 1.0;
    const auto least_at = [&](double t) {
      double least = t * beyond - (1.0 - t) * before;
      for (int r = 0; r < cell_.rows; ++r) least = std::min(least, f.slack[r] + t * (best_[r] - f.slack[r]));
      return least;
    };
    double best = -kInfinity, at_best = 0.5 * (low + high);
    for (double share : {0.2, 0.4, 0.6, 0.8}) {
      const double t = low + share * (high - low), r = least_at(t);
      if (r > best) best = r, at_best = t;
    }
    for (int j = 0; j < d; ++j) out[j] = f.p[j] + at_best * (trial_[j] - f.p[j]);
  }

  bool holds(int depth, const Composed& at, int i, int bit, const std::vector<double>& point) {
    Known& child = known(depth + 1);
    cell_.push(at, i, bit);
    child.p = point;
    const bool good = cell_.place(child);
    cell_.pop();
    return good;
  }

  // Go into both parts; `handed` marks those that rational arithmetic takes over.
  void enter(int depth, int l, int i, const bool* handed) {
    const Composed& at = units_.layers[l];
    const std::vector<double> points[2] = {off_point_, on_point_};
    int from = 0, to = 2;
    if (dive) {
      random = random * 6364136223846793005ull + 1442695040888963407ull;
      from = static_cast<int>(random >> 63);
      to = from + 1;
      ++splits;
    } else if (depth < static_cast<int>(shard.size())) {
      from = shard[size_t(depth)];
      to = from + 1;
    }
    for (int bit = from; bit < to; ++bit) {
      units_.pattern[at.of.first_unit + i] = static_cast<std::uint8_t>(bit);
      sort_sample(depth, at, i, bit);
      if (handed && handed[bit]) {
        if (!mine(depth + 1)) continue;
        hand_over(depth, l, i, bit);
        seen += known(depth + 1).inside.size();
        continue;
      }
      cell_.push(at, i, bit);
      Known& f = known(depth);
      Known& child = known(depth + 1);
      child.p = points[bit];
      cell_.place(child);
      child.waiting.assign(f.cutting.begin(), f.cutting.end());
      inherit(f, child, at, i, bit);
      split(depth + 1, l);
      cell_.pop();
    }
  }

  void sort_sample(int depth, const Composed& at, int i, int bit) {
    known(depth + 1);
    const Known& f = known(depth);
    auto& part = known(depth + 1).inside;
    part.clear();
    for (int k : f.inside)
      if ((units_.value(at, i, &sample[size_t(k) * d]) > 0.0) == (bit == 1)) part.push_back(k);
  }

  // The part keeps the pool points on its side.
  void inherit(const Known& f, Known& child, const Composed& at, int i, int bit) {
    const double* a = &at.a[size_t(i) * d];
    child.pooled = 0;
    double z[kPool];
    at_pool(f.pool.data(), d, a, at.c[i], z);
    for (int k = 0; k < f.pooled; ++k) {
      if ((z[k] > 0.0) != (bit == 1)) continue;
      for (int j = 0; j < d; ++j)
        child.pool[size_t(j) * kPool + child.pooled] = f.pool[size_t(j) * kPool + k];
      ++child.pooled;
    }
    child.next = child.pooled % kPool;
  }

  void emit(int depth) {
    if (dive || !mine(depth)) return;
    if (regions >= most_regions) throw Interrupted{};
    ++regions;
    seen += known(depth).inside.size();
    if (!keep) return;
    const Known& f = known(depth);
    for (size_t u = 0; u < units_.folds.size(); ++u)
      if (units_.folds[u]) found.patterns.push_back(units_.pattern[u]);
    found.points.insert(found.points.end(), f.p.begin(), f.p.end());
    found.radii.push_back(f.radius);
    units_.compose(units_.hidden);
    const Composed& out = units_.layers[units_.hidden];
    found.maps.insert(found.maps.end(), out.T.begin(), out.T.end());
    for (int r = 0; r < cell_.rows; ++r) found.sides.push_back(cell_.side[r] < 0 ? cell_.side[r] : units_.column[cell_.side[r]]);
    found.side_start.push_back(static_cast<std::int64_t>(found.sides.size()));
  }

  Place place_of(int depth, int l) const {
    return {l, units_.pattern, std::vector<i32>(cell_.side.begin(), cell_.side.begin() + cell_.rows), known_[depth]->cutting, known_[depth]->p};
  }

  // Rational arithmetic decides; true if the unit cuts, and then both parts have been searched.
  bool ask(int depth, int l, int i) {
    const Composed& at = units_.layers[l];
    if (!certify) {
      merged += mine(depth);
      units_.pattern[at.of.first_unit + i] = at.constant[i] == 0 ? units_.value(at, i, known(depth).p.data()) > 0.0 : at.c[i] > 0.0;
      return false;
    }
    asked += mine(depth);
    Parts parts = arbiter->decide(place_of(depth, l), at.of.first_unit + i, touched_);
    if (!parts.off || !parts.on) {
      units_.pattern[at.of.first_unit + i] = !parts.off;
      return false;
    }
    off_point_ = std::move(*parts.off);
    on_point_ = std::move(*parts.on);
    bool handed[2] = {true, true};
    if (at.constant[i] == 0) {
      handed[0] = !holds(depth, at, i, 0, off_point_);
      handed[1] = !holds(depth, at, i, 1, on_point_);
    }
    enter(depth, l, i, handed);
    return true;
  }

  void hand_over(int depth, int l, int i, int bit) {
    if (dive) return;
    if (regions >= most_regions) throw Interrupted{};
    const Place place = place_of(depth, l);
    regions += arbiter->take_over(&place, units_.layers[l].of.first_unit + i, bit, most_regions - regions);
    patience.look(regions, seen);
  }
};

}  // namespace foldline::search
