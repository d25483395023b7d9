// Questions about single regions that the search has found: which of their sides are facets, where an output is least.

#pragma once

#include "core/search/cells.hpp"

namespace {

// The least of an output, or of its negative, over the regions so far.
struct Least {
  double value = kInfinity;
  std::int64_t region = -1;
  std::vector<double> at;
  std::vector<std::int32_t> active;  // the sides that meet there, as columns of the patterns or sides of the box
};

// Of the size of the box, how much rounding may move a side whose region is measured in floats: volumes are to sum to the
// box's with a relative error of 1e-9.
constexpr double kSteady = 0x1p-36;

class Inspection : public Search {
 public:
  // What is known of a side of a region: it does not touch it; it is a facet and no other unit is zero there; it is a
  // facet and perhaps others are; rounding hides it.
  enum Side : std::uint8_t { kNone = 0, kAlone = 1, kShared = 2, kHidden = 3 };

  Inspection(const std::vector<Matrix>& weights, const std::vector<Vector>& biases, const std::vector<Vector>& below,
             Vector low, Vector high)
      : Search(weights, biases, below, low, high) {
    started_ = polled_ = std::chrono::steady_clock::now();
    progress = nb::none();
    most_seconds = kInfinity;
    for (std::size_t u = 0; u < folds_.size(); ++u)
      if (folds_[u]) unit_.push_back(static_cast<int>(u));
    for (std::size_t l = 0; l < layers.size(); ++l)
      for (int i = 0; i < layers[l].n; ++i)
        if (layers[l].first + i < static_cast<int>(folds_.size()) && static_cast<int>(l) < hidden_)
          layer_.push_back(static_cast<int>(l));
    y_point_.resize(d);
    axis_.resize(d);
  }

  // Stand in a region: its layers as affine functions, its sides as rows, its point as the witness; false if rounding
  // leaves no room around the point.
  bool stand(const std::uint8_t* bits, const double* p, const std::int32_t* sides_of, std::size_t n) {
    int changed = fresh_ ? -1 : hidden_;
    for (std::size_t c = unit_.size(); c-- > 0;)
      if (pattern_[unit_[c]] != bits[c]) {
        changed = std::min(changed, layer_[unit_[c]]);
        pattern_[unit_[c]] = bits[c];
      }
    for (int l = changed + 1; l <= hidden_; ++l) compose(l);
    fresh_ = false;
    while (rows_ > 0) pop();
    for (std::size_t k = 0; k < n; ++k) {
      if (sides_of[k] < 0) {
        push_box(sides_of[k]);
        continue;
      }
      const int unit = unit_[sides_of[k]];
      const Layer& at = layers[layer_[unit]];
      push(at, unit - at.first, pattern_[unit]);
      if (at.constant[unit - at.first]) E_[rows_ - 1] = kInfinity;  // out of the range of doubles: no room
    }
    Frame& f = frame(0);
    std::copy(p, p + d, f.p.begin());
    if ((++nodes & (kPoll - 1)) == 0) poll();
    return place(f);
  }

  Side side(int r) {
    const Frame& f = frame(0);
    const double* a = &R_[static_cast<std::size_t>(r) * d];
    const double z = f.slack[r], err = E_[r];
    const int found = program(f, a, 1.0, z, -4.0 * err, r);
    if (found == kOff) return floor_of(f, a, 1.0, z, err) > 0.0 ? kNone : kHidden;
    if (found != kCuts) return kHidden;
    double beyond = C_[r];
    for (int j = 0; j < d; ++j) beyond += a[j] * x_[j];
    if (!(beyond < 0.0)) return kHidden;
    double off = C_[r];
    for (int j = 0; j < d; ++j) {
      y_point_[j] = f.p[j] + z / (z - beyond) * (x_[j] - f.p[j]);
      off += a[j] * y_point_[j];
    }
    // The true foot of the point on the side's plane is within this of it, so that rows change by no more.
    const double near = std::fabs(off) + 2.0 * err + gamma(2 * d + 8) * wide_;
    affine(A_.data(), C_.data(), ld, padded(rows_), d, y_point_.data(), best_.data());
    for (int k = 0; k < rows_; ++k)
      if (k != r && !(best_[k] > E_[k] + near)) return kHidden;
    return side_[r] < 0 || alone(side_[r], near) ? kAlone : kShared;
  }

