// What a native test needs: sentences that are checked, and how many of them failed.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace foldline::test {

struct Sentence {
  std::string name;
  std::function<void()> body;
};

inline std::vector<Sentence>& sentences() {
  static std::vector<Sentence> all;
  return all;
}

inline int& failures() {
  static int n = 0;
  return n;
}

struct Say {
  Say(const char* name, std::function<void()> body) { sentences().push_back({name, std::move(body)}); }
};

inline bool holds(bool what, const char* text, const char* file, int line) {
  if (!what) std::printf("%s:%d: not so: %s\n", file, line, text), ++failures();
  return what;
}

}  // namespace foldline::test

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEST(NAME)                                                            \
  static void JOIN(test_, __LINE__)();                                        \
  static const foldline::test::Say JOIN(say_, __LINE__)(NAME, JOIN(test_, __LINE__)); \
  static void JOIN(test_, __LINE__)()
#define CHECK(WHAT) foldline::test::holds(bool(WHAT), #WHAT, __FILE__, __LINE__)

int main() {
  for (const auto& sentence : foldline::test::sentences()) {
    const int before = foldline::test::failures();
    sentence.body();
    std::printf("%s %s\n", foldline::test::failures() == before ? "ok  " : "FAIL", sentence.name.c_str());
  }
  return foldline::test::failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}
