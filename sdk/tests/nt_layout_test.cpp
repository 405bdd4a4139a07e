// Shows that the layout checks were compiled in every way: each object names how many structures and fields it asserted.
#include <cstdio>

extern "C" {
extern const unsigned nt_layout_driver_c[2];
extern const unsigned nt_layout_driver_cpp[2];
extern const unsigned nt_layout_runtime_cpp[2];
}

int main() {
  const struct {
    const char* name;
    const unsigned* counts;
  } objects[] = {{"driver, C", nt_layout_driver_c},
                 {"driver, C++", nt_layout_driver_cpp},
                 {"own code, C++", nt_layout_runtime_cpp}};
  int failures = 0;
  for (const auto& object : objects) {
    std::printf("%s: %u structures, %u fields\n", object.name, object.counts[0], object.counts[1]);
    // The recorded facts hold 51 structures; fewer means that the generator lost some.
    if (object.counts[0] < 51 || object.counts[1] < 600) ++failures;
  }
  return failures == 0 ? 0 : 1;
}
