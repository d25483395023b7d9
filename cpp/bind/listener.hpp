// A Python callback as a listener.
#pragma once

#include <nanobind/nanobind.h>

#include <utility>

#include "core/listener.hpp"

namespace nb = nanobind;

namespace foldline {

// Lets Ctrl-C in, and asks the callback if there is one; only the answer True means that it is enough.
class Callback : public Listener {
 public:
  explicit Callback(nb::object callback) : callback_(std::move(callback)) {}

  bool enough(u64 found, double share) override {
    nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    return !callback_.is_none() && tell(found, share).ptr() == Py_True;
  }

 protected:
  virtual nb::object tell(u64 found, double share) { return callback_(found, share); }
  nb::object callback_;
};

}  // namespace foldline
