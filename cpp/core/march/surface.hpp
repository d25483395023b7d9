// The march: polygons of the level set, from region to region across their edges.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/eight.hpp"
#include "core/march/arbiter.hpp"
#include "core/march/budget.hpp"
#include "core/march/chain.hpp"
#include "core/march/listed.hpp"
#include "core/march/polygon.hpp"
#include "core/march/region_rows.hpp"
#include "core/march/walk.hpp"

namespace foldline::march {

constexpr double NEAR = 0x1p-20;      // vertices known worse than this (box in [-1, 1]) go to the arbiter
constexpr double ALL = 8.0;           // radius: the box fits in a ball of half this around any of its points
constexpr double TINY = 0x1p-200;     // above 0: a unit that is zero all over is near every point

// near[u] > 0 where row u can be zero within `radius` of p on the plane with unit normal n, errors included.
struct Nearby {
  template <class> static ALWAYS_INLINE void run(int rows, const double* const* A, const double* error, const double* usable, const double* p,
                     const double* n, double radius, double* __restrict near) {
    const double *X = A[0], *Y = A[1], *Z = A[2], *C = A[3];
    const double p0 = p[0], p1 = p[1], p2 = p[2], n0 = n[0], n1 = n[1], n2 = n[2];
    const double wide = radius * radius * 1.0625;  // (a + b)^2 <= (1 + 1/16) a^2 + 17 b^2
    for (int u = 0; u < rows; ++u) {
      const double x = X[u], y = Y[u], z = Z[u];
      const double value = x * p0 + y * p1 + z * p2 + C[u];
      const double along = x * n0 + y * n1 + z * n2;
      const double square = x * x + y * y + z * z, rest = square - along * along;
      const double across = (rest > 0 ? rest : 0.0) + 0x1p-44 * square;
      const double far = error[u] + 2 * NEAR * (std::fabs(x) + std::fabs(y) + std::fabs(z) + std::fabs(C[u])) + TINY;
      near[u] = (across * wide + 17 * far * far - value * value) * usable[u];
    }
  }
};
const auto nearby = eight::contracted<Nearby>;

class Surface {
 public:
  // ``arbiter``: where ``certify``; ``rational``: it is asked for everything.
  Surface(const Chain& chain, bool certify, bool rational, Arbiter* arbiter, Budget& budget)
      : chain_(chain), certify_(certify), rational_(rational), arbiter_(arbiter), budget_(budget), rows_(chain),
        close_(size_t(chain.rows)), near_(size_t(chain.rows) + 1) {}

  std::vector<double> vertices, gradients;
  std::vector<std::int64_t> corners, offsets{0}, box_edges;
  std::vector<std::uint32_t> region_of;
  std::vector<u64> patterns;
  std::vector<Key> keys;
  u64 asked = 0, flat = 0, doubtful = 0;
  double max_value = 0;
  bool finished = true;

  RegionRows& rows() { return rows_; }
  size_t waiting() const { return stack_.size(); }
  u64 polygons() const { return offsets.size() - 1; }

  Key key_of(const u64* pattern) const {
    Key key;
    for (int l = 0; l < chain_.hidden(); ++l) {
      const Layer& layer = chain_.layers[l];
      for (int w = 0; w < layer.words; ++w)
        for (u64 bits = pattern[layer.first_word + w]; bits; bits &= bits - 1)
          key = key ^ chain_.on[size_t(layer.first_row + w * 64 + __builtin_ctzll(bits))];
    }
    return key;
  }

  void seed(const u64* pattern, const double* p) { push(pattern, key_of(pattern), p, SEED); }

  void march() {
    while (!stack_.empty()) {
      if ((++visits_ & 255) == 0 && budget_.over(polygons(), 1.0)) { finished = false; return; }
      if (polygons() >= budget_.polygons) { finished = false; return; }
      Visit v = stack_.back();
      stack_.pop_back();
      visit(v);
    }
  }

 private:
  static constexpr int SEED = -1, NO_EDGE = -2;
  // Reached at p: a seed, or a point of the edge along a row between two vertices, if that is certain.
  struct Visit { std::uint32_t region; int row; double p[3]; std::int64_t first, last; };
  const Chain& chain_;
  bool certify_, rational_;
  Arbiter* arbiter_;
  Budget& budget_;
  RegionRows rows_;
  Table regions_, vertex_;
  std::vector<Visit> stack_;
  Doubles close_, distances_;
  std::vector<int> near_;
  Sides lines_;
  std::vector<Key> names_;
  Polygon polygon_;
  int row_of_edge_[MAX_CORNERS];
  double radius_ = 0.05;
  u64 visits_ = 0;

