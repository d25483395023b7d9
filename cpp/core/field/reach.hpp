// How far the output can be from what it is at the corners of a convex cell.
//
// Every point of a cell is a mix of its corners.  Of a layer, ``down`` and ``up`` bound how far each value may lie below and
// above the same mix of its values at the corners.  Before the first unit that changes sign they are 0.  A convex unit lies
// below the mix of its own values by what it lies below its chord at most, which is at its joint, and never above it.
//
// The bounds of a convex unit by its chord: Ehlers 2017, "Formal verification of piece-wise linear feed-forward neural
// networks", figure 2.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/eight.hpp"
#include "core/field/net.hpp"
#include "core/numbers.hpp"

namespace foldline::field {

// How far a unit with slope s below its joint lies from its chord over [a, b] at most.
ALWAYS_INLINE double gap_of(double a, double b, double s) { return a < 0 && b > 0 ? SLACK * std::fabs(1 - s) * (-a * b) / (b - a) : 0; }

// Take bounds of pre-activations, whose values at the corners lie in [lo, hi], through their units, in place.
ALWAYS_INLINE void bend(double lo, double hi, double s, double& down, double& up) {
  if (lo - down >= 0 || s == 1) return;
  const double d = down, u = up;
  if (hi + up <= 0) {
    down = s >= 0 ? s * d : -s * u, up = s >= 0 ? s * u : -s * d;
    return;
  }
  const double most = std::max(1.0, std::fabs(s)), gap = gap_of(lo, hi, s);
  down = most * (s < 0 ? std::max(d, u) : d) + (s < 1 ? gap : 0);
  up = most * (s < 0 ? std::max(d, u) : u) + (s < 1 ? 0 : gap);
}

struct Spread {
  const double* const* rows;  // of the corners
  int n;
  const double* error;        // how far a layer's values at them may be off
  const Net* net;
  size_t layer;               // whose bounds are known
  double *down, *up;          // of its activations; scratch beyond
  double *next_down, *next_up;
};

struct SpreadOn {
  // Returns the bounds of the output in down[0] and up[0].
  template <class E> static ALWAYS_INLINE void run(const Spread& s) {
    double *down = s.down, *up = s.up, *next_down = s.next_down, *next_up = s.next_up;
    for (size_t l = s.layer; l < s.net->hidden; ++l) {
      const Layer &here = s.net->layers[l], &to = s.net->layers[l + 1];
      for (int j = 0; j < to.stride; ++j) next_down[j] = next_up[j] = 0;
      for (int k = 0; k < here.width; ++k) {
        const double d = down[k], u = up[k];
        if (d == 0 && u == 0) continue;
        const double* w = &to.transposed[size_t(k) * to.stride];
        VECTORS
        for (int j = 0; j < to.stride; ++j) {
          const double above = w[j] > 0 ? w[j] : 0, under = above - w[j];
          next_down[j] += above * d + under * u;
          next_up[j] += above * u + under * d;
        }
      }
      std::swap(down, next_down), std::swap(up, next_up);
      if (l + 1 == s.net->hidden) break;
      for (int j = 0; j < to.stride; ++j) {
        double lo = s.rows[0][to.first_row + j], hi = lo;
        for (int v = 1; v < s.n; ++v) {
          const double z = s.rows[v][to.first_row + j];
          lo = z < lo ? z : lo, hi = z > hi ? z : hi;
        }
        down[j] *= SLACK, up[j] *= SLACK;
        bend(lo - s.error[l + 1], hi + s.error[l + 1], to.below[j], down[j], up[j]);
      }
    }
    s.down[0] = SLACK * down[0] + LEAST, s.up[0] = SLACK * up[0] + LEAST;
  }
};
const auto spread = eight::contracted<SpreadOn>;

// The least and the largest of a value at the corners of a cell.
inline std::pair<double, double> ends(const double* const* rows, int n, int at) {
  double lo = rows[0][at], hi = lo;
  for (int v = 1; v < n; ++v) lo = std::min(lo, rows[v][at]), hi = std::max(hi, rows[v][at]);
  return {lo, hi};
}

// Scratch of the bounds, and what is asked of them; one a thread.
class Reach {
 public:
  explicit Reach(const Net& net) : net_(net) {
    size_t most = 8;
    for (const Layer& layer : net.layers) most = std::max(most, size_t(layer.stride));
    for (auto* one : {&down, &up, &next_down_, &next_up_}) one->assign(most, 0.0);
  }

