#include "kx1_engines.h"

// KX-1 on the workload's own reference book, with the same options as kx1.cc.
int main(int argc, char** argv) {
  return kx1::run<evx::matching::Kx1Reference>("ref-array99", argc, argv);
}
