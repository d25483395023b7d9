// The training step for Python: checked arrays in, plain pointers below.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <numeric>

#include "step/sets.hpp"

namespace nb = nanobind;

namespace {

using namespace foldline::step;

template <class T, int D>
using In = nb::ndarray<const T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;
template <class T, int D>
using Out = nb::ndarray<T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;

constexpr long kMostVertices = (1L << 31) - 1;  // a vertex number is 32 bits

void need(bool holds, const char* what) {
  if (!holds) throw nb::value_error(what);
}

Moves moves(bool adam, double rate, double beta1, double beta2, double epsilon, long t) {
  if (!adam) return {false, float(rate), float(beta1), 0, 0, 0, 0, 0};
  return {true,
          float(rate / (1 - std::pow(beta1, double(t)))),
          float(beta1),
          float(beta2),
          float(1 - beta1),
          float(1 - beta2),
          float(epsilon),
          float(1 / std::sqrt(1 - std::pow(beta2, double(t))))};
}

class Step {
 public:
  Step(std::vector<long> widths, int loss, std::string set, std::vector<float> below, float clamp, int threads,
       std::vector<long> again)
      : set_(std::move(set)), threads_(threads) {
    const auto names = sets();
    need(widths.size() > 1 && *std::min_element(widths.begin(), widths.end()) > 0,
         "step needs at least two positive widths");
    need(std::find(names.begin(), names.end(), set_) != names.end(), "step needs an instruction set of this machine");
    need(loss >= 0 && loss <= static_cast<int>(Loss::clamped) && threads > 0, "step needs a loss and threads");
    need(below.size() + 2 == widths.size(), "step needs a slope below zero for each hidden layer");
    for (long l : again) need(l > 0 && l + 1 < static_cast<long>(widths.size()), "step needs layers past the first");
    shape_ = {std::move(widths), static_cast<Loss>(loss), std::move(below), clamp, {}, std::move(again)};
    kernel_ = make(shape_, set_, threads_);
  }

  // Put a grid in front: its box, then the levels, each with cells, channels and the vertices that have rows.
  void set_grid(In<double, 1> lo, In<double, 1> hi, std::vector<long> cells, std::vector<long> channels,
                nb::list rows) {
    Grid grid;
    grid.d = static_cast<int>(lo.shape(0));
    need(grid.d > 0 && grid.d <= kMostInputs && hi.shape(0) == lo.shape(0), "grid needs 1 to 3 inputs");
    need(cells.size() == channels.size() && cells.size() == nb::len(rows) && !cells.empty(), "grid needs levels");
    for (int a = 0; a < grid.d; ++a) {
      need(hi.data()[a] > lo.data()[a], "grid needs a box");
      grid.lo[a] = static_cast<float>(lo.data()[a]);
      grid.scale[a] = static_cast<float>(1.0 / (hi.data()[a] - lo.data()[a]));
    }
    for (size_t l = 0; l < cells.size(); ++l) grid.levels.push_back(level(grid.d, cells[l], channels[l], rows[l]));
    shape_.grid = std::move(grid);
    need(shape_.inputs() >= shape_.grid.d, "grid needs a first width of its inputs and features at least");
    kernel_ = make(shape_, set_, threads_);
  }

  void put(int slot, size_t layer, In<float, 2> w, In<float, 1> b) {
    check(slot, layer, w.shape(0), w.shape(1), b.shape(0));
    kernel_->put(slot, layer, w.data(), b.data());
  }

  void get(int slot, size_t layer, Out<float, 2> w, Out<float, 1> b) const {
    check(slot, layer, w.shape(0), w.shape(1), b.shape(0));
    kernel_->get(slot, layer, w.data(), b.data());
  }

  void put_level(int slot, size_t l, In<float, 2> rows) {
    check_level(slot, l, rows.shape(0), rows.shape(1));
    kernel_->put_level(slot, l, rows.data());
  }

  void get_level(int slot, size_t l, Out<float, 2> rows) const {
    check_level(slot, l, rows.shape(0), rows.shape(1));
    kernel_->get_level(slot, l, rows.data());
  }

