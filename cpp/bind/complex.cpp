// The complex of a ReLU network on a box in 1, 2 or 3 dimensions: breadth-first over layers, 64 units at a time.
//
// Only two kinds of thing are ever decided by arithmetic: the sign of a unit at a vertex when a layer begins, and which
// of two crossings comes first on an edge.  Everything else is combinatorial: a new vertex takes its signs from the two
// ends of the edge it is born on, a face is cut by joining two vertices of its loop, a cell by a loop of edges.  So the
// topology cannot fail; what a float cannot decide within its error bound is asked of the arbiter (exact rationals).
//
// Reference in Python, same algorithm, any arithmetic: exact/reference.py.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "core/layers.hpp"
#include "core/complex/maps.hpp"
#include "core/rows.hpp"
#include "core/workers.hpp"

namespace {

constexpr double BAD_T = 0x1p-16;       // a crossing that may move a row by more than this share of its size is asked of the
                                        // arbiter for the sake of accuracy; truth does not need it
constexpr double BAD_PLACE = 0x1p-41;   // and one that likely moves a vertex by more than this share of the box's farther corner
constexpr double BAD_ROW = 0x1p-4;      // a row known worse than this leaves nearly every sign in doubt: ask for all of it at once
constexpr double ROOM = 0x1p17;         // regions that the first layers may make whatever the budget
constexpr int DEEP = 6;                 // faces cut by more units than this keep rows for the vertices born inside them

struct Stopped {};  // the budget is spent, or Ctrl-C

// Loops of faces, in one array: corner i of face f is vertex v[start[f] + i], joined to the next corner by edge e[...].
struct Loops {
  Buffer<i32> v, e;
  Buffer<size_t> start;
  void clear() { v.clear(); e.clear(); start.clear(); start.push(0); }
  size_t count() const { return start.size() - 1; }
  void close() { start.push(v.size()); }
  void swap(Loops& o) { v.swap(o.v); e.swap(o.e); start.swap(o.start); }
};

struct Crossing { double t, err; int unit; };

// The crossings of an edge, in order.
struct Crossings {
  Crossing at[GROUP];
  int n = 0;
  void put(const Crossing& c) {  // units in ascending order
    int i = n++;
    for (; i && at[i - 1].t > c.t; --i) at[i] = at[i - 1];
    at[i] = c;
  }
  Crossing& operator[](size_t i) { return at[i]; }
  size_t size() const { return size_t(n); }
  Crossing* begin() { return at; }
  Crossing* end() { return at + n; }
};

// The vertices put on an edge and the edges that now follow it, both in a row: the first of them and how many.
struct Split { i32 vertex, edge, count; };

// Which units of a group are on and off at a vertex, a bit each; neither on the unit's fold.
struct Signs {
  u64 pos, neg;
  void add(const Signs& other) { pos |= other.pos; neg |= other.neg; }
};

// The units that are on at one vertex and off at the other.
inline u64 changes(const Signs& a, const Signs& b) { return (a.pos & b.neg) | (a.neg & b.pos); }

// A corner of a loop: a vertex, the edge to the next corner, the vertex's signs.
struct Corner { Signs sign; i32 v, e; };

// A side of a cell: face << 1 | (1 if it is seen from behind), with its signs.
struct Side { Signs sign; i32 face; };

// An edge of the loop that a unit's fold cuts out of a cell.
struct Step { i32 from, to, edge; };

// How a vertex came to be: at parameter t of the edge from a to b, where a chain unit is 0; a = -1 for a corner of the box.
// In a block ``root`` is the edge (or face, counted behind the edges) it began with on which the vertex was born, -1 for
// inside a region; so it is of an edge and of a face.
struct Birth { i32 a, b, unit, root; double t; };

// What is known of a vertex's float numbers (certified mode).  The point x^ that its float row describes is within
// ``delta`` of the true vertex, and the row is within ``eps`` (Euclidean) of the true row at x^.  Neither grows from
// birth to birth: a vertex is near the true vertex because it is nearly on each of its folds, and ``tau`` of an edge,
// ``face_tau`` bound how far an edge's line or a face's plane is from the true one.
// ``grid`` >= 0 says more: the row is exact, at the true vertex, and its numbers are multiples of 2^-grid, so short
// that sums of them do not round (dyadic networks such as the folding one).  eps and delta are then 0.
// ``known`` is the number the arbiter knows the vertex by, -1 for none.
struct Trust { double eps, delta; i32 grid, known; };

struct Edge { i32 a, b, fold, root; double tau; };

// What the parts of a face inherit: its fold, how far its plane may be off, the region it belongs to (2-D), its root.
struct Tag { i32 fold; double plane; i32 parent, root; };

template <int D> class Complex {
 public:
  // The network
  std::shared_ptr<const std::vector<Layer>> layers;
  // Vertices
  Buffer<double> x;                  // D a vertex
  Buffer<Birth> born;
  Buffer<Signs> sign;                // signs of the current group of units
  Buffer<Trust> trust;
  Buffer<i32> row;                   // where the vertex's row of the current layer stands, -1 for nowhere yet
  Buffer<double> z;                  // rows of pre-activations, then of activations
  Buffer<double> h, h_norm;          // activations of the previous layer where they are needed, and their norms
  Buffer<Edge> edges;
  Buffer<Split> splits;              // of the edges there were when the group began
  // Faces (D >= 2) and cells (D == 3)
  Loops loops, next_loops;
  Buffer<i32> face_fold, next_face_fold, face_root, next_face_root;
  Buffer<double> face_tau, next_face_tau;
  Buffer<u64> face_pos, face_neg;
  Buffer<size_t> children;           // new faces of each old face
  Buffer<i32> cell_faces, next_cell_faces;   // face << 1 | (1 if it is seen from behind)
  Buffer<size_t> cell_start, next_cell_start;
  // One generation a group of units: each top cell's parent and the bits of its pattern
  std::vector<Buffer<i32>> parents;
  std::vector<Buffer<u64>> words;
  std::vector<int> group_layer, group_from;
  Buffer<i32>* parent_out = nullptr;
  Buffer<u64>* word_out = nullptr;

  bool certify = true, rational = false;
  nb::object arbiter;                // None, or the exact arithmetic of this network
  nb::object progress;               // None, or what is told how far the work is; returns True to end it
  i32 n_known = 0;
  u64 asked_signs = 0, asked_orders = 0, asked_rows = 0, settled = 0;  // settled: by pairs of doubles, before they were asked
  double max_regions = std::numeric_limits<double>::infinity();
  double deadline = std::numeric_limits<double>::infinity();
  size_t split = 1024;               // regions from which the work goes on in blocks that fit the cache
  size_t vertex_room_ = 0;
  size_t ticks = 0;
  double looked_ = 0;                // when it was last asked whether the work should end

  // The budget of regions.  Before there are blocks it may be overstepped a little, so that some blocks can be finished.
  double most() const { return parent_ || D == 1 ? root_->max_regions : std::max(max_regions, ROOM); }

  static double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
  size_t n_vertices() const { return born.size(); }
  size_t n_edges() const { return edges.size(); }
  size_t n_top() const { return D == 1 ? n_edges() : D == 2 ? loops.count() : cell_start.size() ? cell_start.size() - 1 : 0; }

  // Forget the last answer, keep the memory it lay in (the first touch of a fresh page costs more than the geometry).
  void clear() {
    x.clear(); born.clear(); sign.clear(); trust.clear(); row.clear(); z.clear();
    edges.clear(); splits.clear();
    loops.clear(); face_fold.clear(); face_root.clear(); face_tau.clear(); cell_faces.clear(); cell_start.clear();
    put_aside(parents, old_parents_), put_aside(words, old_words_);
    group_layer.clear(); group_from.clear();
    h.clear(); h_norm.clear(); next_loops.clear();
    finished_ = blocks_done_ = 0;
    n_blocks_ = 0;
    start_ = {};
    halt_ = false;
    n_known = 0; asked_signs = asked_orders = asked_rows = settled = tries_ = 0;
    names_.clear();
    x_max_ = 0;
    count_generations();
  }

  // The generations of the last answer; the memory they lay in is taken again.
  std::vector<Buffer<i32>> old_parents_;
  std::vector<Buffer<u64>> old_words_;

  template <class T> static void put_aside(std::vector<Buffer<T>>& list, std::vector<Buffer<T>>& old) {
    while (!list.empty()) put_last_aside(list, old);
  }

  template <class T> static void put_last_aside(std::vector<Buffer<T>>& list, std::vector<Buffer<T>>& old) {
    old.emplace_back();
    old.back().swap(list.back());
    list.pop_back();
  }

  template <class T> static Buffer<T>* take_up(std::vector<Buffer<T>>& list, std::vector<Buffer<T>>& old) {
    list.emplace_back();
    if (!old.empty()) {
      list.back().swap(old.back());
      list.back().clear();
      old.pop_back();
    }
    return &list.back();
  }

  size_t bytes() const {
    size_t sum = (z.capacity() + h.capacity()) * sizeof(double);
    for (const auto& helper : helpers_) sum += helper->bytes();
    return sum;
  }

#include "core/complex/blocks.hpp"

  // Cut the box, in blocks if there will be many regions.  Returns whether all was done within the budget; what is done stands
  // in the arrays.
  bool run(const double* lo, const double* hi, int workers) {
    begin(lo, hi);
    begin_weld();
    if (done()) return within_budget();
    std::vector<Part> parts;
    const bool complete = cut_blocks(0, n_blocks(), workers, parts, WELD);
    end_weld();
    return complete;
  }

  // Only count: a block is forgotten when it is done.
  bool run_count(const double* lo, const double* hi, int workers, size_t& n) {
    begin(lo, hi);
    std::vector<Part> none;
    const bool complete = done() ? within_budget() : cut_blocks(0, n_blocks(), workers, none, COUNT);
    n = done() ? n_top() : finished_.load();
    return complete;
  }

  bool within_budget() const {
    if (double(n_top()) > max_regions) throw Stopped{};
    return true;
  }

  // The same in shards that may run elsewhere: some blocks, and all of them put together.  Both begin as ``run`` does, so
  // that a shard is a range of numbers.
  bool run_shard(const double* lo, const double* hi, size_t first, size_t last, int workers, std::vector<Part>& parts) {
    begin(lo, hi);
    return done() || cut_blocks(std::min(first, n_blocks()), std::min(last, n_blocks()), workers, parts, KEEP);
  }

  void run_weld(const double* lo, const double* hi, std::vector<Part>& parts) {
    begin(lo, hi);
    begin_weld();
    for (size_t i = 0; i < parts.size(); ++i) weld_.add(parts[i], double(i + 1) / double(parts.size()));
    end_weld();
  }

  bool done() const { return start_.layer == layers->size(); }
  size_t n_blocks() const { return blocks_.size() - 1; }

#include "core/complex/block_starts.hpp"

 private:
  template <int> friend class Complex;

  // Cut by all that is left.
  void cut_from(const Start& start) {
    each_group(start, [&](size_t l, int from) {
      const bool first = l == start.layer && from == start.from;
      const int width = (*layers)[l].width;
      if (first || from == 0) begin_layer(l);
      begin_group(l, from, first ? start.units : 0, bits(std::min(GROUP, width - from)));
      cut(l, from);
      if (from + GROUP >= width && l + 1 < layers->size()) end_layer(l);
    });
  }

  int layer_ = 0, from_ = 0, z_width_ = 0, z_stride_ = 0, h_stride_ = D;
  double x_max_ = 0, lipschitz_ = 0;  // lipschitz_: of this layer's pre-activations
  double row_size_ = 0;               // at least the norm of any of its rows
  double rounding_ = 0;               // error that one interpolation in this layer can add to a row
  bool narrow_ = false;               // rows hold the columns of one group only
  Buffer<Corner> arena_;
  Buffer<Side> cell_arena_;
  std::vector<Step> steps_;
  Crossings crossings_;

  // --- vertices and values

  i32 add_vertex(const double* at, i32 a, i32 b, double t, i32 unit, u64 p, u64 q, double error, double off, int on_grid, i32 root) {
    i32 id = i32(n_vertices());
    double* to = x.grow(D);
    for (int i = 0; i < D; ++i) to[i] = at[i];
    if (size_t(id) >= vertex_room_) make_room(vertex_room_, id, born, sign, trust, row);
    born.put({a, b, unit, root, t});
    sign.put({p, q});
    trust.put({error, off, on_grid, -1});
    row.put(-1);
    return id;
  }

  // Room for more in buffers that grow together, so that one check serves them all.
  template <class... Buffers> static void make_room(size_t& room, size_t n, Buffers&... buffers) {
    room = n + n / 2 + 256;
    (buffers.reserve(room), ...);
  }

  i32 add_edge(i32 a, i32 b, i32 fold, double tau, i32 root) {
    edges.push({a, b, fold, root, tau});
    return i32(n_edges()) - 1;
  }

  std::array<double, D> lo_{}, hi_{}, size_{};  // size_: of the box's farther corner on each axis

  void make_box(const double* lo, const double* hi) {
    std::copy_n(lo, D, lo_.begin());
    std::copy_n(hi, D, hi_.begin());
    for (int k = 0; k < D; ++k) size_[k] = std::max(std::fabs(lo[k]), std::fabs(hi[k]));
    for (int corner = 0; corner < (1 << D); ++corner) {
      double at[D];
      for (int i = 0; i < D; ++i) at[i] = (corner >> i & 1) ? hi[i] : lo[i];
      int on_grid = 0;
      for (int i = 0; i < D; ++i) on_grid = std::max(on_grid, grid_of(at[i]));
      add_vertex(at, -1, -1, 0, -1, 0, 0, 0, 0, on_grid, -1);
      for (int i = 0; i < D; ++i) x_max_ = std::max(x_max_, std::fabs(at[i]));
    }
    // Box sides are numbered -1 - (2 axis + (0 low, 1 high)).
    if (D == 1) add_edge(0, 1, -1, 0, -1);
    if (D == 2) {
      loops.clear();
      const i32 order[4] = {0, 1, 3, 2};
      const i32 sides[4] = {-1 - 2, -1 - 1, -1 - 3, -1 - 0};
      for (int i = 0; i < 4; ++i) {
        loops.v.push(order[i]);
        loops.e.push(add_edge(order[i], order[(i + 1) % 4], sides[i], 0, -1));
      }
      loops.close();
    }
    if (D == 3) {
      i32 edge_of[8][8];
      for (int a = 0; a < 8; ++a)
        for (int axis = 0; axis < 3; ++axis)
          if (!(a >> axis & 1)) {
            int b = a | 1 << axis;
            edge_of[a][b] = edge_of[b][a] = add_edge(a, b, -1, 0, -1);
          }
      loops.clear();
      cell_start.push(0);
      for (int axis = 0; axis < 3; ++axis)
        for (int side = 0; side < 2; ++side) {
          int u = 1 << (axis + 1) % 3, w = 1 << (axis + 2) % 3, base = side << axis;
          int quad[4] = {base, base | u, base | u | w, base | w};  // counter-clockwise about +axis
          if (!side) std::swap(quad[1], quad[3]);
          for (int i = 0; i < 4; ++i) {
            loops.v.push(quad[i]);
            loops.e.push(edge_of[quad[i]][quad[(i + 1) % 4]]);
          }
          loops.close();
          face_fold.push(-1 - (2 * axis + side));
          face_tau.push(0);
          face_root.push(-1);
          cell_faces.push(i32(loops.count() - 1) << 1);
        }
      cell_start.push(cell_faces.size());
    }
  }

  // Give every vertex its signs of the units that are not known yet.
  void begin_group(size_t l, int from, u64 known, u64 units) {
    const Layer& layer = (*layers)[l];
    from_ = from;
    const int n_units = std::min(GROUP, layer.width - from);
    if (narrow_) {
      const int columns = std::min(GROUP, layer.stride - from);
      for (size_t i = base_; i < n_vertices(); ++i) row[i] = -1;
      z.resize(base_ * z_stride_);
      make_rows(layer, from, columns, 0);
      z_width_ = n_units;
    }
    fill_rows();
    count_generations();
    const int at = narrow_ ? 0 : from;
    const int padded = (n_units + 7) / 8 * 8;
    const u64 folds = layer.folds[from / GROUP] & units & ~known;
    for (size_t i = 0; i < n_vertices(); ++i) {
      const double bound = rational ? std::numeric_limits<double>::infinity() : certify ? SLACK * (trust[i].eps + lipschitz_ * trust[i].delta) : 0.0;
      u64 p, q;
      rows::set.signs(&z[size_t(row[i]) * z_stride_ + at], padded, bound, p, q);
      sign[i].pos = (sign[i].pos & known) | (p & folds);
      sign[i].neg = (sign[i].neg & known) | (q & folds);
      if (certify) {
        u64 doubt = rational || trust[i].grid < 0 ? folds & ~(p | q) : 0;
        if (doubt) {
          ask_around(Around::vertex, i32(i));
          ask_signs(i32(i), doubt);
          trust[i].eps += bound;  // a unit whose float sign is wrong is off by what it may be itself
        }
      }
    }
  }

  size_t generations_ = 0;            // those whose regions the loops and cells are now

  void count_generations() {
    generations_ = words.size();
    local_.region = -1;
  }

  // The last two generations cut by units of the same group: they become one.
  void join_generations() {
    const size_t g = parents.size() - 2;
    skip_parents(parents[g + 1].data(), parents[g + 1].size(), parents[g]);
    parents[g].swap(parents[g + 1]), words[g].swap(words[g + 1]);
    drop_generation();
  }

  // Regions whose parents are in one generation get these parents' own, in the one before.
  static void skip_parents(i32* parent, size_t n, const Buffer<i32>& older) {
    for (size_t i = 0; i < n; ++i) parent[i] = older[parent[i]];
  }

  void drop_generation() {
    put_last_aside(parents, old_parents_), put_last_aside(words, old_words_);
    group_layer.pop_back(), group_from.pop_back();
  }

  double distance(i32 a, i32 b) const {
    double sum = 0;
    for (int k = 0; k < D; ++k) sum += (x[size_t(a) * D + k] - x[size_t(b) * D + k]) * (x[size_t(a) * D + k] - x[size_t(b) * D + k]);
    return std::sqrt(sum) + LEAST;
  }

  // How far the flat {unit j = 0} inside a flat that is ``tau`` off may be off, given the largest |z| + error at its
  // corners and a distance per unit of z within the parent flat.
  double offset(double residual, double per_z, double tau) const {
    return residual == 0 && tau == 0 ? 0 : SLACK * (residual * per_z + tau * (1 + lipschitz_ * per_z)) + LEAST;
  }

  // A distance per unit of z of unit j, seen from a vertex where it is 0 towards another vertex; infinite if none is known.
  double spread(i32 from, i32 to, int j) const {
    const double z = std::fabs(value(to, j)) - std::fabs(value(from, j)) - trust[from].eps - trust[to].eps;
    return z > 0 ? SLACK * distance(from, to) / z : std::numeric_limits<double>::infinity();
  }

  // --- the arbiter

  void make_known(i32 v) {
    if (trust[v].known >= 0) return;
    if (size_t(v) < origin_v_.size()) {
      parent_->make_known(origin_v_[v]);
      trust[v].known = parent_->trust[origin_v_[v]].known;
      return;
    }
    if (born[v].a < 0) {
      nb::list at;
      for (int i = 0; i < D; ++i) at.append(x[size_t(v) * D + i]);
      const i32 id = root_->n_known++;
      root_->arbiter.attr("corner")(id, at);
      trust[v].known = id;
      return;
    }
    make_known(born[v].a);
    make_known(born[v].b);
    const int l = layer_of(born[v].unit);
    const i32 id = root_->n_known++;  // taken before Python may let another worker run
    root_->arbiter.attr("born")(id, trust[born[v].a].known, trust[born[v].b].known, l, born[v].unit - (*layers)[l].first_unit);
    trust[v].known = id;
  }

  void ask_signs(i32 v, u64 doubt) {
    if (!rational) doubt = settle_signs(v, doubt);
    if (!doubt) return;
    nb::gil_scoped_acquire gil;
    make_known(v);
    nb::list units;
    for (u64 m = doubt; m; m &= m - 1) units.append(from_ + __builtin_ctzll(m));
    nb::list answer = nb::cast<nb::list>(root_->arbiter.attr("signs")(trust[v].known, layer_, units));
    size_t i = 0;
    for (u64 m = doubt; m; m &= m - 1, ++i) {
      const int found = nb::cast<int>(answer[i]);
      const u64 bit = m & (~m + 1);
      if (found > 0) sign[v].pos |= bit;
      if (found < 0) sign[v].neg |= bit;
    }
    ++root_->asked_signs;
  }

  // Exact order of crossings: t becomes the rounded exact parameter, err the rank (equal ranks meet in one vertex).
  // Returns how far the parameters may be off.
  double ask_order(i32 a, i32 b, Crossings& list, double bearable) {
    double error = 2 * ULP;
    if (!rational && settle_order(a, b, list, bearable, error)) return error;
    nb::gil_scoped_acquire gil;
    make_known(a);
    make_known(b);
    nb::list units;
    for (const Crossing& c : list) units.append(from_ + c.unit);
    nb::tuple answer = nb::cast<nb::tuple>(root_->arbiter.attr("crossings")(trust[a].known, trust[b].known, layer_, units));
    nb::list ranks = nb::cast<nb::list>(answer[0]), ts = nb::cast<nb::list>(answer[1]);
    for (size_t i = 0; i < list.size(); ++i) {
      list[i].err = nb::cast<double>(ranks[i]);
      list[i].t = nb::cast<double>(ts[i]);
    }
    std::sort(list.begin(), list.end(), [](const Crossing& p, const Crossing& q) { return p.err < q.err || (p.err == q.err && p.unit < q.unit); });
    ++root_->asked_orders;
    return error;
  }

  // --- edges: the one place where a crossing is computed

  // Put the vertices where the units in ``cross`` change sign from a to b; returns how many there are.
  int cross_edge(i32 a, i32 b, u64 cross, double tau, i32 root) {
    crossings_.n = 0;
    bool doubt = rational;
    const bool exact_ends = trust[a].grid >= 0 && trust[b].grid >= 0 && fits(4 * row_size_, std::max(trust[a].grid, trust[b].grid));
    const double ends_off = std::max(trust[a].delta, trust[b].delta);
    tau = exact_ends ? 0 : std::min(tau, ends_off);  // the edge is as near the true one as its ends are
    const double error = exact_ends ? 0 : std::max(trust[a].eps, trust[b].eps) + rounding_;
    const double reach = SLACK * (error + tau * lipschitz_), length = certify ? distance(a, b) : 0, steep = length * lipschitz_;
    const double bearable = certify && !exact_ends ? bearable_shift(a, b) : 1, likely_error = exact_ends ? 0 : 2 * ULP * row_size_;
    for (u64 m = cross; m; m &= m - 1) {
      const int j = __builtin_ctzll(m);
      const double za = value(a, j), d = za - value(b, j);
      double t = za / d, e = 0;
      if (!(t >= 0)) t = 0;
      if (t > 1) t = 1;
      if (certify && !(exact_ends && std::fma(t, d, -za) == 0)) {  // unless t is the very quotient
        const double sure = std::fabs(d) - 2 * reach;  // at least the true |d|
        e = sure > 0 ? (reach > 0 ? SLACK * reach / sure : 0) + 2 * ULP : std::numeric_limits<double>::infinity();
        if (!(e * steep <= BAD_T * row_size_ && likely_error <= bearable * std::fabs(d))) doubt = true;
      }
      crossings_.put({t, e, j});
    }
    bool ranked = false;
    double ranked_error = 0;
    if (certify)
      for (size_t i = 1; i < crossings_.size() && !doubt; ++i)
        doubt = !(crossings_[i].t - crossings_[i].err > crossings_[i - 1].t + crossings_[i - 1].err) && (crossings_[i].err > 0 || crossings_[i - 1].err > 0);
    if (doubt && certify) {
      ranked_error = ask_order(a, b, crossings_, std::min(bearable_shift(a, b), BAD_T * row_size_ / steep));
      ranked = true;
    }
    const u64 pa = sign[a].pos, na = sign[a].neg, pb = sign[b].pos, qb = sign[b].neg;
    const u64 still_p = (pa | pb) & ~cross, still_n = (na | qb) & ~cross;
    u64 p = pa & cross, q = na & cross;
    int made = 0;
    for (size_t i = 0; i < crossings_.size();) {
      size_t end = i + 1;
      while (end < crossings_.size() && (ranked ? crossings_[end].err == crossings_[i].err : crossings_[end].t == crossings_[i].t)) ++end;
      u64 here = 0;
      for (size_t k = i; k < end; ++k) here |= u64(1) << crossings_[k].unit;
      p &= ~here;
      q &= ~here;
      const double t = crossings_[i].t, e = ranked ? ranked_error : crossings_[i].err;
      double at[D];
      for (int k = 0; k < D; ++k) {
        const double from = x[size_t(a) * D + k], to = x[size_t(b) * D + k];
        at[k] = std::min(std::max(from + t * (to - from), std::min(from, to)), std::max(from, to));
      }
      int on_grid = -1;
      if (exact_ends && !ranked && e == 0) {
        const int g = std::max(trust[a].grid, trust[b].grid) + grid_of(t);
        if (fits(4 * row_size_, g)) on_grid = g;
      }
      const double off = on_grid >= 0 ? 0 : certify ? SLACK * (e * length + (ranked ? ends_off : tau)) + 2 * ULP * x_max_ : 0;
      // A parameter from the arbiter puts the vertex near the true one; the float row is then 0 only that nearly.
      add_vertex(at, a, b, t, (*layers)[layer_].first_unit + from_ + crossings_[i].unit, still_p | p, still_n | q,
                 on_grid >= 0 ? 0 : SLACK * (error + rounding_ + (ranked ? lipschitz_ * off : 0)), off, on_grid, root);
      if (exact_ends && on_grid < 0 && !ranked && certify) divide_row(a, b, crossings_[i].unit);
      p |= pb & here;
      q |= qb & here;
      ++made;
      i = end;
    }
    return made;
  }

  // How far a parameter from a to b may be off for the sake of the place it gives.
  double bearable_shift(i32 a, i32 b) const {
    double most = 1;
    for (int k = 0; k < D; ++k) most = std::min(most, BAD_PLACE * size_[k] / std::fabs(x[size_t(b) * D + k] - x[size_t(a) * D + k]));
    return most;
  }

  // The newest vertex cuts an exact edge at a parameter no double holds, such as 1/3.  Its row may still be exact: try
  // a + za (b - a) / d column by column, and keep the row if no operation rounds.
  void divide_row(i32 a, i32 b, int unit) {
    if (narrow_ && (D == 1 || (*layers)[layer_].width > GROUP)) return;  // nobody reads them, or they are made again for every group
    ensure_row(a);
    ensure_row(b);
    const i32 v = i32(n_vertices()) - 1;
    const i32 at = i32(z.size() / z_stride_);
    double* to = z.grow(z_stride_);
    const double* ra = &z[size_t(row[a]) * z_stride_];
    const double* rb = &z[size_t(row[b]) * z_stride_];
    const int own = narrow_ ? unit : from_ + unit;
    const double za = ra[own], d = za - rb[own];
    int g = 0;
    for (int j = 0; j < z_stride_; ++j) {
      const double product = za * (rb[j] - ra[j]), quotient = product / d;
      to[j] = ra[j] + quotient;
      g = std::max(g, grid_of(to[j]));
      if (std::fma(za, rb[j] - ra[j], -product) != 0 || std::fma(quotient, d, -product) != 0 ||
          to[j] - ra[j] != quotient || to[j] - quotient != ra[j]) {
        z.resize(size_t(at) * z_stride_);
        return;
      }
    }
    if (!fits(4 * row_size_, g)) {
      z.resize(size_t(at) * z_stride_);
      return;
    }
    row[v] = at;
    trust[v].grid = g;
    trust[v].eps = trust[v].delta = 0;
  }

  void cut_edges(size_t n) {
    splits.resize(n);
    for (size_t e = 0; e < n; ++e) {
      const i32 a = edges[e].a, b = edges[e].b;
      const u64 cross = changes(sign[a], sign[b]);
      splits[e].count = 0;
      if (!cross) continue;
      ask_around(Around::edge, i32(e));
      const i32 first = i32(n_vertices());
      const int made = cross_edge(a, b, cross, edges[e].tau, edges[e].root);
      splits[e] = {first, i32(n_edges()), made};
      const i32 fold = edges[e].fold;
      const double tau = edges[e].tau + 4 * ULP * x_max_;
      for (int i = 0; i < made; ++i) add_edge(first + i, i + 1 < made ? first + i + 1 : b, fold, tau, edges[e].root);
      edges[e].b = first;
      tick();
    }
  }

  // --- faces

  void push_corner(i32 v, i32 e, Signs& sum) {
    const Signs here = sign[v];
    arena_.push({here, v, e});
    sum.add(here);
  }

  // Append the loop entry (v, e) with the vertices that now lie on e.
  void expand(i32 v, i32 e, Signs& sum) {
    const Split& split = splits[e];
    if (!split.count) return push_corner(v, e, sum);
    const i32 sv = split.vertex, se = split.edge, last = split.count - 1;
    if (edges[e].a == v) {
      push_corner(v, e, sum);
      for (i32 i = 0; i <= last; ++i) push_corner(sv + i, se + i, sum);
    } else {
      push_corner(v, se + last, sum);
      for (i32 i = last; i >= 0; --i) push_corner(sv + i, i ? se + i - 1 : e, sum);
    }
  }

  void emit_face(const Corner* corners, size_t n, const Signs& around, const Tag& tag) {
    i32* v = next_loops.v.grow(n);
    i32* e = next_loops.e.grow(n);
    for (size_t i = 0; i < n; ++i) { v[i] = corners[i].v; e[i] = corners[i].e; }
    next_loops.close();
    if (D == 3) { next_face_fold.push(tag.fold); face_pos.push(around.pos); face_neg.push(around.neg); next_face_tau.push(tag.plane); next_face_root.push(tag.root); }
    if (D == 2) { parent_out->push(tag.parent); word_out->push(around.pos); }
  }

  // The convex loop that ends the arena, from ``at`` on, with its signs: cut by the units that change sign on it, or done.
  void take_face(size_t at, const Signs& around, u64 candidates, const Tag& tag) {
    const u64 todo = around.pos & around.neg & candidates;
    if (todo) cut_face(at, arena_.size() - at, around, todo, tag);
    else emit_face(&arena_[at], arena_.size() - at, around, tag);
    arena_.resize(at);
  }

  // Cut the convex loop arena[at, at + n) by the units of ``todo``, and emit the parts.
  void cut_face(size_t at, size_t n, const Signs& around, u64 todo, const Tag& tag) {
    size_t to_neg = 0, to_pos = 0;
    while (!ends_of_chord(&arena_[at], n, __builtin_ctzll(todo), to_neg, to_pos))
      if (!(todo &= todo - 1)) return emit_face(&arena_[at], n, around, tag);
    const int unit = __builtin_ctzll(todo);
    todo &= todo - 1;
    const Corner a = arena_[at + to_neg], b = arena_[at + to_pos];
    const u64 cross = todo & changes(a.sign, b.sign);
    const i32 first = i32(n_vertices()), first_edge = i32(n_edges());
    const double tau = certify ? chord_tau(&arena_[at], n, to_neg, to_pos, unit, tag.plane) : 0;
    const int made = cross ? cross_edge(a.v, b.v, cross, tau, tag.root) : 0;
    if (made && (__builtin_popcountll(todo) > DEEP)) {
      for (int i = 0; i < made; ++i) ensure_row(first + i);
    }
    const i32 own = (*layers)[layer_].first_unit + from_ + unit;
    for (int i = 0; i <= made; ++i) add_edge(i ? first + i - 1 : a.v, i < made ? first + i : b.v, own, tau, tag.root);
    // Positive side: from to_pos forward to to_neg, then back along the chord; negative side the other way.
    const size_t start = arena_.size();
    Signs sum = push_corners(at, n, to_pos, to_neg);
    push_corner(a.v, first_edge, sum);
    for (int i = 0; i < made; ++i) push_corner(first + i, first_edge + 1 + i, sum);
    take_face(start, sum, todo, tag);
    sum = push_corners(at, n, to_neg, to_pos);
    push_corner(b.v, first_edge + made, sum);
    for (int i = made - 1; i >= 0; --i) push_corner(first + i, first_edge + i, sum);
    take_face(start, sum, todo, tag);
  }

  // Append the corners from ``begin`` up to ``end`` of the loop arena[at, at + n), round its end; returns their signs.
  Signs push_corners(size_t at, size_t n, size_t begin, size_t end) {
    const size_t count = (end > begin ? 0 : n) + end - begin;
    Corner* to = arena_.grow(count);
    const Corner* loop = &arena_[at];
    Signs sum{0, 0};
    for (size_t i = 0, from = begin; i < count; ++i, from = from + 1 == n ? 0 : from + 1) {
      const Corner corner = loop[from];
      sum.add(corner.sign);
      to[i] = corner;
    }
    return sum;
  }

  void ensure_row(i32 v) {
    if (row[v] >= 0) return;
    ensure_row(born[v].a);
    ensure_row(born[v].b);
    fill_row(v);
  }

  // How far the chord of a unit across a loop in a plane may be off its true line.
  double chord_tau(const Corner* loop, size_t n, size_t i, size_t k, int unit, double plane) const {
    const i32 a = loop[i].v, b = loop[k].v;
    const double residual = std::max(std::fabs(value(a, unit)) + trust[a].eps, std::fabs(value(b, unit)) + trust[b].eps) + rounding_;
    double best = spread(a, loop[i ? i - 1 : n - 1].v, unit);
    best = std::min(best, spread(a, loop[i + 1 < n ? i + 1 : 0].v, unit));
    best = std::min(best, spread(b, loop[k ? k - 1 : n - 1].v, unit));
    best = std::min(best, spread(b, loop[k + 1 < n ? k + 1 : 0].v, unit));
    return offset(residual, best, plane);
  }

  // How far the polygon ``steps_`` that a unit cuts out of a cell may be off its true plane.
  double cut_tau(const Side* sides, size_t n, int unit) const {
    double residual = 0, best = std::numeric_limits<double>::infinity();
    for (const Step& step : steps_) residual = std::max(residual, std::fabs(value(step.from, unit)) + trust[step.from].eps);
    for (size_t k = 0; k < n; ++k) {
      if (sides[k].sign.neg >> unit & 1) continue;
      const i32 f = sides[k].face >> 1;
      for (size_t i = loops.start[f]; i < loops.start[f + 1]; ++i)
        if (sign[loops.v[i]].pos >> unit & 1) best = std::min(best, spread(steps_[0].from, loops.v[i], unit));
    }
    return offset(residual + rounding_, best, 0);
  }

  // Where the loop passes from on to off and back; false if rounding (uncertified mode) left no two such corners.
  static bool ends_of_chord(const Corner* loop, size_t n, int unit, size_t& to_neg, size_t& to_pos) {
    unsigned downs = 0, ups = 0;
    const auto bit = [unit](u64 word) { return unsigned(word >> unit & 1); };
    Signs before = loop[n - 1].sign, here = loop[0].sign;
    for (size_t i = 0; i < n; ++i) {  // no branches: they could not be predicted
      const Signs after = loop[i + 1 < n ? i + 1 : 0].sign;
      const unsigned on_fold = ~bit(here.pos | here.neg);
      const unsigned down = bit(before.pos & after.neg) & on_fold, up = bit(before.neg & after.pos) & on_fold;
      to_neg = down ? i : to_neg;
      to_pos = up ? i : to_pos;
      downs += down;
      ups += up;
      before = here;
      here = after;
    }
    return downs == 1 && ups == 1;
  }

  void cut_faces() {
    const size_t n = loops.count();
    next_loops.clear();
    next_face_fold.clear();
    next_face_tau.clear();
    next_face_root.clear();
    face_pos.clear();
    face_neg.clear();
    if (D == 3) { children.clear(); children.push(0); }
    for (size_t f = 0; f < n; ++f) {
      arena_.clear();
      ask_around(Around::face, i32(f));
      Signs around{0, 0};
      for (size_t i = loops.start[f]; i < loops.start[f + 1]; ++i) expand(loops.v[i], loops.e[i], around);
      take_face(0, around, ~u64(0), D == 3 ? Tag{face_fold[f], face_tau[f], 0, face_root[f]} : Tag{0, 0, i32(f), -1});
      if (D == 3) children.push(next_loops.count());
      if (D == 2 && double(next_loops.count() + root_->finished_.load()) > most()) throw Stopped{};
      tick();
    }
    loops.swap(next_loops);
    face_fold.swap(next_face_fold);
    face_tau.swap(next_face_tau);
    face_root.swap(next_face_root);
  }

  // --- cells

  // The cell that ends the arena of cells, from ``at`` on, with its signs: cut by the units that change sign in it, or done.
  void take_cell(size_t at, const Signs& around, u64 candidates, i32 parent) {
    const u64 todo = around.pos & around.neg & candidates;
    if (todo) cut_cell(at, cell_arena_.size() - at, around, todo, parent);
    else emit_cell(at, cell_arena_.size() - at, around, parent);
    cell_arena_.resize(at);
  }

  void emit_cell(size_t at, size_t n, const Signs& around, i32 parent) {
    i32* faces = next_cell_faces.grow(n);
    for (size_t i = 0; i < n; ++i) faces[i] = cell_arena_[at + i].face;
    next_cell_start.push(next_cell_faces.size());
    parent_out->push(parent);
    word_out->push(around.pos);
  }

  // Cut the cell cell_arena_[at, at + n) by the units of ``todo``, and emit the parts.
  void cut_cell(size_t at, size_t n, const Signs& around, u64 todo, i32 parent) {
    while (!loop_of_cut(&cell_arena_[at], n, __builtin_ctzll(todo)))
      if (!(todo &= todo - 1)) return emit_cell(at, n, around, parent);
    const int unit = __builtin_ctzll(todo);
    const u64 bit = todo & (~todo + 1);
    todo &= todo - 1;
    const i32 first = i32(loops.count());
    const double plane = certify ? cut_tau(&cell_arena_[at], n, unit) : 0;
    arena_.clear();
    Signs signs{0, 0};
    for (const Step& step : steps_) push_corner(step.from, step.edge, signs);
    swap_faces();  // emit_face appends to next_loops
    take_face(0, signs, todo, Tag{(*layers)[layer_].first_unit + from_ + unit, plane, 0, -1});
    swap_faces();
    const i32 last = i32(loops.count());
    const size_t start = cell_arena_.size();
    for (const bool below : {false, true}) {
      Signs sum{0, 0};
      for (size_t i = at; i < at + n; ++i) {
        const Side side = cell_arena_[i];
        if (bool(side.sign.neg & bit) == below) push_side(side, sum);
      }
      for (i32 f = first; f < last; ++f) push_side({{face_pos[f], face_neg[f]}, f << 1 | i32(below)}, sum);
      take_cell(start, sum, todo, parent);
    }
  }

  void swap_faces() {
    next_loops.swap(loops);
    next_face_fold.swap(face_fold);
    next_face_tau.swap(face_tau);
    next_face_root.swap(face_root);
  }

  void push_side(const Side& side, Signs& sum) {
    cell_arena_.push(side);
    sum.add(side.sign);
  }

  // Put the edges of a cell's boundary that lie on the unit's fold into ``steps_``, in order, seen from inside the positive
  // part as its outside; false if rounding (uncertified mode) left no loop of them.
  bool loop_of_cut(const Side* sides, size_t n_sides, int unit) {
    const u64 bit = u64(1) << unit;
    steps_.clear();
    for (const Side *side = sides, *end = sides + n_sides; side != end; ++side) {
      if (!(side->sign.pos & bit)) continue;
      const size_t s = loops.start[side->face >> 1], n = loops.start[(side->face >> 1) + 1] - s;
      i32 a = loops.v[s + n - 1];
      u64 off_fold = (sign[a].pos | sign[a].neg) & bit;
      for (size_t i = 0, at = n - 1; i < n; at = i++) {
        const i32 b = loops.v[s + i];
        const u64 b_off_fold = (sign[b].pos | sign[b].neg) & bit;
        // The outside of the face runs a -> b (b -> a seen from behind); the cut runs the other way.
        if (!(off_fold | b_off_fold)) steps_.push_back(side->face & 1 ? Step{a, b, loops.e[s + at]} : Step{b, a, loops.e[s + at]});
        a = b;
        off_fold = b_off_fold;
      }
    }
    if (steps_.size() < 3) return false;
    i32 at = steps_[0].from;
    for (size_t i = 0; i < steps_.size(); ++i) {
      size_t k = i;
      while (k < steps_.size() && steps_[k].from != at) ++k;
      if (k == steps_.size()) return false;
      std::swap(steps_[i], steps_[k]);
      at = steps_[i].to;
    }
    return at == steps_[0].from;
  }

  void cut_cells() {
    const size_t n = cell_start.size() - 1;
    next_cell_faces.clear();
    next_cell_start.clear();
    next_cell_start.push(0);
    for (size_t c = 0; c < n; ++c) {
      cell_arena_.clear();
      ask_around(Around::region, i32(c));
      Signs around{0, 0};
      for (size_t i = cell_start[c]; i < cell_start[c + 1]; ++i) {
        const i32 f = cell_faces[i] >> 1, behind = cell_faces[i] & 1;
        for (size_t k = children[f]; k < children[f + 1]; ++k) push_side({{face_pos[k], face_neg[k]}, i32(k) << 1 | behind}, around);
      }
      take_cell(0, around, ~u64(0), i32(c));
      if (double(next_cell_start.size() - 1 + root_->finished_.load()) > most()) throw Stopped{};
      tick();
    }
    cell_faces.swap(next_cell_faces);
    cell_start.swap(next_cell_start);
  }

  // --- one group of units

  void cut(size_t l, int from) {
    parent_out = take_up(parents, old_parents_);
    word_out = take_up(words, old_words_);
    group_layer.push_back(int(l));
    group_from.push_back(from);
    const size_t n = n_edges();
    cut_edges(n);
    if (D == 1) cut_line(n);
    if (D >= 2) cut_faces();
    if (D == 3) cut_cells();
  }

  // In one dimension the edges are the regions: new edges go behind the one they were cut from.
  void cut_line(size_t n) {
    next_edges_.clear();
    next_edges_.reserve(n_edges());
    parent_out->reserve(n_edges());
    word_out->reserve(n_edges());
    for (size_t e = 0; e < n; ++e) {
      emit_segment(edges[e], i32(e));
      for (int i = 0; i < splits[e].count; ++i) emit_segment(edges[splits[e].edge + i], i32(e));
    }
    edges.swap(next_edges_);
    if (double(n_edges()) > most()) throw Stopped{};
  }

  Buffer<Edge> next_edges_;

  void emit_segment(const Edge& edge, i32 parent) {
    next_edges_.put(edge);
    parent_out->put(parent);
    word_out->put(sign[edge.a].pos | sign[edge.b].pos);
  }

#include "core/complex/vertex_rows.hpp"
#include "core/complex/doubled.hpp"

  void tick() {
    if (!(++ticks & 0x3ff)) look();
  }

  // Whether the work should end; tells how far it is.
  void look() {
    const double time = now();
    if (time > root_->deadline || root_->halt_.load()) throw Stopped{};
    if (time < looked_ + 0.05) return;
    looked_ = time;
    nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (tell()) throw Stopped{};
  }

  // Tell how far the work is; returns whether that is enough.
  bool tell() {
    if (root_->progress.is_none()) return false;
    const size_t blocks = root_->n_blocks_;
    const nb::object told = root_->progress(std::max(root_->n_top(), root_->finished_.load()), blocks ? double(root_->blocks_done_.load()) / double(blocks) : 0.0);
    return told.ptr() == Py_True;
  }
};

// --- to and from Python

constexpr size_t KEPT = size_t(512) << 20;  // bytes of working memory kept between calls

// The working memory of the last call, if nobody is using it.
template <int D> std::unique_ptr<Complex<D>>& kept() {
  static std::unique_ptr<Complex<D>> memory;
  return memory;
}

struct Request {
  nb::list weights, biases, below;
  Vector lo, hi;
  bool certify, rational;
  nb::object arbiter, progress;
  double max_regions, seconds;
  bool count_only;
  int workers;
  size_t split;
  nb::object blocks;  // None, or (first, last): only these, handed back one by one
  nb::object parts;   // None, or blocks that were handed back: only put them together
};

// Blocks on their way to another process and back: numbers as they are, records as bytes.
struct ToDict {
  nb::dict out;
  template <class T> static nb::object array(const T* data, size_t n) {
    using Item = std::conditional_t<std::is_arithmetic_v<T>, T, std::uint8_t>;
    Buffer<Item> copy;
    copy.resize(n * sizeof(T) / sizeof(Item));
    if (n) std::memcpy(static_cast<void*>(copy.data()), data, n * sizeof(T));
    return array_of(copy, {copy.size()});
  }
  void operator()(const char* name, size_t value) { out[name] = value; }
  template <class T> void operator()(const char* name, const std::vector<T>& values) { out[name] = array(values.data(), values.size()); }
  template <class T> void operator()(const char* name, const Buffer<T>& values) { out[name] = array(values.data(), values.size()); }
  template <class T> void operator()(const char* name, const std::vector<Buffer<T>>& values) {
    nb::list list;
    for (const auto& row : values) list.append(array(row.data(), row.size()));
    out[name] = list;
  }
};

struct FromDict {
  nb::dict in;
  template <class Values> static void fill(nb::handle from, Values& values) {
    using T = std::remove_reference_t<decltype(values[0])>;
    using Item = std::conditional_t<std::is_arithmetic_v<T>, T, std::uint8_t>;
    const auto array = nb::cast<nb::ndarray<const Item, nb::ndim<1>, nb::c_contig, nb::device::cpu>>(from);
    values.resize(array.shape(0) * sizeof(Item) / sizeof(T));
    if (values.size()) std::memcpy(static_cast<void*>(values.data()), array.data(), values.size() * sizeof(T));
  }
  void operator()(const char* name, size_t& value) { value = nb::cast<size_t>(in[name]); }
  template <class T> void operator()(const char* name, std::vector<T>& values) { fill(in[name], values); }
  template <class T> void operator()(const char* name, Buffer<T>& values) { fill(in[name], values); }
  template <class T> void operator()(const char* name, std::vector<Buffer<T>>& values) {
    for (nb::handle row : nb::cast<nb::list>(in[name])) fill(row, values.emplace_back());
  }
};

template <int D> void ask(Complex<D>& c, const Request& r) {
  c.clear();
  c.looked_ = 0;
  c.layers = std::make_shared<const std::vector<Layer>>(layers_of(r.weights, r.biases, r.below, r.certify));
  c.certify = r.certify;
  c.rational = r.rational;
  c.split = std::min(r.split, size_t(std::max(2.0, r.max_regions / 4)));  // a small budget is spent on small blocks
  c.arbiter = r.arbiter;
  c.progress = r.progress;
  c.max_regions = r.max_regions;
  c.deadline = Complex<D>::now() + r.seconds;
}

template <int D> nb::dict answer(const Request& r) {
  std::unique_ptr<Complex<D>> mine = std::move(kept<D>());
  if (!mine) mine = std::make_unique<Complex<D>>();
  Complex<D>& c = *mine;
  ask(c, r);
  bool complete = true;
  std::vector<typename Complex<D>::Part> parts;
  size_t first = 0, last = 0, n_regions = 0;
  if (!r.blocks.is_none()) std::tie(first, last) = nb::cast<std::pair<size_t, size_t>>(r.blocks);
  if (!r.parts.is_none())
    for (nb::handle part : nb::cast<nb::list>(r.parts)) {
      parts.emplace_back();
      parts.back().each(FromDict{nb::cast<nb::dict>(part)});
      parts.back().done = true;
    }
  {
    nb::gil_scoped_release free;
    try {
      if (!r.blocks.is_none()) complete = c.run_shard(r.lo.data(), r.hi.data(), first, last, r.workers, parts);
      else if (!r.parts.is_none()) c.run_weld(r.lo.data(), r.hi.data(), parts);
      else if (r.count_only) complete = c.run_count(r.lo.data(), r.hi.data(), r.workers, n_regions);
      else complete = c.run(r.lo.data(), r.hi.data(), r.workers);
    } catch (const Stopped&) {  // before there were any finished blocks
      complete = false;
      c.clear();
      c.weld_.clear();
    }
  }
  nb::dict out;
  out["complete"] = complete;
  out["asked_signs"] = c.asked_signs;
  out["asked_orders"] = c.asked_orders;
  out["asked_rows"] = c.asked_rows;
  out["settled"] = c.settled;
  if (!r.count_only) n_regions = r.blocks.is_none() ? c.weld_.n_top() : 0;
  out["n_regions"] = n_regions;
  c.arbiter = nb::none();
  c.progress = nb::none();
  auto keep = [&] {
    if (c.bytes() <= KEPT) kept<D>() = std::move(mine);
  };
  if (!r.blocks.is_none()) {
    nb::list done;
    for (auto& part : parts) {
      ToDict dict;
      if (part.done) part.each(dict);
      if (part.done) done.append(dict.out);
    }
    out["parts"] = done;
    out["n_blocks"] = c.done() ? 0 : c.n_blocks();
  }
  if (r.count_only || !r.blocks.is_none() || (!complete && !n_regions)) {
    keep();
    return out;
  }
  typename Complex<D>::Weld& w = c.weld_;
  const size_t V = w.born_unit.size(), E = w.edge_fold.size();
  out["vertices"] = array_of(w.x, {V, size_t(D)});
  out["born_unit"] = array_of(w.born_unit, {V});
  if (D == 2) out["edge_fold"] = array_of(w.edge_fold, {E});
  out["edges"] = array_of(w.edge_ends, {E, 2});
  if (D >= 2) {
    const size_t C = w.loops.v.size(), F = w.loops.start.size();
    out["loop_vertices"] = array_of(w.loops.v, {C});
    out["loop_edges"] = array_of(w.loops.e, {C});
    out["loop_start"] = array_of(w.loops.start, {F});
    if (D == 3) out["face_fold"] = array_of(w.face_fold, {F - 1});
  }
  if (D == 3) {
    const size_t C = w.cell_faces.size(), S = w.cell_start.size();
    out["cell_faces"] = array_of(w.cell_faces, {C});
    out["cell_start"] = array_of(w.cell_start, {S});
  }
  nb::list parents, words, group_layer, group_from;
  for (size_t g = 0; g < c.words.size(); ++g) {
    const size_t n = c.words[g].size();
    parents.append(array_of(c.parents[g], {n}));
    words.append(array_of(c.words[g], {n}));
    group_layer.append(c.group_layer[g]);
    group_from.append(c.group_from[g]);
  }
  out["parents"] = parents;
  out["words"] = words;
  out["group_layer"] = group_layer;
  out["group_from"] = group_from;
  keep();
  return out;
}

nb::dict complex_of(const nb::list& weights, const nb::list& biases, const nb::list& below, const Vector& lo, const Vector& hi,
                    bool certify, bool rational, const nb::object& arbiter, const nb::object& progress, double max_regions, double seconds,
                    bool count_only, int workers, size_t split, const nb::object& blocks, const nb::object& parts) {
  const Request request{weights, biases, below, lo, hi, certify, rational, arbiter, progress, max_regions, seconds, count_only, workers, split, blocks, parts};
  switch (lo.shape(0)) {
    case 1: return answer<1>(request);
    case 2: return answer<2>(request);
    default: return answer<3>(request);
  }
}

// --- affine maps

// The generations of a complex: which of the one before each cell came from, and the word that its units gave it.
struct Generations {
  std::vector<const i32*> parent;
  std::vector<const u64*> word;
  std::vector<int> layer, first_bit, n_bits;
  size_t n = 1, units = 0;  // regions; bits of a pattern