  void push(const u64* pattern, Key key, const double* p, int row, std::int64_t first = 0, std::int64_t last = 0) {
    auto [region, fresh] = regions_.insert(key, std::uint32_t(keys.size()));
    if (!fresh) return;
    keys.push_back(key);
    patterns.insert(patterns.end(), pattern, pattern + chain_.words);
    stack_.push_back({region, row, {p[0], p[1], p[2]}, first, last});
  }

  void visit(const Visit& v) {
    std::vector<u64>& wanted = scratch_;
    wanted.assign(patterns.begin() + std::ptrdiff_t(size_t(v.region) * chain_.words),
                  patterns.begin() + std::ptrdiff_t(size_t(v.region + 1) * chain_.words));
    rows_.load(wanted.data());
    Frame frame(rows_.level, v.p);
    int answer = frame.slope > 0 ? slice(frame, v.row) : DOUBT;
    if (answer == EMPTY && v.row == SEED && nowhere(frame)) return;
    if (answer == SURE && !rational_) return emit(v, frame, true);
    if (certify_) {
      visits_ |= 255;  // that took long: look at the budget before the next
      return ask(v);
    }
    ++doubtful;
    if (answer == DOUBT && frame.slope > 0 && polygon_.n >= 3) emit(v, frame, false);
  }
  std::vector<u64> scratch_;

  enum { SURE, DOUBT, EMPTY, OUTSIDE };  // OUTSIDE: farther than the lines that were drawn

  // The polygon of the region in its plane; whether its corners are certain.  `entry`: a row it has an edge on at the origin of
  // the frame, if one is known.
  int slice(const Frame& f, int entry) {
    for (double radius = 2.1 * radius_;; radius *= 4) {
      radius = std::min(radius, ALL);
      const int start = draw_near(f, entry, radius);
      int answer = start < lines_.n ? walk(f, start, radius) : DOUBT;
      if (answer == OUTSIDE && radius < ALL) continue;
      if (answer != SURE) answer = cut(f, radius);
      if (answer == OUTSIDE && radius < ALL) continue;
      return answer == OUTSIDE ? DOUBT : answer;
    }
  }

  // Draw the rows that can be zero within a radius; returns the place of one of them, or how many there are.  Where the region
  // need not have a point at the origin of the frame, rows on their wrong side there are drawn however far they are.
  int draw_near(const Frame& f, int wanted, double radius) {
    nearby(chain_.rows, rows_.A, rows_.error.data(), chain_.usable.data(), f.p, f.n, radius, close_.data());
    if (wanted < 0) keep_wrong(f.p);
    const int n = listed(close_.data(), chain_.rows, near_.data());
    lines_.resize(n);
    int place = n;
    for (int i = 0; i < n; ++i) {
      const int u = lines_.row[i] = near_[i];
      lines_.sign[i] = rows_.sign(u);
      if (u == wanted) place = i;
    }
    draw(rows_.A, rows_.error.data(), f, lines_);
    return place;
  }

  void keep_wrong(const double* p) {
    for (int u = 0; u < chain_.rows; ++u)
      if (chain_.usable[u] > 0 && rows_.sign(u) * rows_.at(u, p) < 0) close_[size_t(u)] = 1;
  }

  // Cut a square by the lines, the nearest first: what they leave is soon out of reach of the others.
  int cut(const Frame& f, double radius) {
    const int n = lines_.n;
    distances_.resize(size_t(n));
    for (int i = 0; i < n; ++i) {
      const Line l = lines_[i];
      const double square = l.a * l.a + l.b * l.b;
      distances_[i] = !(l.c > 0) ? 0.0 : square > 0 ? l.c * l.c / square : INFINITY;
    }
    polygon_.square(radius * 0.7);
    double reach = polygon_.reach();
    for (;;) {
      const int i = int(std::min_element(distances_.begin(), distances_.end()) - distances_.begin());
      if (i == n || !(distances_[i] <= reach)) break;
      const Line l = lines_[i];
      distances_[i] = INFINITY;
      if (!polygon_.cut(l.a, l.b, l.c, i)) continue;
      if (polygon_.n == 0) return gone(l) ? EMPTY : DOUBT;
      reach = polygon_.reach();
    }
    if (polygon_.full) return DOUBT;
    if (polygon_.unbounded()) return OUTSIDE;
    radius_ += (polygon_.radius() - radius_) / 16;
    return polygon_.n >= 3 && certain(f) ? SURE : DOUBT;
  }

