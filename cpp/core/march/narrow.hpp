// Bounds over a part of a leaf, worked out from those over the leaf.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/eight.hpp"
#include "core/march/bounds.hpp"
#include "core/march/chain.hpp"

namespace foldline::march {

using eight::load, eight::store, eight::absolute, eight::total;

constexpr int NARROWINGS = 6;  // bounds are narrowed so often, or until errors decide, before they are worked out again

// Images of what the residuals of undecided units are over a part of a leaf, as rows of the new bounds.
struct Images {
  std::vector<Group> groups;     // as those of the old bounds, but `earlier` counts the units that stay
  Doubles rows;
  std::vector<size_t> at;        // of each old undecided unit, where its image starts, one entry every 8
  std::vector<int> kept;         // which of the old undecided units each one is that stays
  double* row(int l, int place) { return rows.data() + Bounds::block(groups[l], place, 4 + groups[l].earlier); }
  const double* row(int l, int place) const { return rows.data() + Bounds::block(groups[l], place, 4 + groups[l].earlier); }

  void start(const Bounds& from) {
    groups.resize(from.groups.size()), at.resize(size_t(from.n)), kept.resize(size_t(from.n));
    if (rows.size() < (4 + size_t(from.n)) * from.end) rows.resize((4 + size_t(from.n)) * from.end);
  }
  void start_group(const Bounds& from, int l, int known) {
    const Group& old = from.groups[l];
    groups[l] = {old.first, old.n, old.pad, known, 0};
    if (l) groups[l].start = Bounds::block(groups[l - 1], groups[l - 1].first + groups[l - 1].pad, 4 + groups[l - 1].earlier);
    for (int k = 0; k < old.n; ++k) at[old.earlier + k] = size_t(row(l, old.first + k / 8 * 8) - rows.data()) + k % 8;
  }
};

// Four columns of the new rows at 8 places: to each is added the sum of the old multiples of residuals w, begin <= w < end,
// times that column of their images.
template <class E>
ALWAYS_INLINE void put_in(const double* multiples, const Images& images, int begin, int end, const int* columns, E* sums,
                          double* out) {
  const double *a = images.rows.data() + 8 * columns[0], *b = images.rows.data() + 8 * columns[1];
  const double *c = images.rows.data() + 8 * columns[2], *d = images.rows.data() + 8 * columns[3];
  const size_t* at = images.at.data();
  E p = sums[0], q = sums[1], r = sums[2], s = sums[3];
  for (int w = begin; w < end; ++w) {
    const E times = load<E>(multiples + 8 * size_t(w));
    const size_t i = at[w];
    p += times * a[i], q += times * b[i], r += times * c[i], s += times * d[i];
  }
  store(out + 8 * columns[0], p), store(out + 8 * columns[1], q);
  store(out + 8 * columns[2], r), store(out + 8 * columns[3], s);
}

// The new rows of the units in one layer.  Gradient and value: the old ones, at the new middle, and what all images add.  The
// multiple of a residual that stays: the old one, and what the images of residuals in the layers between add.
struct PutImagesIn {
  template <class E>
  static ALWAYS_INLINE void run(const Bounds& from, int layer, const Bounds& to, const double* move, Images& images) {
    const Group& group = from.groups[layer];
    for (int at = group.first; at < group.first + group.pad; at += 8) {
      const double *old = from.row(group, at), *multiples = old + 32;
      double* out = images.row(layer, at);
      int columns[4] = {0, 1, 2, 3};
      E sums[4] = {load<E>(old), load<E>(old + 8), load<E>(old + 16), load<E>(old + 24)};
      sums[3] += sums[0] * move[0] + sums[1] * move[1] + sums[2] * move[2];
      put_in(multiples, images, 0, group.earlier, columns, sums, out);
      for (int l = 0; l < layer; ++l) {
        const int last = to.groups[l].earlier + to.groups[l].n - 1, begin = from.groups[l].earlier + from.groups[l].n;
        for (int v = to.groups[l].earlier; v <= last; v += 4) {
          for (int k = 0; k < 4; ++k) {
            const int same = v + k < last ? v + k : last;
            columns[k] = 4 + same, sums[k] = load<E>(multiples + 8 * size_t(images.kept[same]));
          }
          put_in(multiples, images, begin, group.earlier, columns, sums, out);
        }
      }
    }
  }
};
const auto put_images_in = eight::contracted<PutImagesIn>;

// Of each place: what a unit's value can be over the leaf, and from that its line and its image.
struct Lines {
  Doubles value, radius, size, error, lo, slope, shift, open, step, move, wrong;
  void resize(size_t n) {
    for (auto* v : {&value, &radius, &size, &error, &lo, &slope, &shift, &open, &step, &move, &wrong})
      if (v->size() < n) v->resize(n);
  }
};

// `wrong`: of each earlier undecided unit, how far its image is off.
struct Measure {
  template <class E>
  static ALWAYS_INLINE void run(const Bounds& from, int layer, const Bounds& to, const Images& images, const double* wrong, Lines& lines) {
    const Group& group = from.groups[layer];
    const double rounding = (from.n + 8) * ULP, *reach = to.reach.data(), *most = to.most.data();
    for (int at = group.first; at < group.first + group.pad; at += 8) {
      const double *fresh = images.row(layer, at), *multiples = from.row(group, at) + 32;
      E radius = {}, size = {}, inherited = {};
      for (int c = 0; c < 4 + to.groups[layer].earlier; ++c) {
        const E entry = absolute(load<E>(fresh + 8 * c));
        radius += entry * reach[c], size += entry * most[c];
      }
      for (int w = 0; w < group.earlier; ++w) inherited += absolute(load<E>(multiples + 8 * w)) * wrong[w];
      store(lines.value.data() + at, load<E>(fresh + 24)), store(lines.radius.data() + at, radius);
      store(lines.size.data() + at, size);
      const E old = load<E>(from.error.data() + at) + rounding * load<E>(from.size.data() + at);
      store(lines.error.data() + at, (old + inherited) * (1 + 0x1p-20));
    }
  }
};
const auto measure = eight::contracted<Measure>;

// A value between lo and hi: its line, what the line differs from the old one by, and how far its image is off.
struct DrawLines {
  template <class> static ALWAYS_INLINE void run(const Bounds& from, const Group& group, Lines& lines) {
    const double rounding = (from.n + 8) * ULP;
    const double *values = lines.value.data(), *radii = lines.radius.data();
    const double *sizes = lines.size.data(), *errors = lines.error.data();
    const double *slopes = from.slope.data(), *shifts = from.shift.data(), *below = from.below.data();
    double *los = lines.lo.data(), *new_slopes = lines.slope.data(), *new_shifts = lines.shift.data();
    double *opens = lines.open.data(), *steps = lines.step.data(), *moves = lines.move.data(), *wrong = lines.wrong.data();
    VECTORS
    for (int k = group.first; k < group.first + group.pad; ++k) {
      const double away = radii[k] * (1 + 1e-12) + errors[k], lo = values[k] - away, hi = values[k] + away, b = below[k];
      const double up = hi < 0 ? 0.0 : 1.0, down = lo > 0 ? 0.0 : up, open = lo == hi ? 0.0 : down;
      const double chord = (hi - b * lo) / (hi - lo), line = hi < 0 ? b : 1.0, slope = open > 0 ? chord : line;
      const double shift = open * (lo * (b - slope) / 2), step = slope - slopes[k], turn = std::fabs(step);
      const double low = std::fabs(b - slope), high = std::fabs(1.0 - slope), bent = low > high ? low : high;
      const double rest = open * (bent * sizes[k] + std::fabs(shift) + 8 * (hi - lo));  // 8: the rounding of the chord
      los[k] = lo, opens[k] = open, new_slopes[k] = slope, new_shifts[k] = shift, steps[k] = step, moves[k] = shift - shifts[k];
      wrong[k] = turn * errors[k] + rounding * (turn * sizes[k] + std::fabs(shift) + std::fabs(shifts[k]) + rest);
    }
  }
};
const auto draw_lines = eight::contracted<DrawLines>;

// Rows become images: times the change of the slope, plus the change of the shift.
struct TurnToImages {
  template <class E>
  static ALWAYS_INLINE void run(int layer, const Lines& lines, Images& images) {
    const Group& group = images.groups[layer];
    for (int at = group.first; at < group.first + group.pad; at += 8) {
      const E step = load<E>(lines.step.data() + at);
      double* row = images.row(layer, at);
      for (int c = 0; c < 4 + group.earlier; ++c) store(row + 8 * c, load<E>(row + 8 * c) * step);
      store(row + 24, load<E>(row + 24) + load<E>(lines.move.data() + at));
    }
  }
};
const auto turn_to_images = eight::contracted<TurnToImages>;

// What images add to the level row, as `put_images_in` has it.  `sums`: room for the columns of 8 places.
struct AddImages {
  template <class E>
  static ALWAYS_INLINE void run(const Bounds& from, const Bounds& to, const Images& images, double* sums, double* level) {
    for (int c = 0; c < 4 + to.n; ++c) store(sums + 8 * c, E{});
    for (size_t l = 0; l < to.groups.size(); ++l) {
      const Group& group = images.groups[l];
      for (int at = group.first; at < group.first + group.pad; at += 8) {
        const double* row = images.row(int(l), at);
        const E own = load<E>(from.own.data() + at);
        for (int c = 0; c < 4 + group.earlier; ++c) store(sums + 8 * c, load<E>(sums + 8 * c) + own * load<E>(row + 8 * c));
      }
    }
    for (int c = 0; c < 4 + to.n; ++c) level[c] = from.level[c < 4 ? c : 4 + images.kept[c - 4]] + total(load<E>(sums + 8 * c));
  }
};
const auto add_images = eight::contracted<AddImages>;

// Works out bounds over a part of a leaf from the bounds over the leaf.
class Narrower {
 public:
  explicit Narrower(const Chain& chain) : chain_(chain) {}