  Generations(const std::vector<int>& widths, const nb::list& parents, const nb::list& words, const std::vector<int>& group_layer) : layer(group_layer) {
    using Parents = nb::ndarray<const i32, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
    using Words = nb::ndarray<const u64, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
    int left = 0;  // units of the layer without a word yet
    for (size_t g = 0; g < layer.size(); ++g) {
      parent.push_back(nb::cast<Parents>(parents[g]).data());
      const Words here = nb::cast<Words>(words[g]);
      word.push_back(here.data());
      n = here.shape(0);
      if (!g || layer[g] != layer[g - 1]) left = widths[size_t(layer[g])];
      first_bit.push_back(int(units));
      n_bits.push_back(std::min(GROUP, left));
      units += size_t(n_bits[g]), left -= n_bits[g];
    }
  }

  // Call ``took(region, bits, first)`` for each region, with the words of its generations; those before ``first`` are
  // those of the region before.
  template <class F> void walk(F took) const {
    const size_t G = layer.size();
    std::vector<i32> at(G, -1);
    std::vector<u64> bits(G);
    for (size_t r = 0; r < n; ++r) {
      size_t first = G;
      i32 node = i32(r);
      for (size_t g = G; g-- > 0;) {
        if (at[g] == node) break;
        at[g] = node;
        bits[g] = word[g][node];
        node = parent[g][node];
        first = g;
      }
      took(r, bits.data(), first);
    }
  }
};

// Affine maps (regions, outputs, d + 1) of a complex given by its generations.
nb::object maps_of(const nb::list& weights, const nb::list& biases, const nb::list& below, const nb::list& parents, const nb::list& words,
                   const std::vector<int>& group_layer, int d) {
  Maps maps(layers_of(weights, biases, below, false), size_t(d));
  const size_t L = nb::len(weights) - 1;
  std::vector<int> widths;
  for (size_t l = 0; l < L; ++l) widths.push_back(maps.layer(l).width);
  const Generations all(widths, parents, words, group_layer);
  const size_t G = group_layer.size(), size = size_t(maps.layer(L).width) * (d + 1);
  std::vector<size_t> layer_begin;  // the first generation of the same layer
  for (size_t g = 0; g < G; ++g) layer_begin.push_back(g && group_layer[g] == group_layer[g - 1] ? layer_begin.back() : g);
  Buffer<double> out;
  out.resize(all.n * size);
  {
    nb::gil_scoped_release free;
    all.walk([&](size_t r, const u64* bits, size_t first) {
      maps.begin(r == 0);
      for (size_t g = first == G ? G : layer_begin[first]; g < G;) {
        maps.take(size_t(group_layer[g]), &bits[g]);
        const int layer = group_layer[g];
        while (g < G && group_layer[g] == layer) ++g;
      }
      maps.write(&out[r * size]);
    });
  }
  return array_of(out, {all.n, size_t(maps.layer(L).width), size_t(d) + 1});
}

// Patterns (regions, units) of a complex given by its generations.
nb::object patterns_of(const std::vector<int>& widths, const nb::list& parents, const nb::list& words, const std::vector<int>& group_layer) {
  const Generations all(widths, parents, words, group_layer);
  Buffer<std::uint8_t> patterns;
  patterns.resize(all.n * all.units + 8);
  {
    nb::gil_scoped_release free;
    all.walk([&](size_t r, const u64* bits, size_t first) {
      std::uint8_t* row = &patterns[r * all.units];
      if (r && first < group_layer.size()) std::memcpy(row, row - all.units, size_t(all.first_bit[first]));
      for (size_t g = first; g < group_layer.size(); ++g) spread_bits(bits[g], all.n_bits[g], row + all.first_bit[g]);
    });
  }
  return array_of(patterns, {all.n, all.units});
}

// The same numbers in 64 bits, in memory that is kept between answers: fresh pages would take longer to get than to fill.
nb::object widened(const nb::ndarray<const i32, nb::c_contig, nb::device::cpu>& numbers) {
  Buffer<std::int64_t> wide;
  wide.resize(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) wide[i] = numbers.data()[i];
  return numbers.ndim() == 2 ? array_of(wide, {numbers.shape(0), numbers.shape(1)}) : array_of(wide, {numbers.size()});
}

}  // namespace

NB_MODULE(_complex, m) {
  m.def("complex_of", &complex_of, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("lo"), nb::arg("hi"),
        nb::arg("certify"), nb::arg("rational"), nb::arg("arbiter").none(), nb::arg("progress").none(), nb::arg("max_regions"), nb::arg("seconds"),
        nb::arg("count_only"), nb::arg("workers"), nb::arg("split"), nb::arg("blocks").none(), nb::arg("parts").none());
  m.def("spectral_norm", [](const Matrix& W) { return spectral_norm(W.data(), int(W.shape(0)), int(W.shape(1))); }, nb::arg("W"));
  m.def("maps_of", &maps_of, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("parents"), nb::arg("words"),
        nb::arg("group_layer"), nb::arg("d"));
  m.def("widened", &widened, nb::arg("numbers"));
  m.def("patterns_of", &patterns_of, nb::arg("widths"), nb::arg("parents"), nb::arg("words"), nb::arg("group_layer"));
}