  // Walk around the polygon from a point of its edge along the line `start`, always along the line that is met first.  Each
  // corner is held against all other lines, errors included: then it is a corner of the region's part of the plane, and
  // corners that follow each other along common lines back to the first are all there are.
  int walk(const Frame& f, int start, double radius) {
    const double off = 2 * rows_.level_error / f.slope, reach = 0.98 * radius * radius;
    double x = 0, y = 0, error = 0;
    int before = start, line = start;
    polygon_.square(0), polygon_.n = 0;
    for (;;) {
      const double clear = look_along(x, y, error, before, line, lines_.b[line], -lines_.a[line], lines_);
      if (!(clear > 0)) return DOUBT;
      const int next = first_met(lines_);
      if (next == lines_.n) return OUTSIDE;
      if (polygon_.n == MAX_CORNERS) return DOUBT;
      error = corner(lines_[line], lines_[next], off, x, y);
      if (!(error < NEAR)) return DOUBT;
      if (!(x * x + y * y <= reach)) return OUTSIDE;
      const int k = polygon_.n++;
      polygon_.x[k] = x, polygon_.y[k] = y, polygon_.label[k] = next;
      before = line, line = next;
      if (line == start) break;
    }
    const double clear = look_along(x, y, error, before, line, 0, 0, lines_);
    if (!(clear > 0) || polygon_.n < 3) return DOUBT;
    radius_ += (polygon_.radius() - radius_) / 16;
    return SURE;
  }

  // Whether the level set is nowhere in the region.  Cuts that keep what their errors may take keep a superset of it;
  // that of `slice` may have lost to a line within its error what a later line then misses by far.
  bool nowhere(const Frame& f) {
    if (!(2 * rows_.level_error / f.slope < NEAR)) return false;
    polygon_.square(ALL * 0.7);
    for (int u = 0; u < chain_.rows; ++u) {
      if (!chain_.usable[u]) continue;
      const double s = rows_.sign(u), g[3] = {s * rows_.A[0][u], s * rows_.A[1][u], s * rows_.A[2][u]};
      const Line l = {dot(g, f.e1), dot(g, f.e2), s * rows_.at(u, f.p), dot(g, f.n), u};
      polygon_.cut(l.a, l.b, l.c + margin(l), u);
      if (polygon_.n == 0) return true;
    }
    return false;
  }

  // Whether all of the polygon was on the wrong side of the line that cut it away, errors included.
  bool gone(const Line& l) const { return polygon_.most < -margin(l); }
  double margin(const Line& l) const {
    return rows_.error[l.row] + 2 * NEAR * (std::fabs(l.a) + std::fabs(l.b) + std::fabs(l.out));
  }

  // Move each corner onto its two lines, then hold every other line against the bound on the corner's error.
  bool certain(const Frame& f) {
    const int n = polygon_.n;
    const double off = 2 * rows_.level_error / f.slope;  // along the normal
    double x[MAX_CORNERS], y[MAX_CORNERS], error[MAX_CORNERS], worst = 0;
    for (int k = 0; k < n; ++k) {
      const Line i = lines_[polygon_.label[k ? k - 1 : n - 1]], j = lines_[polygon_.label[k]];
      error[k] = corner(i, j, off, x[k], y[k]);
      if (!(error[k] < NEAR)) return false;  // nor are the corners moved: such lines may not even meet
      worst = std::max(worst, error[k]);
    }
    std::copy_n(x, n, polygon_.x), std::copy_n(y, n, polygon_.y);
    const double reach = polygon_.radius() * (1 + 0x1p-20);
    for (int m = 0; m < lines_.n; ++m) {
      const Line l = lines_[m];
      const double steep = std::fabs(l.a) + std::fabs(l.b) + std::fabs(l.out);
      const double clear = l.c - rows_.error[l.row] - 2 * steep * worst;
      if (clear > 0 && clear * clear > (l.a * l.a + l.b * l.b) * reach * reach) continue;  // no corner is as far as the line
      for (int k = 0; k < n; ++k) {
        if (polygon_.label[k] == m || polygon_.label[k ? k - 1 : n - 1] == m) continue;
        const double s = l.a * polygon_.x[k] + l.b * polygon_.y[k] + l.c;
        if (!(s > rows_.error[l.row] + 2 * steep * error[k])) return false;
      }
    }
    return true;
  }
  // Where two lines meet; returns how far that can be off.
  double corner(const Line& i, const Line& j, double off, double& x, double& y) const {
    const double det = i.a * j.b - i.b * j.a, steep_i = std::fabs(i.a) + std::fabs(i.b), steep_j = std::fabs(j.a) + std::fabs(j.b);
    const double spread = steep_i * wrong(j, off) + steep_j * wrong(i, off);  // the same whatever the lines are multiplied by
    x = (i.b * j.c - j.b * i.c) / det, y = (j.a * i.c - i.a * j.c) / det;
    return off + 4 * spread / std::fabs(det);  // 4: the inverse of the exact lines is within twice the computed one
  }
  double wrong(const Line& l, double off) const { return 2 * rows_.error[l.row] + std::fabs(l.out) * off; }