  // Do losses.size() steps of `batch` rows each along `order`, from row `start` of it, wrapping at its end; the batch
  // before the end may be shorter.  Returns the steps done: fewer only where a loss is not finite, before its update.
  long run(In<float, 2> x, nb::object target, nb::object weight, In<int64_t, 1> order, long start, long batch,
           In<double, 1> rates, int optimiser, double beta1, double beta2, double epsilon, double decay, long before,
           Out<double, 1> losses, Out<int64_t, 1> wrong, double rest_share, double grid_share) {
    Data data{x.data(), nullptr, nullptr, nullptr};
    const size_t n = x.shape(0), steps = losses.shape(0);
    const long total = static_cast<long>(order.shape(0));
    need(static_cast<long>(x.shape(1)) == shape_.inputs() && rates.shape(0) == steps && wrong.shape(0) == steps &&
             batch > 0 && start >= 0 && start < total && optimiser >= 0 && optimiser <= 2,
         "run needs arrays that fit the widths and steps");
    for (long k = 0; k < total; ++k)
      need(order.data()[k] >= 0 && order.data()[k] < static_cast<int64_t>(n), "run needs an order of row numbers");
    read_target(target, n, data);
    if (!weight.is_none()) {
      auto rows = nb::cast<In<float, 1>>(weight);
      need(rows.shape(0) == n, "run needs one weight a row");
      data.weight = rows.data();
    }
    const nb::gil_scoped_release free;
    for (size_t k = 0; k < steps; ++k) {
      const long rows = std::min(batch, total - start);
      long errors = 0;
      losses.data()[k] = kernel_->step(data, order.data() + start, rows, &errors);
      wrong.data()[k] = errors;
      if (!std::isfinite(losses.data()[k])) return static_cast<long>(k);
      kernel_->update(rule(optimiser, rates.data()[k], beta1, beta2, epsilon, decay, before + static_cast<long>(k) + 1,
                           rest_share, grid_share));
      start = start + rows < total ? start + rows : 0;
    }
    return static_cast<long>(steps);
  }

  // The loss of a batch, and the slopes of it at its inputs; the gradient is kept for `update`.
  double grade(In<float, 2> x, nb::object target, Out<float, 2> at_inputs) {
    Data data{x.data(), nullptr, nullptr, nullptr};
    need(static_cast<long>(x.shape(1)) == shape_.inputs() && x.shape(0) > 0 && at_inputs.shape(0) == x.shape(0) &&
             at_inputs.shape(1) == x.shape(1),
         "grade needs arrays that fit the widths");
    read_target(target, x.shape(0), data);
    std::vector<int64_t> order(x.shape(0));
    std::iota(order.begin(), order.end(), 0);
    const nb::gil_scoped_release free;
    long wrong = 0;
    waiting_ = true;
    return kernel_->step(data, order.data(), static_cast<long>(order.size()), &wrong, at_inputs.data());
  }

  void backward(In<float, 2> x, In<float, 2> slopes, nb::object at_inputs) {
    need(static_cast<long>(x.shape(1)) == shape_.inputs() && slopes.shape(0) == x.shape(0) && x.shape(0) > 0 &&
             static_cast<long>(slopes.shape(1)) == shape_.widths.back(),
         "backward needs arrays that fit the widths");
    float* out = nullptr;
    if (!at_inputs.is_none()) {
      auto rows = nb::cast<Out<float, 2>>(at_inputs);
      need(rows.shape(0) == x.shape(0) && rows.shape(1) == x.shape(1), "backward needs one slope an input");
      out = rows.data();
    }
    const nb::gil_scoped_release free;
    kernel_->backward(x.data(), slopes.data(), static_cast<long>(x.shape(0)), out);
    waiting_ = true;
  }

  void update(double rate, int optimiser, double beta1, double beta2, double epsilon, double decay, long before,
              double rest_share, double grid_share) {
    need(waiting_ && optimiser >= 0 && optimiser <= 2, "update needs a gradient from backward before");
    const nb::gil_scoped_release free;
    kernel_->update(rule(optimiser, rate, beta1, beta2, epsilon, decay, before + 1, rest_share, grid_share));
    waiting_ = false;
  }

  void predict(In<float, 2> x, Out<float, 2> out) {
    need(static_cast<long>(x.shape(1)) == shape_.inputs() && static_cast<long>(out.shape(1)) == shape_.widths.back() &&
             x.shape(0) == out.shape(0),
         "predict needs arrays that fit the widths");
    const nb::gil_scoped_release free;
    kernel_->predict(x.data(), static_cast<long>(x.shape(0)), out.data());
  }