  // Where a unit is decided, the residual it had is affine, and else (slope - old slope) * value + shift - old shift + new
  // residual: its image.  Put in from the first layer on, images turn the old rows into the new ones, which costs the square
  // of the number of units that were undecided, whatever the size of the network.
  void narrow(const Bounds& from, const Leaf& leaf, Bounds& to) {
    to.start(leaf, chain_.hidden(), from.n, from.end);
    to.narrowed = from.narrowed + 1, to.pattern = from.pattern;
    images_.start(from), wrong_.resize(size_t(from.n)), lines_.resize(size_t(from.end));
    const double move[3] = {to.middle[0] - from.middle[0], to.middle[1] - from.middle[1], to.middle[2] - from.middle[2]};
    for (int l = 0; l < chain_.hidden(); ++l) {
      const Group& group = from.groups[l];
      to.start_group(l), images_.start_group(from, l, to.n);
      put_images_in(from, l, to, move, images_);
      measure(from, l, to, images_, wrong_.data(), lines_);
      draw_lines(from, group, lines_);
      for (int v = group.earlier; v < group.earlier + group.n; ++v) settle(from, v, l, to);
      turn_to_images(l, lines_, images_);
    }
    put_in_level(from, move, to);
  }

 private:
  const Chain& chain_;
  Images images_;
  Doubles wrong_, sums_;  // wrong: how far each image is off
  Lines lines_;

