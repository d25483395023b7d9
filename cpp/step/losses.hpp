// The losses of a row: outputs in, their gradient out, for one instruction set (see sets.hpp).

namespace FOLDLINE_SET {

// e^x to 2 units in the last place for x <= 0; below -87 it stays at the smallest normal number.
// source: Cephes, expf.c (Moshier): x = n ln 2 + r, polynomial in r.
inline Vector exp_of(Vector x) {
  x = x < -87.0f ? all(-87.0f) : x;
  const Vector shift = all(12582912.0f);  // 1.5 * 2^23 rounds to the nearest whole number
  const Vector n = (x * 1.44269504088896341f + shift) - shift;
  const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Vector p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const Whole power = (__builtin_convertvector(n, Whole) + 127) << 23;
  Vector scale;
  __builtin_memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

// Lanes below n.
inline Whole inside(long n) {
  Whole lane;
  for (int32_t k = 0; k < kLanes; ++k) lane[k] = k;
  return lane < static_cast<int32_t>(n);
}

inline float largest(const float* x) {
  float a = x[0], b = x[1];
  for (long k = 2; k < kLanes; k += 2) a = x[k] > a ? x[k] : a, b = x[k + 1] > b ? x[k + 1] : b;
  return a > b ? a : b;
}

inline float added(const float* x) {
  float a = x[0], b = x[1];
  for (long k = 2; k < kLanes; k += 2) a += x[k], b += x[k + 1];
  return a + b;
}

// Lanes beyond the last output hold 0 before and after; a vector never reads floats just stored one by one.
inline double softmax_row(float* z, long n, int32_t label, float scale, long* wrong) {
  float parts[kLanes];
  Vector highest = all(z[0]), sum{};
  long k = 0;
  for (; k + kLanes <= n; k += kLanes) highest = at(z + k) > highest ? at(z + k) : highest;
  if (k < n) highest = (inside(n - k) & (at(z + k) > highest)) ? at(z + k) : highest;
  __builtin_memcpy(parts, &highest, sizeof highest);
  const float top = largest(parts), own = z[label];
  *wrong += own < top;
  for (k = 0; k + kLanes <= n; k += kLanes) sum += at(z + k) = exp_of(at(z + k) - top);
  if (k < n) sum += at(z + k) = inside(n - k) ? exp_of(at(z + k) - top) : Vector{};
  __builtin_memcpy(parts, &sum, sizeof sum);
  const float total = added(parts);
  const Vector factor = all(scale / total);
  for (k = 0; k < n; k += kLanes) at(z + k) *= factor;
  z[label] -= scale;
  return std::log(total) - (own - top);
}

inline double squared_row(float* z, long n, const float* target, float scale) {
  double loss = 0;
  for (long k = 0; k < n; ++k) {
    const float gap = z[k] - target[k];
    loss += static_cast<double>(gap) * gap;
    z[k] = 2 * scale / n * gap;
  }
  return loss / n;
}

inline double binary_row(float* z, long n, const float* target, float scale, long* wrong) {
  double loss = 0;
  for (long k = 0; k < n; ++k) {
    const float e = std::exp(-std::fabs(z[k])), chance = (z[k] >= 0 ? 1.0f : e) / (1.0f + e);
    loss += std::max(z[k], 0.0f) - z[k] * target[k] + std::log1p(e);
    *wrong += (z[k] > 0) != (target[k] > 0.5f);
    z[k] = scale / n * (chance - target[k]);
  }
  return loss / n;
}

inline double absolute_row(float* z, long n, const float* target, float scale) {
  double loss = 0;
  for (long k = 0; k < n; ++k) {
    const float gap = z[k] - target[k];
    loss += std::fabs(gap);
    z[k] = gap == 0 ? 0.0f : std::copysign(scale / n, gap);
  }
  return loss / n;
}

// |z - clamped target|, nothing where z lies beyond a clamped target on its side.
// source: Park et al. 2019, equation 4, but for the gradient where z is clamped on the wrong side
inline double clamped_row(float* z, long n, const float* target, float clamp, float scale) {
  double loss = 0;
  for (long k = 0; k < n; ++k) {
    const float near = std::min(std::max(target[k], -clamp), clamp), gap = z[k] - near;
    const bool beyond = std::fabs(near) == clamp && gap * near > 0;
    loss += beyond ? 0.0f : std::fabs(gap);
    z[k] = beyond || gap == 0 ? 0.0f : std::copysign(scale / n, gap);
  }
  return loss / n;
}

}  // namespace FOLDLINE_SET
