// The complex of a ReLU network on a box in 1, 2 or 3 dimensions, for Python.
//
// Breadth-first over layers, 64 units at a time.  Only two kinds of thing are ever decided by arithmetic: the sign of a unit
// at a vertex when a layer begins, and which of two crossings comes first on an edge.  Everything else is combinatorial: a
// new vertex takes its signs from the two ends of the edge it is born on, a face is cut by joining two vertices of its loop,
// a cell by a loop of edges.  So the topology cannot fail; what a float cannot decide within its error bound is asked of the
// arbiter (exact rationals).
//
// Reference in Python, same algorithm, any arithmetic: exact/complex/reference.py.

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <tuple>
#include <type_traits>
#include <vector>

#include "bind/arbiter.hpp"
#include "bind/arrays.hpp"
#include "bind/listener.hpp"
#include "core/complex/first_cells.hpp"
#include "core/complex/lineage.hpp"
#include "core/complex/maps.hpp"
#include "core/complex/sizes.hpp"
#include "core/complex/whole.hpp"

namespace foldline::complex {
namespace {

constexpr size_t KEPT = size_t(512) << 20;  // bytes of working memory kept between calls

// The working memory of the last call, if nobody is using it.
template <int D> std::unique_ptr<Whole<D>>& kept() {
  static std::unique_ptr<Whole<D>> memory;
  return memory;
}

// What Python asks for.
struct Asking {
  Question question;
  bool count_only;
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

template <int D> std::vector<Part<D>> parts_of(const nb::object& dicts) {
  std::vector<Part<D>> parts;
  if (dicts.is_none()) return parts;
  for (nb::handle dict : nb::cast<nb::list>(dicts)) {
    parts.emplace_back();
    parts.back().each(FromDict{nb::cast<nb::dict>(dict)});
    parts.back().done = true;
  }
  return parts;
}

template <int D> nb::list dicts_of(std::vector<Part<D>>& parts) {
  nb::list done;
  for (auto& part : parts) {
    if (!part.done) continue;
    ToDict dict;
    part.each(dict);
    done.append(dict.out);
  }
  return done;
}

// Do the work that is asked for; returns whether it is complete.
template <int D> bool work(Whole<D>& whole, const Asking& asking, std::vector<Part<D>>& parts, size_t& n_regions) {
  size_t first = 0, last = 0;
  if (!asking.blocks.is_none()) std::tie(first, last) = nb::cast<std::pair<size_t, size_t>>(asking.blocks);
  const bool shard = !asking.blocks.is_none(), put_together = !asking.parts.is_none();
  nb::gil_scoped_release free;
  try {
    whole.ask(asking.question);
    if (shard) return whole.cut_shard(first, last, parts);
    if (put_together) return whole.weld_shards(parts), true;
    return asking.count_only ? whole.count(n_regions) : whole.run();
  } catch (const Stopped&) {  // before there were any finished blocks
    whole.forget();
    return false;
  }
}

template <int D> void put_geometry(Weld<D>& w, nb::dict& out) {
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
}

void put_generations(Past& past, nb::dict& out) {
  nb::list parents, words, group_layer, group_from;
  for (size_t g = 0; g < past.size(); ++g) {
    const size_t n = past.words[g].size();
    parents.append(array_of(past.parents[g], {n}));
    words.append(array_of(past.words[g], {n}));
    group_layer.append(past.group_layer[g]);
    group_from.append(past.group_from[g]);
  }
  out["parents"] = parents;
  out["words"] = words;
  out["group_layer"] = group_layer;
  out["group_from"] = group_from;
}

template <int D> nb::dict answer(const Asking& asking) {
  std::unique_ptr<Whole<D>> mine = std::move(kept<D>());
  if (!mine) mine = std::make_unique<Whole<D>>();
  Whole<D>& whole = *mine;
  std::vector<Part<D>> parts = parts_of<D>(asking.parts);
  const bool shard = !asking.blocks.is_none();
  size_t n_regions = 0;
  nb::dict out;
  const bool complete = work(whole, asking, parts, n_regions);
  if (!asking.count_only) n_regions = shard ? 0 : whole.weld().n_top();
  out["complete"] = complete;
  out["left_out"] = whole.complex().left_out;  // regions that there would be blocks of
  out["asked_signs"] = whole.asked().signs;
  out["asked_orders"] = whole.asked().orders;
  out["asked_rows"] = whole.asked().rows;
  out["settled"] = whole.settled();
  out["n_regions"] = n_regions;
  whole.let_go();
  if (shard) {
    out["parts"] = dicts_of(parts);
    out["n_blocks"] = whole.done() ? 0 : whole.n_blocks();
  } else if (!asking.count_only && (complete || n_regions)) {
    put_geometry(whole.weld(), out);
    put_generations(whole.past(), out);
  }
  if (whole.bytes() <= KEPT) kept<D>() = std::move(mine);
  return out;
}

// First cells as (vertices, the faces around each k-face for k = 1 .. d, each as one array and where its lists begin, walls), and where the first layer does not read the
// places: (readings, how far each may be off, the Lipschitz constant of the first layer's pre-activations).
FirstCells cells_of(const nb::tuple& given) {
  const auto vertices = nb::cast<Matrix>(given[0]);
  FirstCells cells;
  cells.vertices.assign(vertices.data(), vertices.data() + vertices.size());
  for (nb::handle part : nb::cast<nb::list>(given[1])) {
    const auto flat = nb::cast<Array<i32, 1>>(part[0]);
    const auto start = nb::cast<Array<std::int64_t, 1>>(part[1]);
    cells.faces.emplace_back();
    cells.faces.back().flat.assign(flat.data(), flat.data() + flat.size());
    cells.faces.back().start.assign(start.data(), start.data() + start.size());
  }
  const auto walls = nb::cast<Array<i32, 1>>(given[2]);
  cells.walls.assign(walls.data(), walls.data() + walls.size());
  if (nb::len(given) > 3) {
    const auto reads = nb::cast<Matrix>(given[3]);
    const auto off = nb::cast<Vector>(given[4]);
    cells.reads.assign(reads.data(), reads.data() + reads.size());
    cells.off.assign(off.data(), off.data() + off.size());
    cells.lipschitz = nb::cast<double>(given[5]);
  }
  return cells;
}

nb::dict complex_of(const nb::list& weights, const nb::list& biases, const nb::list& below, const Vector& lo, const Vector& hi,
                    bool certify, bool rational, const nb::object& arbiter, const nb::object& progress, double max_regions, double seconds, double row_bytes,
                    bool count_only, int workers, size_t split, const nb::object& blocks, const nb::object& parts, const nb::object& first) {
  const Lists lists(weights, biases, below);
  Exact<Arbiter> exact(arbiter, int(lo.shape(0)));
  Callback listener(progress);
  const FirstCells cells = first.is_none() ? FirstCells{} : cells_of(nb::cast<nb::tuple>(first));
  const Question question{lists.given, lo.data(), hi.data(), certify, rational, &exact, &listener,
                          max_regions, seconds, row_bytes, workers, split, first.is_none() ? nullptr : &cells};
  const Asking asking{question, count_only, blocks, parts};
  switch (lo.shape(0)) {
    case 1: return answer<1>(asking);
    case 2: return answer<2>(asking);
    default: return answer<3>(asking);
  }
}

// The generations of a complex as Python has them.
Lineage lineage_of(const std::vector<int>& widths, const nb::list& parents, const nb::list& words, const std::vector<int>& group_layer) {
  Lineage all;
  for (size_t g = 0; g < group_layer.size(); ++g) {
    const auto here = nb::cast<Array<u64, 1>>(words[g]);
    all.add(nb::cast<Array<i32, 1>>(parents[g]).data(), here.data(), here.shape(0), group_layer[g], widths[size_t(group_layer[g])]);
  }
  return all;
}

// Affine maps (regions, outputs, d + 1) of a complex given by its generations.
nb::object maps_of(const nb::list& weights, const nb::list& biases, const nb::list& below, const nb::list& parents, const nb::list& words,
                   const std::vector<int>& group_layer, int d) {
  std::vector<Layer> layers = layers_of(Lists(weights, biases, below).given, 8);
  pack(layers);
  std::vector<int> widths;
  for (const Layer& layer : layers) widths.push_back(layer.width);
  const Lineage all = lineage_of(widths, parents, words, group_layer);
  const size_t outputs = size_t(widths.back()), size = outputs * (d + 1);
  Maps maps(std::move(layers), size_t(d));
  Buffer<double> out;
  out.resize(all.n * size);
  {
    nb::gil_scoped_release free;
    write_maps(all, maps, size, out.data());
  }
  return array_of(out, {all.n, outputs, size_t(d) + 1});
}

// Patterns (regions, units) of a complex given by its generations.
nb::object patterns_of(const std::vector<int>& widths, const nb::list& parents, const nb::list& words, const std::vector<int>& group_layer) {
  const Lineage all = lineage_of(widths, parents, words, group_layer);
  Buffer<std::uint8_t> patterns;
  patterns.resize(all.n * all.units + 8);
  {
    nb::gil_scoped_release free;
    write_patterns(all, patterns.data());
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
}  // namespace foldline::complex

NB_MODULE(_complex, m) {
  m.def("complex_of", &foldline::complex::complex_of, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("lo"), nb::arg("hi"),
        nb::arg("certify"), nb::arg("rational"), nb::arg("arbiter").none(), nb::arg("progress").none(), nb::arg("max_regions"), nb::arg("seconds"), nb::arg("row_bytes"),
        nb::arg("count_only"), nb::arg("workers"), nb::arg("split"), nb::arg("blocks").none(), nb::arg("parts").none(), nb::arg("first").none() = nb::none());
  m.def("spectral_norm", [](const foldline::Matrix& W) { return foldline::spectral_norm(W.data(), int(W.shape(0)), int(W.shape(1))); }, nb::arg("W"));
  m.def("maps_of", &foldline::complex::maps_of, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("parents"), nb::arg("words"),
        nb::arg("group_layer"), nb::arg("d"));
  m.def("widened", &foldline::complex::widened, nb::arg("numbers"));
  m.def("patterns_of", &foldline::complex::patterns_of, nb::arg("widths"), nb::arg("parents"), nb::arg("words"), nb::arg("group_layer"));
}
