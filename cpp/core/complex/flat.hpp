// How far edges and faces that a unit cuts may be off the true ones.
#pragma once

#include <cmath>
#include <limits>

#include "core/complex/complex.hpp"
#include "core/complex/stage.hpp"
#include "core/complex/vertex_rows.hpp"

namespace foldline::complex {

template <int D> class Flat {
 public:
  Flat(const Complex<D>& complex, const Stage<D>& stage, const VertexRows<D>& rows) : c_(complex), at_(stage), rows_(rows) {}

  // How far the flat {unit j = 0} inside a flat that is ``tau`` off may be off, given the largest |z| + error at its
  // corners and a distance per unit of z within the parent flat.
  double offset(double residual, double per_z, double tau) const {
    return residual == 0 && tau == 0 ? 0 : SLACK * (residual * per_z + tau * (1 + at_.lipschitz * per_z)) + LEAST;
  }

  // A vertex where unit j is 0: its |z| there, and how far that may be off.
  struct OnFold {
    i32 v;
    double z, eps;
    double residual() const { return z + eps; }
  };
  OnFold on_fold(i32 v, int j) const { return {v, std::fabs(rows_.value(v, j)), c_.trust[v].eps}; }

  // A distance per unit of z of unit j, seen from a vertex where it is 0 towards another vertex; infinite if none is known.
  double spread(const OnFold& from, i32 to, int j) const {
    const double z = std::fabs(rows_.value(to, j)) - from.z - from.eps - c_.trust[to].eps;
    return z > 0 ? SLACK * c_.distance(from.v, to) / z : std::numeric_limits<double>::infinity();
  }

 private:
  const Complex<D>& c_;
  const Stage<D>& at_;
  const VertexRows<D>& rows_;
};

}  // namespace foldline::complex