  // Keep unit v of `from` if it is still undecided, with its new row, or note its sign.
  void settle(const Bounds& from, int v, int l, Bounds& to) {
    const int k = from.place[v], u = from.unit[v], b = chain_.bits[u];
    wrong_[v] = lines_.wrong[k];
    if (lines_.open[k] > 0) {
      images_.kept[to.n] = v;
      double* row = to.add(l, u, lines_.error[k], lines_.size[k], from.below[k], lines_.slope[k], lines_.shift[k]);
      const double* fresh = images_.rows.data() + images_.at[v];
      for (int c = 0; c < 4 + to.groups[l].earlier; ++c) row[8 * c] = fresh[8 * c];
      if (lines_.radius[k] <= lines_.error[k]) to.narrowed = NARROWINGS;
    } else if (lines_.lo[k] > 0) {
      to.pattern[b >> 6] |= u64(1) << (b & 63);
    }
  }

  void put_in_level(const Bounds& from, const double* move, Bounds& to) {
    const double rounding = (from.n + 8) * ULP;
    double error = from.level_error + rounding * from.level_size;
    for (int v = 0; v < from.n; ++v) error += std::fabs(from.level[4 + v]) * wrong_[v];
    to.level_error = error * (1 + 0x1p-20);
    sums_.resize(8 * (4 + size_t(to.n)));
    add_images(from, to, images_, sums_.data(), to.level.data());
    for (int j = 0; j < 3; ++j) to.level[3] += from.level[j] * move[j];
    to.weigh_level();
    if (to.radius <= to.level_error) to.narrowed = NARROWINGS;
  }
};

}  // namespace foldline::march
