// An arbiter for networks of small whole numbers: fractions of 128 bits.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "core/complex/arbiter.hpp"
#include "test/network.hpp"

namespace foldline::test {

__extension__ typedef __int128 Wide;

struct Fraction {
  Wide up = 0, down = 1;
  Fraction(double x = 0) : up(Wide(x)) {}  // a whole number
  Fraction(Wide p, Wide q) : up(q < 0 ? -p : p), down(q < 0 ? -q : q) {
    Wide a = up < 0 ? -up : up, b = down;
    while (b) a %= b, std::swap(a, b);
    if (a) up /= a, down /= a;
  }
  Fraction operator+(Fraction o) const { return {up * o.down + o.up * down, down * o.down}; }
  Fraction operator-(Fraction o) const { return {up * o.down - o.up * down, down * o.down}; }
  Fraction operator*(Fraction o) const { return {up * o.up, down * o.down}; }
  Fraction operator/(Fraction o) const { return {up * o.down, down * o.up}; }
  bool operator<(Fraction o) const { return up * o.down < o.up * down; }
  int sign() const { return up > 0 ? 1 : up < 0 ? -1 : 0; }
  double rounded() const { return double(up) / double(down); }
};

class Fractions : public complex::Arbiter {
 public:
  explicit Fractions(const Network& net) : net_(net) {}
  int asked = 0;

  void corner(i32 id, i32, const double* at) override {
    for (int k = 0; k < net_.widths[0]; ++k) places_[id].push_back(Fraction(at[k]));
  }

  void born(i32 id, i32 a, i32 b, int layer, int unit) override {
    const Fraction t = crossing(a, b, layer, unit);
    std::vector<Fraction> place;
    for (size_t k = 0; k < places_[a].size(); ++k) place.push_back(places_[a][k] + t * (places_[b][k] - places_[a][k]));
    places_[id] = place;
  }

  std::vector<int> signs(i32 id, int layer, const std::vector<int>& units) override {
    ++asked;
    std::vector<int> out;
    for (int unit : units) out.push_back(values(id, layer)[unit].sign());
    return out;
  }

  Order crossings(i32 a, i32 b, int layer, const std::vector<int>& units) override {
    ++asked;
    std::vector<Fraction> ts;
    for (int unit : units) ts.push_back(crossing(a, b, layer, unit));
    Order order;
    for (const Fraction& t : ts) {
      double rank = 0;
      for (const Fraction& other : ts) rank += other < t;
      order.ranks.push_back(rank), order.parameters.push_back(t.rounded());
    }
    return order;
  }

  void activations(i32 id, int layer, double* out) override {
    ++asked;
    for (Fraction z : values(id, layer)) *out++ = std::max(0.0, z.rounded());
  }

  void where(i32 id, double* out) override {
    for (Fraction x : places_[id]) *out++ = x.rounded();
  }

 private:
  const Network& net_;
  std::unordered_map<i32, std::vector<Fraction>> places_;

  std::vector<Fraction> values(i32 id, int layer) const {
    std::vector<Fraction> x = places_.at(id);
    for (int l = 0;; ++l) {
      std::vector<Fraction> z;
      for (size_t i = 0; i < net_.biases[l].size(); ++i) {
        z.push_back(Fraction(net_.biases[l][i]));
        for (size_t k = 0; k < x.size(); ++k) z[i] = z[i] + Fraction(net_.weights[l][i * x.size() + k]) * x[k];
      }
      if (l == layer) return z;
      for (Fraction& one : z)
        if (one.sign() < 0) one = Fraction(0);
      x = z;
    }
  }

  Fraction crossing(i32 a, i32 b, int layer, int unit) const {
    const Fraction za = values(a, layer)[unit], zb = values(b, layer)[unit];
    return za / (za - zb);
  }
};

}  // namespace foldline::test
