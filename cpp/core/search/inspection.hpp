// Questions about single regions that the search has found: which of their sides are facets, where an output is least.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/search/composer.hpp"
#include "core/search/patience.hpp"
#include "core/search/polytope.hpp"
#include "core/search/vectors.hpp"

namespace foldline::search {

// The least of an output, or of its negative, over the regions so far.
struct Least {
  double value = kInfinity;
  std::int64_t region = -1;
  std::vector<double> at;
  std::vector<i32> active;  // the sides that meet there, as columns of the patterns or sides of the box
};

// Of the size of the box, how much rounding may move a side whose region is measured in floats: volumes are to sum to the
// box's with a relative error of 1e-9.
constexpr double kSteady = 0x1p-36;

class Inspection {
 public:
  // What is known of a side of a region: it does not touch it; it is a facet and no other unit is zero there; it is a
  // facet and perhaps others are; rounding hides it.
  enum Side : std::uint8_t { kNone = 0, kAlone = 1, kShared = 2, kHidden = 3 };

  Inspection(std::vector<Layer> layers, const Box& box) : d(box.d), box_(box), units_(std::move(layers), box_), cell_(box_, units_.n_folds) {
    known_.p.resize(d), known_.slack.resize(cell_.ld);
    best_.assign(cell_.ld, 0.0);
    y_point_.resize(d), axis_.resize(d);
  }
  Inspection(const Inspection&) = delete;

  const int d;
  Patience patience;

  // Stand in a region: its layers as affine functions, its sides as rows, its point as the witness; false if rounding
  // leaves no room around the point.
  bool stand(const std::uint8_t* bits, const double* p, const i32* sides_of, size_t n) {
    int changed = fresh_ ? -1 : units_.hidden;
    for (size_t c = units_.unit_of.size(); c-- > 0;)
      if (units_.pattern[units_.unit_of[c]] != bits[c]) {
        changed = std::min(changed, units_.layer_of[units_.unit_of[c]]);
        units_.pattern[units_.unit_of[c]] = bits[c];
      }
    for (int l = changed + 1; l <= units_.hidden; ++l) units_.compose(l);
    fresh_ = false;
    while (cell_.rows > 0) cell_.pop();
    for (size_t k = 0; k < n; ++k) {
      if (sides_of[k] < 0) {
        cell_.push_box(sides_of[k]);
        continue;
      }
      const int unit = units_.unit_of[sides_of[k]];
      const Composed& at = units_.layers[units_.layer_of[unit]];
      cell_.push(at, unit - at.of.first_unit, units_.pattern[unit]);
      if (at.constant[unit - at.of.first_unit]) cell_.E[cell_.rows - 1] = kInfinity;  // out of the range of doubles: no room
    }
    Known& f = known_;
    std::copy(p, p + d, f.p.begin());
    breathe();
    return cell_.place(f);
  }

  Side side(int r) {
    const Known& f = known_;
    const double* a = &cell_.R[size_t(r) * d];
    const double z = f.slack[r], err = cell_.E[r];
    const int found = cell_.program(f, a, 1.0, z, -4.0 * err, r);
    if (found == kOff) return cell_.floor_of(f, a, 1.0, z, err) > 0.0 ? kNone : kHidden;
    if (found != kCuts) return kHidden;
    double beyond = cell_.C[r];
    for (int j = 0; j < d; ++j) beyond += a[j] * cell_.x[j];
    if (!(beyond < 0.0)) return kHidden;
    double off = cell_.C[r];
    for (int j = 0; j < d; ++j) {
      y_point_[j] = f.p[j] + z / (z - beyond) * (cell_.x[j] - f.p[j]);
      off += a[j] * y_point_[j];
    }
    // The true foot of the point on the side's plane is within this of it, so that rows change by no more.
    const double near = std::fabs(off) + 2.0 * err + gamma(2 * d + 8) * box_.wide;
    affine(cell_.A.data(), cell_.C.data(), cell_.ld, padded(cell_.rows), d, y_point_.data(), best_.data());
    for (int k = 0; k < cell_.rows; ++k)
      if (k != r && !(best_[k] > cell_.E[k] + near)) return kHidden;
    return cell_.side[r] < 0 || alone(cell_.side[r], near) ? kAlone : kShared;
  }

