// Volume and first moment of a convex polytope {x : A x + c >= 0} from its faces.
//
// A face of dimension k is a sum of cones from one point o of its plane over its own facets: with h the signed distance
// of o from a facet F, volume = sum h volume(F) / k (Lasserre 1983), and a cone's moment is h / (k + 1) (moment(F) +
// volume(F) o / k).  A face is named by the sides that meet in it and worked out once, whatever the order of the sides.
//
// That count is right where each face lies in the fewest sides possible.  So that it does for every polytope, each side
// is first moved out by a little of its own, and the volume taken back to first order: a side that moves by t adds t
// times its area.  What is left is of second order, kShift squared.

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace foldline::search {

// Far above the rounding of a plane (1e-15), far below the root of what volumes are to be exact to; in units of the
// distance to the farthest point.
constexpr double kShift = 0x1p-34;
// A volume below this share of what was taken back is good to 2^-10 or less, rounding being 2^-18 of that: its middle
// cannot be told, and is taken to be the point.
constexpr double kThin = 0x1p-8;
// Rows shorter than this in the plane of a face, of length 1 outside, are known to 2^-39 of their own: where such a side
// cuts the face, its place is not told, and neither is the volume.
// Shorter still, two sides are one within rounding, and what moved them apart decides.
constexpr double kShort = 0x1p-14, kSame = 0x1p-44;
constexpr double kRoom = 1.25;  // for what moving the sides out adds to the distance of the farthest point
constexpr double kGolden = 0.6180339887498949;  // multiples of it, modulo 1, stay apart
constexpr int kMostInputs = 16;                 // sides that meet in a polygon, and two more

class Moments {
 public:
  explicit Moments(int d) : d_(d), planes_(static_cast<std::size_t>(d)) {}

  // Returns the volume, not a number if sides are too near to parallel to tell; moment (d) is the integral of x.  `p` is inside and no point is farther from it than `far`;
  // `breathe` is called now and then.
  template <typename Breathe>
  double operator()(const std::vector<double>& normals, const std::vector<double>& offsets, const double* p, double far,
                    double* moment, Breathe breathe) {
    m_ = static_cast<int>(offsets.size());
    faces_.clear();
    doubt_ = false;
    Plane& top = planes_[0];
    top.A = normals;
    top.c = offsets;
    std::vector<double> shift(offsets.size());
    for (int i = 0; i < m_; ++i) {
      const double turn = kGolden * (i + 1);
      shift[i] = kShift * far * (1.0 + turn - std::floor(turn));
      top.c[i] += shift[i];
      for (int j = 0; j < d_; ++j) top.c[i] += normals[static_cast<std::size_t>(i) * d_ + j] * p[j];
    }
    top.basis.assign(static_cast<std::size_t>(d_) * d_, 0.0);
    for (int j = 0; j < d_; ++j) top.basis[static_cast<std::size_t>(j) * d_ + j] = 1.0;
    top.origin.assign(d_, 0.0);
    top.room = kRoom * far;
    const Face whole = measure(0, Key{}, breathe);
    double volume = whole.volume, taken = 0.0;
    std::copy_n(whole.moment.begin(), d_, moment);
    for (int i = 0; i < m_ && d_ > 2; ++i) {
      Key key{};
      key[0] = static_cast<std::uint16_t>(i + 1);
      const auto facet = faces_.find(key);
      if (facet == faces_.end()) continue;
      taken += shift[i] * facet->second.volume;
      for (int j = 0; j < d_; ++j) moment[j] -= shift[i] * facet->second.moment[j];
    }
    volume -= taken;
    for (int j = 0; j < d_; ++j) moment[j] = (volume > kThin * taken ? moment[j] : 0.0) + volume * p[j];
    return doubt_ ? std::nan("") : volume;
  }

 private:
  using Key = std::array<std::uint16_t, kMostInputs>;  // the sides that meet, from 1, rising; 0 for none
  struct Hash {
    std::size_t operator()(const Key& key) const {
      std::uint64_t hash = 14695981039346656037ull;  // FNV-1a
      for (std::uint16_t side : key) hash = (hash ^ side) * 1099511628211ull;
      return static_cast<std::size_t>(hash);
    }
  };
  struct Face {
    double volume = 0.0;
    std::array<double, kMostInputs> moment{};
  };
  // The plane of a face: x = origin + basis^T y, sides A y + c >= 0 in its own coordinates.
  // The face is nowhere farther than `room` from the origin, the foot of the point.
  struct Plane {
    std::vector<double> A, c, basis, origin;
    double room = 0.0;
  };

  int d_, m_ = 0;
  bool doubt_ = false;
  std::vector<Plane> planes_;
  std::unordered_map<Key, Face, Hash> faces_;
  std::vector<double> polygon_, clipped_, beside_;

  static double length(const double* a, int k) {
    double square = 0.0;
    for (int j = 0; j < k; ++j) square += a[j] * a[j];
    return std::sqrt(square);
  }

  // Whether a side holds on a whole ball around the square of `flat` (1), nowhere in it (-1), or passes through it.
  // The ball must hold the square's corners: a side left out could else have cut away what lies there of an empty face.
  int reach(const Plane& at, int i, int k) const {
    const double most = length(&at.A[static_cast<std::size_t>(i) * k], k) * 1.5 * at.room;
    return at.c[i] >= most ? 1 : at.c[i] < -most ? -1 : 0;
  }

  template <typename Breathe>
  Face measure(int depth, const Key& key, Breathe& breathe) {
    const int k = d_ - depth;
    if (k == 2) {
      breathe();
      return flat(planes_[depth], key, depth);
    }
    Face out;
    for (int i = 0; i < m_; ++i)
      if (!has(key, depth, i) && reach(planes_[depth], i, k) < 0) return out;
    for (int i = 0; i < m_; ++i) {
      if (has(key, depth, i) || reach(planes_[depth], i, k) > 0) continue;
      const Key facet_key = with(key, depth, i);
      auto known = faces_.find(facet_key);
      if (known == faces_.end()) {
        const Face facet = reduce(depth, i) ? measure(depth + 1, facet_key, breathe) : Face{};
        known = faces_.emplace(facet_key, facet).first;
      }
      const Face& facet = known->second;
      if (facet.volume == 0.0) continue;
      const Plane& at = planes_[depth];
      const double height = at.c[i] / length(&at.A[static_cast<std::size_t>(i) * k], k);
      out.volume += height * facet.volume / k;
      for (int j = 0; j < d_; ++j)
        out.moment[j] += height / (k + 1) * (facet.moment[j] + facet.volume * at.origin[j] / k);
    }
    return out;
  }

  static bool has(const Key& key, int n, int i) {
    for (int k = 0; k < n; ++k)
      if (key[k] == i + 1) return true;
    return false;
  }

  static Key with(const Key& key, int n, int i) {
    Key out = key;
    int k = n;
    for (; k > 0 && out[k - 1] > i + 1; --k) out[k] = out[k - 1];
    out[k] = static_cast<std::uint16_t>(i + 1);
    return out;
  }

  // The plane where side i is zero, in coordinates turned by a Householder reflection that takes its normal to axis 0;
  // false if it is too far away to hold a part of the face.
  bool reduce(int depth, int i) {
    const Plane& at = planes_[depth];
    Plane& to = planes_[depth + 1];
    const int k = d_ - depth;
    const double* a = &at.A[static_cast<std::size_t>(i) * k];
    const double norm = length(a, k), turn = a[0] >= 0.0 ? 1.0 : -1.0, height = at.c[i] / norm;
    if (std::fabs(height) >= at.room) return false;
    to.room = std::sqrt((at.room - height) * (at.room + height));
    std::array<double, kMostInputs> u{};
    double square = 0.0;
    for (int j = 0; j < k; ++j) {
      u[j] = a[j] / norm + (j == 0 ? turn : 0.0);
      square += u[j] * u[j];
    }
    const auto turned = [&](const double* from, int stride, double* out) {  // all but axis 0 of (1 - 2 u u' / u'u) from
      double share = 0.0;
      for (int j = 0; j < k; ++j) share += u[j] * from[static_cast<std::ptrdiff_t>(j) * stride];
      share *= 2.0 / square;
      for (int j = 1; j < k; ++j)
        out[static_cast<std::ptrdiff_t>(j - 1) * stride] = from[static_cast<std::ptrdiff_t>(j) * stride] - share * u[j];
    };
    to.A.resize(static_cast<std::size_t>(m_) * (k - 1));
    to.c.resize(m_);
    for (int r = 0; r < m_; ++r) {
      const double* row = &at.A[static_cast<std::size_t>(r) * k];
      double across = 0.0;
      for (int j = 0; j < k; ++j) across += row[j] * a[j];
      to.c[r] = at.c[r] - across / norm * height;
      turned(row, 1, &to.A[static_cast<std::size_t>(r) * (k - 1)]);
      const double left = length(&to.A[static_cast<std::size_t>(r) * (k - 1)], k - 1);
      doubt_ = doubt_ || (left < kShort && left > kSame && reach(to, r, k - 1) == 0);
    }
    to.basis.resize(static_cast<std::size_t>(k - 1) * d_);
    to.origin = at.origin;
    for (int j = 0; j < d_; ++j) {
      for (int e = 0; e < k; ++e) to.origin[j] -= height * a[e] / norm * at.basis[static_cast<std::size_t>(e) * d_ + j];
      turned(&at.basis[j], d_, &to.basis[j]);
    }
    return true;
  }

  // A polygon: the square that surely holds it, clipped side by side.
  Face flat(const Plane& at, const Key& key, int depth) {
    const double s = at.room;
    polygon_ = {-s, -s, s, -s, s, s, -s, s};
    for (int i = 0; i < m_; ++i) {
      if (has(key, depth, i)) continue;
      const int known = reach(at, i, 2);
      if (known > 0) continue;
      if (known < 0) return {};
      clip(&at.A[static_cast<std::size_t>(i) * 2], at.c[i]);
      if (polygon_.size() < 6) return {};
    }
    double area = 0.0, x = 0.0, y = 0.0;
    const double x0 = polygon_[0], y0 = polygon_[1];
    for (std::size_t n = 2; n + 3 < polygon_.size(); n += 2) {
      const double ax = polygon_[n] - x0, ay = polygon_[n + 1] - y0;
      const double bx = polygon_[n + 2] - x0, by = polygon_[n + 3] - y0;
      const double half = 0.5 * (ax * by - ay * bx);
      area += half;
      x += half * (ax + bx) / 3.0;
      y += half * (ay + by) / 3.0;
    }
    x += area * x0;
    y += area * y0;
    Face out;
    out.volume = area;
    for (int j = 0; j < d_; ++j) out.moment[j] = area * at.origin[j] + x * at.basis[j] + y * at.basis[d_ + j];
    return out;
  }

  // Keep what of the polygon is on the positive side (Sutherland and Hodgman 1974).
  void clip(const double* a, double c) {
    const std::size_t n = polygon_.size() / 2;
    beside_.resize(n);
    bool all = true;
    for (std::size_t k = 0; k < n; ++k) {
      beside_[k] = a[0] * polygon_[2 * k] + a[1] * polygon_[2 * k + 1] + c;
      all = all && beside_[k] >= 0.0;
    }
    if (all) return;
    clipped_.clear();
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t next = k + 1 < n ? k + 1 : 0;
      if (beside_[k] >= 0.0) clipped_.insert(clipped_.end(), {polygon_[2 * k], polygon_[2 * k + 1]});
      if ((beside_[k] >= 0.0) == (beside_[next] >= 0.0)) continue;
      const double t = beside_[k] / (beside_[k] - beside_[next]);
      for (std::size_t j = 0; j < 2; ++j)
        clipped_.push_back(polygon_[2 * k + j] + t * (polygon_[2 * next + j] - polygon_[2 * k + j]));
    }
    polygon_.swap(clipped_);
  }
};

}  // namespace foldline::search