  Doubles down, up;  // of a layer's activations; set before asking

  // Whether the level may lie in a cell with these rows at its corners, whose values are off by ``error`` at most.
  bool may_meet(const double* const* rows, int n, const double* error, size_t layer) {
    const auto [lo, hi] = ends(rows, n, net_.output());
    const double off = error[net_.hidden];
    if (!(lo - off > 0) && !(hi + off < 0)) return true;
    spread({rows, n, error, &net_, layer, down.data(), up.data(), next_down_.data(), next_up_.data()});
    return lo > 0 ? !(lo - off - down[0] > 0) : !(hi + off + up[0] < 0);
  }

  // Bounds of what a layer reads are bounds of its activations after this.
  void through(const double* const* rows, int n, const double* error, size_t l) {
    const Layer& layer = net_.layers[l];
    for (int j = 0; j < layer.width; ++j) {
      const auto [lo, hi] = ends(rows, n, layer.first_row + j);
      bend(lo - error[l], hi + error[l], layer.below[j], down[j], up[j]);
    }
  }

 private:
  const Net& net_;
  Doubles next_down_, next_up_;
};

// How far values may be off at the corners of a cell: of unit u of layer l, norm of its weights * (first[l] + second[l] * delta)
// plus its bias times a few roundings, where delta is how far the corner is from the true one.
struct Errors {
  std::vector<double> first, second, all;

  // ``reads``: how far what is read may be off; ``read``, ``z``: at least the norm of what is read and of the first layer's
  // pre-activations; ``slope``: how fast these change with the shares of the corners.
  void begin(const Net& net, double reads, double read, double z, double slope) {
    const size_t L = net.layers.size();
    first.resize(L), second.resize(L), all.resize(L);
    double off = 0, rate = slope, size = z;  // of all values of the layer together
    for (size_t l = 0; l < L; ++l) {
      const double gamma = net.error_of_sums(l) + (l ? 0 : 40 * ULP);
      if (l == 0) {
        first[0] = SLACK * (reads + gamma * read), second[0] = slope;
        off = net.sizes[0].norm * reads + gamma * (net.sizes[0].frobenius * read + net.sizes[0].bias_norm) + LEAST;
      } else {
        const Sizes &before = net.sizes[l - 1], &here = net.sizes[l];
        const double h = before.slope_max * size, h_off = before.slope_max * off + 2 * ULP * h, h_rate = before.slope_max * rate;
        first[l] = SLACK * (h_off + gamma * h), second[l] = SLACK * h_rate;
        off = SLACK * (here.norm * h_off + gamma * (here.frobenius * h + here.bias_norm)) + LEAST;
        rate = SLACK * here.norm * h_rate;
        size = SLACK * (here.norm * h + here.bias_norm);
      }
    }
  }

  double of_bias(const Net& net, size_t l, double bias) const { return (net.error_of_sums(l) + (l ? 0 : 40 * ULP)) * std::fabs(bias) + LEAST; }

  // Of any unit of a layer; of the first one, ``second`` holds the norms already.
  double most(const Net& net, size_t l, double delta) const {
    const double rate = l ? net.norm_max[l] * second[l] : second[0];
    return SLACK * (net.norm_max[l] * first[l] + rate * delta) + of_bias(net, l, net.bias_max[l]);
  }

  void most_of_all(const Net& net, double delta) {
    for (size_t l = 0; l < all.size(); ++l) all[l] = most(net, l, delta);
  }
};

}  // namespace foldline::field