  // Keep the polygon of a region and turn to the regions across its edges.  A certain polygon has the corners of its entry
  // edge in common with the certain one it was reached from, so these have their numbers.
  void emit(const Visit& v, const Frame& f, bool sure) {
    const int n = polygon_.n;
    double at[MAX_CORNERS][3];
    int* rows = row_of_edge_;
    for (int k = 0; k < n; ++k) {
      f.lift(polygon_.x[k], polygon_.y[k], at[k]);
      rows[k] = polygon_.label[k] < 0 ? -1 : lines_.row[polygon_.label[k]];
    }
    const int entry = sure && v.row >= 0 ? int(std::find(rows, rows + n, v.row) - rows) : n;
    const std::int64_t first = std::int64_t(corners.size());
    number(v, rows, at, entry);
    // Neighbours across the folds of the last layers are visited first: they share most of this region's maps.
    int order[MAX_CORNERS];
    for (int k = 0; k < n; ++k) order[k] = k;
    std::sort(order, order + n, [&](int a, int b) { return polygon_.label[a] < polygon_.label[b]; });
    std::vector<u64>& next = scratch_;
    for (int i = 0; i < n; ++i) {
      const int k = order[i], then = k + 1 == n ? 0 : k + 1, row = rows[k];
      const std::int64_t a = corners[first + k], b = corners[first + then];
      if (row < 0 || k == entry) continue;
      if (chain_.is_face(row)) { edge(a, b, row - chain_.faces); continue; }
      const int bit = chain_.bits[row];
      next.assign(rows_.pattern.begin(), rows_.pattern.begin() + chain_.words);
      next[bit >> 6] ^= u64(1) << (bit & 63);
      const double middle[3] = {(at[k][0] + at[then][0]) / 2, (at[k][1] + at[then][1]) / 2, (at[k][2] + at[then][2]) / 2};
      push(next.data(), keys[v.region] ^ chain_.on[row], middle, sure ? row : NO_EDGE, a, b);
    }
    close(v.region, rows_.level);
  }

  // Number the corners by their names, but for the two ends of the entry edge.
  void number(const Visit& v, const int* rows, const double at[][3], int entry) {
    const int n = polygon_.n, after = entry + 1 == n ? 0 : entry + 1;
    const Key here = keys[v.region];
    names_.resize(size_t(n));
    for (int k = 0; k < n; ++k) {
      if (k != entry && rows[k] >= 0 && !chain_.is_face(rows[k])) regions_.fetch(here ^ chain_.on[rows[k]]);
      if (entry < n && (k == entry || k == after)) continue;
      Key key = here;
      for (int row : {rows[k ? k - 1 : n - 1], rows[k]})
        if (row >= 0) key = key ^ (on(row) ? chain_.on[row] : Key{}) ^ chain_.tag[row];
      names_[size_t(k)] = key, vertex_.fetch(key);
    }
    for (int k = 0; k < n; ++k) {
      const bool known = entry < n && (k == entry || k == after);
      corners.push_back(known ? seen(k == entry ? v.last : v.first) : vertex(names_[size_t(k)], at[k]));
    }
  }
  bool on(int row) const { return !chain_.is_face(row) && rows_.on(row); }

  std::int64_t vertex(Key key, const double* at) {
    auto [index, fresh] = vertex_.insert(key, std::uint32_t(vertices.size() / 3));
    if (fresh) vertices.insert(vertices.end(), at, at + 3);
    return seen(index);
  }
  std::int64_t seen(std::int64_t index) {
    const double* x = vertices.data() + 3 * size_t(index);
    max_value = std::max(max_value, std::fabs(dot(rows_.level, x) + rows_.level[3]));
    return index;
  }
  void edge(std::int64_t a, std::int64_t b, int face) {
    for (std::int64_t v : {a, b, std::int64_t(face)}) box_edges.push_back(v);
  }
  void close(std::uint32_t region, const double* gradient) {
    offsets.push_back(std::int64_t(corners.size()));
    region_of.push_back(region);
    gradients.insert(gradients.end(), gradient, gradient + 3);
  }

  void ask(const Visit& v) {
    ++asked;
    const Sliced answer = arbiter_->slice(patterns.data() + size_t(v.region) * chain_.words, chain_.words);
    flat += answer.flat;
    const size_t n = answer.faces.size(), first = corners.size();
    for (size_t k = 0; k < n; ++k)
      corners.push_back(vertex({answer.names[2 * k], answer.names[2 * k + 1]}, answer.corners.data() + 3 * k));
    for (size_t k = 0; k < n; ++k)
      if (answer.faces[k] >= 0) edge(corners[first + k], corners[first + (k + 1) % n], int(answer.faces[k]));
    if (n) close(v.region, answer.gradient.data());
    for (size_t m = 0; m < answer.regions.size(); m += size_t(chain_.words)) {
      const u64* other = answer.regions.data() + m;
      push(other, key_of(other), v.p, NO_EDGE);
    }
  }
};

}  // namespace foldline::march