  // Take an output of the region into account; returns a bound from below that holds on the whole region.
  double descend_output(int o, double sign, bool placed, std::int64_t region, Least& least) {
    const Composed& out = units_.layers[units_.hidden];
    const double* T = &out.T[size_t(o) * (d + 1)];
    double low = sign * T[d], size = std::fabs(T[d]), square = 0.0;
    for (int j = 0; j < d; ++j) {
      low += std::min(sign * T[j] * box_.lo[j], sign * T[j] * box_.hi[j]);
      size += std::fabs(T[j]) * box_.reach[j];
      square += T[j] * T[j];
    }
    const double rough = low - out.Terr[o] - gamma(2 * d + 8) * size;
    const Known& f = known_;
    if (out.constant[o] == 1) {
      offer(sign * T[d], f.p, nullptr, 0, region, least);
      const double sure = sign * T[d] - out.Terr[o];
      return out.Terr[o] > 0.0 ? sure - 2.0 * kUnit * std::fabs(sure) : sure;
    }
    if (rough >= least.value) return rough;
    const auto at = [&](const std::vector<double>& x) {
      double reached = sign * T[d];
      for (int j = 0; j < d; ++j) reached += sign * T[j] * x[j];
      return reached;
    };
    offer(at(f.p), f.p, nullptr, 0, region, least);
    if (!placed || out.constant[o]) return rough;
    const double norm = std::sqrt(square), z = units_.value(out, o, f.p.data());
    const double* a = &out.a[size_t(o) * d];
    if (cell_.program(f, a, sign, z, -kInfinity, -1) != kOff) return rough;
    offer(at(cell_.x), cell_.x, cell_.active.data(), d, region, least);
    const double floor = cell_.floor_of(f, a, sign, z, out.err[o]) * norm;
    return std::max(rough, floor - 4.0 * kUnit * std::fabs(floor));
  }

  // The facets' half-spaces of the region stood in, normals one after another; false if one is out of range of doubles
  // or rounding moves it by more than sizes may be off.
  bool rows(const std::uint8_t* kinds, std::vector<double>& normals, std::vector<double>& offsets) const {
    normals.clear();
    offsets.clear();
    for (int r = 0; r < cell_.rows; ++r) {
      if (kinds[r] == kNone) continue;
      if (!(cell_.E[r] < kSteady * box_.wide)) return false;
      normals.insert(normals.end(), cell_.R.begin() + static_cast<std::ptrdiff_t>(r) * d,
                     cell_.R.begin() + static_cast<std::ptrdiff_t>(r + 1) * d);
      offsets.push_back(cell_.C[r]);
    }
    return true;
  }

  // No point of the region stood in is farther from its witness: a corner of a box around it whose sides are proved.
  double radius(bool placed) {
    if (!placed) return box_.wide;
    const Known& f = known_;
    double square = 0.0;
    for (int j = 0; j < d; ++j) {
      std::fill(axis_.begin(), axis_.end(), 0.0);
      axis_[j] = 1.0;
      double most = 0.0;
      for (double sign : {1.0, -1.0}) {
        if (cell_.program(f, axis_.data(), sign, 0.0, -kInfinity, -1) != kOff) return box_.wide;
        most = std::max(most, -cell_.floor_of(f, axis_.data(), sign, 0.0, 0.0));
      }
      square += most * most;
    }
    return std::min(std::sqrt(square), box_.wide);
  }

  // Look at who asked, now and then.
  void breathe() {
    if (patience.up()) patience.look(0, 0);
  }

 private:
  const Box box_;
  Composer units_;
  Polytope cell_;
  Known known_;
  bool fresh_ = true;
  std::vector<double> best_, y_point_, axis_;

  // Whether no other unit can be zero at the foot of y_point_ on the plane of a unit.
  bool alone(int unit, double near) const {
    for (int l = 0; l < units_.hidden; ++l) {
      const Composed& at = units_.layers[l];
      for (int i = 0; i < at.of.width; ++i) {
        if (at.of.first_unit + i == unit || at.of.below[i] == 1.0) continue;
        if (at.constant[i] == 2) return false;
        const double z = at.constant[i] ? std::fabs(at.c[i]) : std::fabs(units_.value(at, i, y_point_.data()));
        if (!(z > at.err[i] + (at.constant[i] ? 0.0 : near))) return false;
      }
    }
    return true;
  }

  void offer(double reached, const std::vector<double>& at, const int* active, int n, std::int64_t region,
             Least& least) {
    if (!(reached < least.value)) return;
    least.value = reached;
    least.region = region;
    least.at = at;
    least.active.clear();
    for (int k = 0; k < n; ++k)
      if (active[k] >= 0) least.active.push_back(cell_.side[active[k]] < 0 ? cell_.side[active[k]] : units_.column[cell_.side[active[k]]]);
  }
};

}  // namespace foldline::search