  // Take an output of the region into account; returns a bound from below that holds on the whole region.
  double descend_output(int o, double sign, bool placed, std::int64_t region, Least& least) {
    const Layer& out = layers[hidden_];
    const double* T = &out.T[static_cast<std::size_t>(o) * (d + 1)];
    double low = sign * T[d], size = std::fabs(T[d]), square = 0.0;
    for (int j = 0; j < d; ++j) {
      low += std::min(sign * T[j] * lo[j], sign * T[j] * hi[j]);
      size += std::fabs(T[j]) * reach[j];
      square += T[j] * T[j];
    }
    const double rough = low - out.Terr[o] - gamma(2 * d + 8) * size;
    const Frame& f = frame(0);
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
    const double norm = std::sqrt(square), z = value(out, o, f.p.data());
    const double* a = &out.a[static_cast<std::size_t>(o) * d];
    if (program(f, a, sign, z, -kInfinity, -1) != kOff) return rough;
    offer(at(x_), x_, active_.data(), d, region, least);
    const double floor = floor_of(f, a, sign, z, out.err[o]) * norm;
    return std::max(rough, floor - 4.0 * kUnit * std::fabs(floor));
  }

  // The facets' half-spaces of the region stood in, normals one after another; false if one is out of range of doubles
  // or rounding moves it by more than sizes may be off.
  bool rows(const std::uint8_t* kinds, std::vector<double>& normals, std::vector<double>& offsets) const {
    normals.clear();
    offsets.clear();
    for (int r = 0; r < rows_; ++r) {
      if (kinds[r] == kNone) continue;
      if (!(E_[r] < kSteady * wide_)) return false;
      normals.insert(normals.end(), R_.begin() + static_cast<std::ptrdiff_t>(r) * d,
                     R_.begin() + static_cast<std::ptrdiff_t>(r + 1) * d);
      offsets.push_back(C_[r]);
    }
    return true;
  }

  // No point of the region stood in is farther from its witness: a corner of a box around it whose sides are proved.
  double radius(bool placed) {
    if (!placed) return wide_;
    const Frame& f = frame(0);
    double square = 0.0;
    for (int j = 0; j < d; ++j) {
      std::fill(axis_.begin(), axis_.end(), 0.0);
      axis_[j] = 1.0;
      double most = 0.0;
      for (double sign : {1.0, -1.0}) {
        if (program(f, axis_.data(), sign, 0.0, -kInfinity, -1) != kOff) return wide_;
        most = std::max(most, -floor_of(f, axis_.data(), sign, 0.0, 0.0));
      }
      square += most * most;
    }
    return std::min(std::sqrt(square), wide_);
  }

  void breathe() {
    if ((++nodes & (kPoll - 1)) == 0) poll();
  }

 private:
  bool fresh_ = true;
  std::vector<int> unit_, layer_;  // the unit of each column of the patterns; the layer of each unit
  std::vector<double> y_point_, axis_;

  // Whether no other unit can be zero at the foot of y_point_ on the plane of a unit.
  bool alone(int unit, double near) const {
    for (int l = 0; l < hidden_; ++l) {
      const Layer& at = layers[l];
      for (int i = 0; i < at.n; ++i) {
        if (at.first + i == unit || at.below[i] == 1.0) continue;
        if (at.constant[i] == 2) return false;
        const double z = at.constant[i] ? std::fabs(at.c[i]) : std::fabs(value(at, i, y_point_.data()));
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
      if (active[k] >= 0) least.active.push_back(side_[active[k]] < 0 ? side_[active[k]] : column_[side_[active[k]]]);
  }
};

}  // namespace
