// Questions that doubles leave open: settled in pairs of doubles, or by the arbiter.
#pragma once

#include <algorithm>
#include <vector>

#include "core/complex/arbiter.hpp"
#include "core/complex/complex.hpp"
#include "core/complex/doubled.hpp"
#include "core/complex/origin.hpp"
#include "core/complex/stage.hpp"
#include "core/workers.hpp"

namespace foldline::complex {

// The arbiter and what it was asked, by all workers together.
struct Asked {
  Arbiter* arbiter = nullptr;
  Mutex lock;
  i32 n_known = 0;
  u64 signs = 0, orders = 0, rows = 0;

  void begin(Arbiter* whom) {
    arbiter = whom;
    n_known = 0;
    signs = orders = rows = 0;
  }
};

template <int D> class Questions {
 public:
  Questions(Complex<D>& complex, const Stage<D>& stage, const Origin& origin, Doubled<D>& doubled, Asked& asked)
      : c_(complex), at_(stage), origin_(origin), doubled_(doubled), asked_(asked) {}

  void begin(Questions* parent) { parent_ = parent; }

  // Give a vertex the signs of the units in doubt.
  void signs(i32 v, u64 doubt) {
    if (!at_.rational) doubt = doubled_.settle_signs(v, doubt);
    if (!doubt) return;
    const Hold held(asked_.lock);
    make_known(v);
    std::vector<int> units;
    for (u64 m = doubt; m; m &= m - 1) units.push_back(at_.from + __builtin_ctzll(m));
    const std::vector<int> answer = asked_.arbiter->signs(c_.trust[v].known, at_.layer, units);
    size_t i = 0;
    for (u64 m = doubt; m; m &= m - 1, ++i) {
      const u64 bit = m & (~m + 1);
      if (answer[i] > 0) c_.sign[v].pos |= bit;
      if (answer[i] < 0) c_.sign[v].neg |= bit;
    }
    ++asked_.signs;
  }

  // Exact order of crossings: t becomes the rounded exact parameter, err the rank (equal ranks meet in one vertex).
  // Returns how far the parameters may be off.
  double order(i32 a, i32 b, Crossings& list, double bearable) {
    double error = 2 * ULP;
    if (!at_.rational && doubled_.settle_order(a, b, list, bearable, error)) return error;
    const Hold held(asked_.lock);
    make_known(a);
    make_known(b);
    std::vector<int> units;
    for (const Crossing& c : list) units.push_back(at_.from + c.unit);
    const Arbiter::Order answer = asked_.arbiter->crossings(c_.trust[a].known, c_.trust[b].known, at_.layer, units);
    for (size_t i = 0; i < list.size(); ++i) list[i].err = answer.ranks[i], list[i].t = answer.parameters[i];
    std::sort(list.begin(), list.end(), [](const Crossing& p, const Crossing& q) { return p.err < q.err || (p.err == q.err && p.unit < q.unit); });
    ++asked_.orders;
    return error;
  }

  // The place of a vertex and its activations, rounded; ``off`` and ``error`` say how far they may be off besides.
  void row(i32 v, double* place, double* activations, double& off, double& error) {
    if (!at_.rational && doubled_.settle_row(v, place, activations, off, error)) return;
    const Hold held(asked_.lock);
    make_known(v);
    asked_.arbiter->activations(c_.trust[v].known, at_.layer, activations);
    asked_.arbiter->where(c_.trust[v].known, place);
    ++asked_.rows;
  }

 private:
  Complex<D>& c_;
  const Stage<D>& at_;
  const Origin& origin_;
  Doubled<D>& doubled_;
  Asked& asked_;
  Questions* parent_ = nullptr;

  // Under the lock.
  void make_known(i32 v) {
    i32& known = c_.trust[v].known;
    if (known >= 0) return;
    if (origin_.holds(v)) {
      parent_->make_known(origin_.v[v]);
      known = parent_->c_.trust[origin_.v[v]].known;
      return;
    }
    const Birth& birth = c_.born[v];
    if (birth.a < 0) {
      known = asked_.n_known++;
      asked_.arbiter->corner(known, v, &c_.x[size_t(v) * D]);
      return;
    }
    make_known(birth.a);
    make_known(birth.b);
    const int l = at_.layer_of(birth.unit);
    known = asked_.n_known++;
    asked_.arbiter->born(known, c_.trust[birth.a].known, c_.trust[birth.b].known, l, birth.unit - at_.layers()[l].first_unit);
  }
};

}  // namespace foldline::complex
