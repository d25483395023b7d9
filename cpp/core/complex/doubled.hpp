// Pairs of doubles, asked before exact rationals are.
//
// In the closure of a region every unit of the layers above it is one affine function, worked out here with 106 bits and a
// bound of its error.  A vertex of the region is the meeting of D named folds or box sides, a small linear system; signs
// and orders follow.  No error is handed from birth to birth, so nearly every question that a double leaves open is
// settled; what is left (folds that really meet, or all but meet) goes to the arbiter.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <vector>

#include "core/complex/complex.hpp"
#include "core/complex/origin.hpp"
#include "core/complex/stage.hpp"
#include "core/pairs.hpp"
#include "core/rows.hpp"
#include "core/workers.hpp"

namespace foldline::complex {

enum class Around { vertex, edge, face, region };

template <int D> class Doubled {
 public:
  // ``parent`` is that of the whole which the block was taken out of, if it is one.
  Doubled(Complex<D>& complex, const Stage<D>& stage, const Origin& origin) : c_(complex), at_(stage), origin_(origin) {}

  u64 settled = 0;  // questions

  void begin(Doubled* parent) {
    parent_ = parent;
    settled = tries_ = 0;
    names_.clear();
    count_generations();
  }

  // The cells are now those of the last generation.
  void count_generations() {
    c_.n_generations = c_.past.size();
    local_.region = -1;
  }

  // Where a question is asked; the region of the layers below in whose closure it lies is looked for when it is needed.
  void ask_around(Around what, i32 id) { around_ = what; around_id_ = id; }

  // Signs of the units in doubt at a vertex; returns those that are still in doubt.
  u64 settle_signs(i32 v, u64 doubt) {
    Place place;
    if (!worth_a_try() || !find_local() || !place_of(v, place)) return doubt;
    u64 left = 0;
    for (u64 m = doubt; m; m &= m - 1) {
      const u64 bit = m & (~m + 1);
      const Value found = value_at(place, at_.layer, at_.from + __builtin_ctzll(m));
      if (found.z.hi > found.error) c_.sign[v].pos |= bit;
      else if (found.z.hi < -found.error) c_.sign[v].neg |= bit;
      else left |= bit;
    }
    settled += left == 0;
    return left;
  }

  // The order of crossings from a to b as ask_order gives it, and in ``error`` how far the parameters may be off; false if
  // two are too near to tell or one is not known to within ``bearable``.
  bool settle_order(i32 a, i32 b, Crossings& list, double bearable, double& error) {
    Place from, to;
    if (!worth_a_try() || !find_local() || !place_of(a, from) || !place_of(b, to)) return false;
    struct Cut { Pair t; double error; int unit; };
    std::vector<Cut> cuts;
    double worst = 0;
    for (const Crossing& c : list) {
      const Value za = value_at(from, at_.layer, at_.from + c.unit), zb = value_at(to, at_.layer, at_.from + c.unit);
      const Pair d = add(za.z, minus(zb.z));
      const double sure = std::fabs(d.hi) - 4 * (za.error + zb.error);
      if (!(sure > 0) || (za.z.hi > 0) == (zb.z.hi > 0)) return false;
      cuts.push_back({over(za.z, d), SLACK * ((za.error + zb.error) / sure + 4 * PAIR_ULP), c.unit});
      worst = std::max(worst, cuts.back().error);
    }
    if (!(worst <= bearable)) return false;
    std::sort(cuts.begin(), cuts.end(), [](const Cut& p, const Cut& q) { return p.t.hi < q.t.hi || (p.t.hi == q.t.hi && p.t.lo < q.t.lo); });
    for (size_t i = 1; i < cuts.size(); ++i)
      if (!(add(cuts[i].t, minus(cuts[i - 1].t)).hi > SLACK * (cuts[i].error + cuts[i - 1].error))) return false;
    for (size_t i = 0; i < cuts.size(); ++i) list[i] = {cuts[i].t.hi, double(i), cuts[i].unit};
    error = ULP + worst;
    ++settled;
    return true;
  }

  // The vertex's place and activations, rounded, and how far these may be off; false if they are not known well.
  bool settle_row(i32 v, double* place, double* activations, double& off, double& error) {
    Place at;
    ask_around(Around::vertex, v);
    if (!worth_a_try() || !find_local() || !place_of(v, at)) return false;
    const Layer& layer = at_.layers()[at_.layer];
    const Sizes& sizes = at_.sizes()[at_.layer];
    double size = 0, sum = 0;
    for (int j = 0; j < layer.width; ++j) {
      const Value found = value_at(at, at_.layer, j);
      activations[j] = found.z.hi > 0 ? found.z.hi : times(found.z, {layer.below[j], 0}).hi;
      size += activations[j] * activations[j];
      sum += found.error * found.error;
    }
    off = at.off;
    error = SLACK * sizes.slope_max * std::sqrt(sum);
    if (!(error + sizes.lipschitz * sizes.slope_max * off <= at_.bearable(std::sqrt(size)) / 16)) return false;
    for (int k = 0; k < D; ++k) place[k] = at.x[k].hi;
    ++settled;
    return true;
  }

 private:
  Complex<D>& c_;
  const Stage<D>& at_;
  const Origin& origin_;
  Doubled* parent_ = nullptr;
  Around around_ = Around::region;
  i32 around_id_ = 0;

  template <class T> static i32 owner_of(const Buffer<i32>& list, const Buffer<T>& start, i32 id, int shift) {
    for (size_t i = 0; i < list.size(); ++i)
      if (list[i] >> shift == id) return i32(std::upper_bound(start.data(), start.data() + start.size(), i) - start.data()) - 1;
    return -1;
  }

  i32 region_here() const {
    if (D == 1) {
      if (around_ != Around::vertex) return around_id_;
      for (size_t e = 0; e < c_.n_edges(); ++e)
        if (c_.edges[e].a == around_id_ || c_.edges[e].b == around_id_) return i32(e);
      return -1;
    }
    i32 id = around_id_;
    if (around_ == Around::vertex) id = owner_of(c_.loops.v, c_.loops.start, id, 0);
    if (around_ == Around::edge) id = owner_of(c_.loops.e, c_.loops.start, id, 0);
    return D == 3 && around_ != Around::region && id >= 0 ? owner_of(c_.cell_faces, c_.cell_start, id, 1) : id;
  }

  // The pattern of a region below the current layer, a word a group: its bits stand in the generations that led to it.
  std::vector<std::vector<u64>> pattern_of(i32 region) const {
    std::vector<std::vector<u64>> out(at_.layer);
    const Doubled* at = this;
    for (size_t g = c_.n_generations;;) {
      if (g == 0) {
        if (!at->parent_) break;
        region += i32(at->origin_.first);
        at = at->parent_;
        g = at->c_.n_generations;
        continue;
      }
      --g;
      const Past& past = at->c_.past;
      if (past.group_layer[g] < at_.layer) out[past.group_layer[g]].insert(out[past.group_layer[g]].begin(), past.words[g][region]);
      region = past.parents[g][region];
    }
    return out;
  }

  // The affine pre-activations of the layers up to the current one on a region: row k of layer l stands at k * stride.
  struct Local {
    i32 region = -1;
    std::vector<std::vector<double>> hi, lo;
    std::vector<double> error;  // of all rows of a layer together, Euclidean
  };
  Local local_;

  bool find_local() {
    if (at_.reads) return false;  // what is read is affine in another way on each first cell
    const i32 region = region_here();
    if (region < 0) return false;
    if (local_.region == region && local_.hi.size() == size_t(at_.layer) + 1) return true;
    local_.region = region;
    local_.hi.clear();
    local_.lo.clear();
    local_.error.clear();
    const auto pattern = pattern_of(region);
    for (int l = 0; l <= at_.layer; ++l) push_local(l, l ? pattern[l - 1] : std::vector<u64>());
    return true;
  }

  void push_local(int l, const std::vector<u64>& pattern) {
    const Layer& layer = at_.layers()[l];
    const Sizes& sizes = at_.sizes()[l];
    std::vector<double> hi((D + 1) * layer.stride, 0.0), lo(hi);
    double error = LEAST;
    if (l == 0) {
      for (int k = 0; k <= D; ++k) std::memcpy(&hi[k * layer.stride], k < D ? &layer.transposed[k * layer.stride] : layer.bias.data(), layer.stride * sizeof(double));
    } else {
      const Layer& before = at_.layers()[l - 1];
      const std::vector<double> none(layer.stride, 0.0);
      std::vector<double> h(layer.inputs), rest(layer.inputs);
      double size = 0;
      for (int k = 0; k <= D; ++k) {
        for (int u = 0; u < layer.inputs; ++u) {
          const size_t at = size_t(k) * before.stride + u;
          const bool on = pattern[u / GROUP] >> u % GROUP & 1;
          const Pair value = on ? Pair{local_.hi[l - 1][at], local_.lo[l - 1][at]} : times({local_.hi[l - 1][at], local_.lo[l - 1][at]}, {before.below[u], 0});
          h[u] = value.hi;
          rest[u] = value.lo;
          size += value.hi * value.hi;
        }
        rows::pairs(layer.packed.data(), layer.inputs, layer.stride, k < D ? none.data() : layer.bias.data(), h.data(), rest.data(),
                        &hi[k * layer.stride], &lo[k * layer.stride]);
      }
      const double n = layer.inputs + 5;
      size = std::sqrt(size) + LEAST;
      error = LEAST + SLACK * (2 * n * n * ULP * ULP * (sizes.frobenius * size + sizes.bias_norm) + sizes.norm * (at_.sizes()[l - 1].slope_max * local_.error[l - 1] + PAIR_ULP * size));
    }
    local_.hi.push_back(std::move(hi));
    local_.lo.push_back(std::move(lo));
    local_.error.push_back(error);
  }

  // The folds and box sides a vertex is known to be the meeting of, D of them; NAMELESS where they do not follow from its birth.
  using Names = std::array<i32, D>;
  static constexpr i32 NAMELESS = std::numeric_limits<i32>::min();
  std::unordered_map<i32, Names> names_;
  Mutex names_lock_;  // of the whole, whose vertices the blocks share

  Names names_of(i32 v) {
    if (origin_.holds(v)) {
      const Hold held(parent_->names_lock_);
      return parent_->names_of(origin_.v[v]);
    }
    const auto found = names_.find(v);
    if (found != names_.end()) return found->second;
    Names names;
    if (c_.born[v].a < 0 && !at_.box) {
      names.fill(NAMELESS);
    } else if (c_.born[v].a < 0) {
      for (int k = 0; k < D; ++k) names[k] = -1 - (2 * k + (v >> k & 1));
    } else {
      const Names a = names_of(c_.born[v].a), b = names_of(c_.born[v].b);
      int n = 0;
      for (i32 name : a)
        if (n < D && name != NAMELESS && std::find(b.begin(), b.end(), name) != b.end()) names[n++] = name;
      if (n == D - 1) names[n] = c_.born[v].unit;
      else names.fill(NAMELESS);
    }
    return names_[v] = names;
  }

  struct Place { Pair x[D]; double off; };   // a point, and how far it may be from the true vertex
  struct Value { Pair z; double error; };

  // Unit j of layer l at a place, in the affine function of the local region.
  Value value_at(const Place& p, int l, int j) const {
    const int stride = at_.layers()[l].stride;
    const auto entry = [&](int k) { return Pair{local_.hi[l][size_t(k) * stride + j], local_.lo[l][size_t(k) * stride + j]}; };
    Pair z = entry(D);
    double terms = std::fabs(z.hi), slope = 0, size = 1;
    for (int k = 0; k < D; ++k) {
      const Pair product = times(entry(k), p.x[k]);
      z = add(z, product);
      terms += std::fabs(product.hi);
      slope += entry(k).hi * entry(k).hi;
      size += p.x[k].hi * p.x[k].hi;
    }
    return {z, SLACK * (2 * (D + 1) * PAIR_ULP * terms + local_.error[l] * std::sqrt(size) + (std::sqrt(slope) + local_.error[l]) * p.off)};
  }

  // A vertex of the local region as the meeting of what it is named after; false if that is not well determined.
  bool place_of(i32 v, Place& p) {
    const Names names = names_of(v);
    if (names[0] == NAMELESS) return false;
    double A[D][D], B[D][D], error = 0, size_A = 0, size_B = 0;
    Pair rhs[D];
    int layer[D], unit[D];
    for (int i = 0; i < D; ++i) {
      layer[i] = names[i] < 0 ? -1 : at_.layer_of(names[i]);
      unit[i] = names[i] < 0 ? -1 - names[i] : int(names[i]) - at_.layers()[layer[i]].first_unit;
      if (layer[i] > at_.layer) return false;
      const int stride = names[i] < 0 ? 0 : at_.layers()[layer[i]].stride;
      for (int k = 0; k < D; ++k) {
        A[i][k] = names[i] < 0 ? double(unit[i] >> 1 == k) : local_.hi[layer[i]][size_t(k) * stride + unit[i]];
        size_A += A[i][k] * A[i][k];
      }
      if (names[i] >= 0) error = std::max(error, local_.error[layer[i]]);
    }
    if (!invert(A, B)) return false;
    for (auto& line : B)
      for (double b : line) size_B += b * b;
    size_A = std::sqrt(size_A);
    size_B = SLACK * std::sqrt(size_B);
    // B is near the inverse of the true matrix: its distance is that of the computed product, roundings, lost low parts.
    double gap = 0;
    for (int i = 0; i < D; ++i)
      for (int j = 0; j < D; ++j) {
        double sum = i == j ? -1 : 0;
        for (int k = 0; k < D; ++k) sum += B[i][k] * A[k][j];
        gap += sum * sum;
      }
    gap = std::sqrt(gap) + size_B * (64 * ULP * size_A + error * D) + 64 * ULP;
    if (!(gap < 0.5)) return false;
    for (int k = 0; k < D; ++k) p.x[k] = {c_.x[size_t(v) * D + k], 0};
    p.off = 0;
    for (int round = 0;; ++round) {  // the residual in pairs, the correction in doubles
      double residual = 0, rounded = 0;
      for (int i = 0; i < D; ++i) {
        if (names[i] < 0) {
          const int axis = unit[i] >> 1;
          rhs[i] = add({-(unit[i] & 1 ? at_.hi[axis] : at_.lo[axis]), 0}, p.x[axis]);
          rounded += PAIR_ULP * std::fabs(p.x[axis].hi);
        } else {
          const Value value = value_at(p, layer[i], unit[i]);
          rhs[i] = value.z;
          rounded += value.error;
        }
        residual += rhs[i].hi * rhs[i].hi;
      }
      if (round == 3) {
        p.off = SLACK * 2 * size_B * (std::sqrt(residual) + rounded);
        return true;
      }
      for (int k = 0; k < D; ++k) {
        double step = 0;
        for (int i = 0; i < D; ++i) step += B[k][i] * rhs[i].hi;
        p.x[k] = add(p.x[k], {-step, 0});
      }
    }
  }

  static bool invert(const double (&A)[D][D], double (&B)[D][D]) {
    double det = 0;
    for (int i = 0; i < D; ++i)
      for (int j = 0; j < D; ++j) {
        if constexpr (D == 1) B[0][0] = 1;
        if constexpr (D == 2) B[j][i] = (i == j ? 1 : -1) * A[1 - i][1 - j];
        if constexpr (D == 3) {
          const int p = (i + 1) % 3, q = (i + 2) % 3, r = (j + 1) % 3, s = (j + 2) % 3;
          B[j][i] = A[p][r] * A[q][s] - A[p][s] * A[q][r];
        }
      }
    for (int k = 0; k < D; ++k) det += A[0][k] * B[k][0];
    for (auto& line : B)
      for (double& b : line) b /= det;
    return det != 0 && std::isfinite(det);
  }

  // Where folds meet in earnest, pairs cannot help: given up (until the next block) when few of many tries did.
    u64 tries_ = 0;
  bool worth_a_try() { return tries_ < 64 + 4 * settled && ++tries_; }
};

}  // namespace foldline::complex
