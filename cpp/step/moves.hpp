// How a gradient moves stored numbers, for one instruction set (see sets.hpp).

namespace FOLDLINE_SET {

inline Vector root(Vector x) {
  float parts[kLanes];
  __builtin_memcpy(parts, &x, sizeof x);
  for (long k = 0; k < kLanes; ++k) parts[k] = __builtin_sqrtf(parts[k]);  // one instruction, without errno
  __builtin_memcpy(&x, parts, sizeof x);
  return x;
}

// Kingma and Ba 2015, algorithm 1; else heavy-ball momentum.
inline void move(const Moves& rule, float* w, float* m, float* v, const float* gradient, long count, float decay) {
  for (long k = 0; k < count; k += kLanes) {
    const Vector g = at(gradient + k) + decay * at(w + k);
    if (rule.adam) {
      const Vector first = at(m + k) += rule.rest1 * (g - at(m + k));
      const Vector second = at(v + k) = rule.beta2 * at(v + k) + rule.rest2 * (g * g);
      at(w + k) -= rule.rate * first / (root(second) * rule.root_scale + rule.epsilon);
    } else if (rule.beta1 != 0) {
      at(w + k) -= rule.rate * (at(m + k) = rule.beta1 * at(m + k) + g);
    } else {
      at(w + k) -= rule.rate * g;
    }
  }
}

// U V' of a matrix U S V', nearly: five rounds of a quintic Newton-Schulz iteration.
// source: Jordan 2024, Muon: X <- a X + (b A + c A A) X with A = X X', from X of norm 1, rows no more than columns
class Orthogonal {
 public:
  Orthogonal(long rows, long columns) : rows_(rows), columns_(columns), across_(padded(columns)), up_(padded(rows)) {
    for (Buffer* wide : {&x_, &next_}) wide->resize(rows_ * across_);
    turned_.resize(across_ * up_);
    for (Buffer* square : {&square_, &mix_}) square->resize(rows_ * up_);
  }

  float* row(long r) { return x_.data() + r * across_; }

  void run() {
    double sum = 0;
    for (long k = 0; k < rows_ * across_; ++k) sum += static_cast<double>(x_[k]) * x_[k];
    const float scale = static_cast<float>(1.0 / (std::sqrt(sum) + kSmall));
    for (long k = 0; k < rows_ * across_; k += kLanes) at(x_.data() + k) *= scale;
    for (int round = 0; round < kRounds; ++round) {
      for (long r = 0; r < rows_; ++r)
        for (long c = 0; c < columns_; ++c) turned_[c * up_ + r] = x_[r * across_ + c];
      product(x_, across_, turned_, up_, columns_, square_, 1.0f, nullptr, 0.0f);
      product(square_, up_, square_, up_, rows_, mix_, kCubic, square_.data(), kLinear);
      product(mix_, up_, x_, across_, rows_, next_, 1.0f, x_.data(), kStay);
      std::swap(x_, next_);
    }
  }

 private:
  static constexpr int kRounds = 5;
  static constexpr float kStay = 3.4445f, kLinear = -4.7750f, kCubic = 2.0315f;  // tuned by Jordan for slope at 0
  static constexpr double kSmall = 1e-7;  // only keeps 0 / 0 away where a gradient vanishes

  // out = factor a b + share plus; a (rows, count), b (count, b_row) and out (rows, b_row).
  void product(const Buffer& a, long a_row, const Buffer& b, long b_row, long count, Buffer& out, float factor,
               const float* plus, float share) const {
    for (long first = 0; first < b_row; first += kPanel) {
      const Product job{a.data(), b.data() + first, a_row, 1, b_row, count, out.data() + first, b_row, factor,
                        plus ? plus + first : nullptr, share};
      panel(job, rows_, panel_width(b_row, first));
    }
  }

  long rows_, columns_, across_, up_;
  Buffer x_, next_, turned_, square_, mix_;
};

}  // namespace FOLDLINE_SET
