// A plane cut by lines: the polygon that the level set is on a region.
#pragma once

#include <algorithm>
#include <cmath>

namespace foldline::march {

constexpr double FLAT = 0x1p-480;      // squares of smaller slopes are no doubles of full precision
constexpr int MAX_CORNERS = 244;      // of a polygon while it is cut; not a power of two, so that arrays do not alias

// A convex polygon in a plane, counter-clockwise; edge k runs from corner k to corner k + 1 along line label[k].
struct Polygon {
  int n = 0;
  bool full = false;  // a cut was left out
  double most = 0;    // of the last line on the corners it met
  double *x = xs_[0], *y = ys_[0];
  int* label = labels_[0];

  Polygon() = default;
  Polygon(const Polygon&) = delete;
  Polygon& operator=(const Polygon&) = delete;
  void square(double half) {
    n = 4, full = false;
    const double sx[4] = {-1, 1, 1, -1}, sy[4] = {-1, -1, 1, 1};
    for (int k = 0; k < 4; ++k) x[k] = half * sx[k], y[k] = half * sy[k], label[k] = -1 - k;
  }
  // Keep the side a x + b y + c >= 0; whether anything went.
  bool cut(double a, double b, double c, int name) {
    double s[MAX_CORNERS], least = INFINITY;
    most = -INFINITY;
    for (int k = 0; k < n; ++k) {
      s[k] = a * x[k] + b * y[k] + c;
      least = std::min(least, s[k]), most = std::max(most, s[k]);
    }
    if (least >= 0) return false;
    if (n + 2 > MAX_CORNERS) { full = true; return false; }  // keeping too much is what a superset may do
    const int other = x == xs_[0];
    double *nx = xs_[other], *ny = ys_[other];
    int *nl = labels_[other], m = 0;
    for (int k = 0; k < n; ++k) {
      int next = k + 1 == n ? 0 : k + 1;
      bool in = s[k] >= 0, then = s[next] >= 0;
      if (in) nx[m] = x[k], ny[m] = y[k], nl[m++] = label[k];
      if (in == then) continue;
      double t = s[k] / (s[k] - s[next]);
      nx[m] = x[k] + t * (x[next] - x[k]), ny[m] = y[k] + t * (y[next] - y[k]), nl[m++] = in ? name : label[k];
    }
    n = m, x = nx, y = ny, label = nl;
    return true;
  }
  bool unbounded() const { return std::any_of(label, label + n, [](int l) { return l < 0; }); }
  double reach() const {  // the square of the radius
    double square = 0;
    for (int k = 0; k < n; ++k) square = std::max(square, x[k] * x[k] + y[k] * y[k]);
    return square;
  }
  double radius() const { return std::sqrt(reach()); }

 private:
  double xs_[2][MAX_CORNERS], ys_[2][MAX_CORNERS];  // a cut writes the pair not in use
  int labels_[2][MAX_CORNERS];
};

// A plane with an origin near a point and two directions inside; e1 x e2 = normal.
struct Frame {
  double p[3], n[3], e1[3], e2[3], slope = 0;
  Frame(const double row[4], const double near[3]) {
    slope = std::sqrt(row[0] * row[0] + row[1] * row[1] + row[2] * row[2]);
    if (!(slope > FLAT)) { slope = 0; return; }
    for (int j = 0; j < 3; ++j) n[j] = row[j] / slope, p[j] = near[j];
    for (int twice = 0; twice < 2; ++twice) {
      double off = (row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3]) / slope;
      for (int j = 0; j < 3; ++j) p[j] -= off * n[j];
    }
    int small = std::fabs(n[0]) < std::fabs(n[1]) ? 0 : 1;
    if (std::fabs(n[2]) < std::fabs(n[small])) small = 2;
    double a[3] = {0, 0, 0};
    a[small] = 1;
    for (int j = 0; j < 3; ++j) e1[j] = a[j] - n[small] * n[j];
    double length = std::sqrt(e1[0] * e1[0] + e1[1] * e1[1] + e1[2] * e1[2]);
    for (double& v : e1) v /= length;
    e2[0] = n[1] * e1[2] - n[2] * e1[1], e2[1] = n[2] * e1[0] - n[0] * e1[2], e2[2] = n[0] * e1[1] - n[1] * e1[0];
  }
  void lift(double x, double y, double* out) const {
    for (int j = 0; j < 3; ++j) out[j] = p[j] + x * e1[j] + y * e2[j];
  }
};

double dot(const double* a, const double* b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

struct Line { double a, b, c, out; int row; };  // a x + b y + c >= 0 in a frame; out: slope along the normal

}  // namespace foldline::march
