// Networks that the native tests ask about, and their values.
#pragma once

#include <cstdint>
#include <vector>

#include "core/layer.hpp"

namespace foldline::test {

// The same numbers on every machine (Knuth's MMIX generator).
struct Random {
  std::uint64_t state;
  explicit Random(std::uint64_t seed) : state(seed * 2654435761u + 1) {}
  double between(double lo, double hi) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return lo + (hi - lo) * double(state >> 11) * 0x1p-53;
  }
  double whole(int most) { return double(int(between(-most, most + 1 - 1e-9) + most) - most); }  // -most to most
};

struct Network {
  std::vector<int> widths;
  std::vector<std::vector<double>> weights, biases, below;

  // The layers, the output layer (the last one) included or not.
  std::vector<Given> given(bool output = true) const {
    std::vector<Given> all;
    for (size_t l = 0; l + 1 < widths.size(); ++l)
      if (output || l + 2 < widths.size())
        all.push_back({weights[l].data(), biases[l].data(), l < below.size() ? below[l].data() : nullptr, widths[l + 1], widths[l]});
    return all;
  }

  // Pre-activations of all layers at a point.
  std::vector<std::vector<double>> at(std::vector<double> x) const {
    std::vector<std::vector<double>> all;
    for (size_t l = 0; l < weights.size(); ++l) {
      std::vector<double> z(biases[l]);
      for (size_t i = 0; i < z.size(); ++i)
        for (size_t k = 0; k < x.size(); ++k) z[i] += weights[l][i * x.size() + k] * x[k];
      all.push_back(z);
      if (l < below.size())
        for (size_t i = 0; i < z.size(); ++i) z[i] = z[i] > 0 ? z[i] : z[i] * below[l][i];
      x = z;
    }
    return all;
  }
};

template <class Draw> Network network(const std::vector<int>& widths, double slope, Draw draw) {
  Network net{widths, {}, {}, {}};
  for (size_t l = 0; l + 1 < widths.size(); ++l) {
    net.weights.emplace_back(), net.biases.emplace_back();
    for (int i = 0; i < widths[l] * widths[l + 1]; ++i) net.weights[l].push_back(draw());
    for (int i = 0; i < widths[l + 1]; ++i) net.biases[l].push_back(draw());
    if (l + 2 < widths.size()) net.below.emplace_back(widths[l + 1], slope);
  }
  return net;
}

inline Network smooth(const std::vector<int>& widths, std::uint64_t seed, double slope = 0) {
  Random random(seed);
  return network(widths, slope, [&] { return random.between(-1, 1); });
}

// Folds meet in vertices, lie on each other, or nowhere.
inline Network whole(const std::vector<int>& widths, std::uint64_t seed) {
  Random random(seed);
  return network(widths, 0, [&] { return random.whole(2); });
}

}  // namespace foldline::test