 private:
  static Level level(int d, long cells, long channels, nb::handle rows) {
    long vertices = 1;
    for (int a = 0; a < d; ++a) {
      need(cells > 0 && vertices < kMostVertices / (cells + 1), "grid needs levels of below 2^31 vertices");
      vertices *= cells + 1;
    }
    need(channels > 0, "grid needs channels");
    if (rows.is_none()) return {cells, channels, {}, vertices};
    auto numbers = nb::cast<In<int64_t, 1>>(rows);
    Level made{cells, channels, std::vector<int32_t>(vertices, -1), static_cast<long>(numbers.shape(0))};
    for (long r = 0; r < made.rows; ++r) {
      need(numbers.data()[r] >= 0 && numbers.data()[r] < vertices, "grid needs rows of vertices");
      made.row_of[numbers.data()[r]] = static_cast<int32_t>(r);
    }
    return made;
  }

  void check(int slot, size_t layer, size_t n_out, size_t n_in, size_t n_bias) const {
    need(slot >= 0 && slot < kSlots && layer + 1 < shape_.widths.size() &&
             static_cast<long>(n_in) == shape_.reads(static_cast<long>(layer)) && static_cast<long>(n_out) == shape_.widths[layer + 1] &&
             n_bias == n_out,
         "step needs arrays that fit the widths");
  }

  void check_level(int slot, size_t l, size_t rows, size_t channels) const {
    need(slot >= 0 && slot < kSlots && l < shape_.grid.levels.size() &&
             static_cast<long>(rows) == shape_.grid.levels[l].rows &&
             static_cast<long>(channels) == shape_.grid.levels[l].channels,
         "step needs arrays that fit the levels");
  }

  void read_target(const nb::object& target, size_t n, Data& data) const {
    if (shape_.loss == Loss::cross_entropy) {
      auto labels = nb::cast<In<int32_t, 1>>(target);
      need(labels.shape(0) == n, "run needs one label a row");
      for (size_t k = 0; k < n; ++k)
        need(labels.data()[k] >= 0 && labels.data()[k] < shape_.widths.back(),
             "run needs labels below the number of outputs");
      data.label = labels.data();
      return;
    }
    auto rows = nb::cast<In<float, 2>>(target);
    need(rows.shape(0) == n && static_cast<long>(rows.shape(1)) == shape_.widths.back(),
         "run needs one target row a row");
    data.target = rows.data();
  }

  static Rule rule(int optimiser, double rate, double beta1, double beta2, double epsilon, double decay, long t,
                   double rest_share, double grid_share) {
    const bool adam = optimiser != 0, muon = optimiser == static_cast<int>(Optimiser::muon);
    return {moves(adam, rate * rest_share, beta1, beta2, epsilon, t),
            moves(adam, rate * grid_share, beta1, beta2, epsilon, t), muon, static_cast<float>(rate),
            static_cast<float>(decay)};
  }

  Shape shape_;
  std::string set_;
  int threads_;
  bool waiting_ = false;  // whether there is a gradient that no update took
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace

NB_MODULE(_step, m) {
  using nb::arg;
  m.def("sets", &sets, "Instruction sets of this machine that a step can use, fastest first.");
  nb::class_<Step>(m, "Step")
      .def(nb::init<std::vector<long>, int, std::string, std::vector<float>, float, int, std::vector<long>>(),
           arg("widths"), arg("loss"), arg("set"), arg("below"), arg("clamp") = 0.1f, arg("threads") = 1,
           arg("again") = std::vector<long>())
      .def("grade", &Step::grade, arg("x"), arg("target"), arg("at_inputs"))
      .def("set_grid", &Step::set_grid, arg("lo"), arg("hi"), arg("cells"), arg("channels"), arg("rows"))
      .def("put", &Step::put)
      .def("get", &Step::get)
      .def("put_level", &Step::put_level)
      .def("get_level", &Step::get_level)
      .def("run", &Step::run, arg("x"), arg("target"), arg("weight").none(), arg("order"), arg("start"), arg("batch"),
           arg("rates"), arg("optimiser"), arg("beta1"), arg("beta2"), arg("epsilon"), arg("decay"), arg("before"),
           arg("losses"), arg("wrong"), arg("rest_share") = 1.0, arg("grid_share") = 1.0)
      .def("backward", &Step::backward, arg("x"), arg("slopes"), arg("at_inputs").none())
      .def("update", &Step::update, arg("rate"), arg("optimiser"), arg("beta1"), arg("beta2"), arg("epsilon"),
           arg("decay"), arg("before"), arg("rest_share") = 1.0, arg("grid_share") = 1.0)
      .def("predict", &Step::predict);
}
