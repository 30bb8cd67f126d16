// The program: names its sub-commands and hands over.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <string>

#include "apps/perigee/commands.h"
#include "apps/perigee/embedded.h"
#include "apps/perigee/exit_code.h"

namespace {

constexpr int kHeaps = 2;

// glibc would give each thread a heap of its own, up to eight a core, and every heap keeps what its
// largest request once needed; and it would raise the size from which a block goes back to the
// system to the largest ever freed, which is a decoded photograph (bench/run.py footprint: 56 MB
// over bare without the first, 16 MB more without the second). To set one of its limits stops glibc
// from moving the other, below which freed memory at a heap's end is kept: a frame's worth must be.
void TameHeap() {
  constexpr int kGivenBack = 4 << 20;  // bytes
  // NOLINTBEGIN(concurrency-mt-unsafe): the only thread so far
  (void)mallopt(M_ARENA_MAX, kHeaps);
  (void)mallopt(M_MMAP_THRESHOLD, kGivenBack);
  (void)mallopt(M_TRIM_THRESHOLD, 2 * kGivenBack);
  // NOLINTEND(concurrency-mt-unsafe)
}

}  // namespace

int main(int argc, char** argv) {
  // A peer that closes is an error of a write, not the end of the process.
  (void)std::signal(SIGPIPE, SIG_IGN);
  TameHeap();
  CLI::App program("Perigee runs ML for phones and cameras on the nearest edge node.");
  program.set_version_flag("--version", "perigee " + std::string(perigee::app::kVersion));
  program.require_subcommand(1);
  program.footer(
      "Start a node:       perigee serve\n"
      "Ask it:             perigee run emotion photo.jpg --node http://127.0.0.1:8000\n"
      "Or without a node:  perigee run emotion photo.jpg --local\n"
      "Exit codes: 0 done, 1 some of the work failed, 2 wrong usage or input, 3 something needed "
      "is not there, 4 a bug.");
  int exit_code = perigee::app::kOk;
  perigee::app::AddServe(program, exit_code);
  perigee::app::AddRun(program, exit_code);
  perigee::app::AddEvaluate(program, exit_code);
  perigee::app::AddBench(program, exit_code);
  perigee::app::AddReplay(program, exit_code);
  perigee::app::AddStream(program, exit_code);
  perigee::app::AddModels(program, exit_code);
  perigee::app::AddConfiguration(program, exit_code);
  if (argc == 1) {
    fputs(program.help().c_str(), stdout);
    return perigee::app::kUsage;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? perigee::app::kOk : perigee::app::kUsage;
  }
  return exit_code;
}
