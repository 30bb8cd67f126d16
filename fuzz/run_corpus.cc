// Runs a fuzzer's function on a corpus where there is no libFuzzer: on every file of the folders
// given as arguments, and on some truncations of each. A missing or empty folder is a failure,
// because a test that reads nothing proves nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::uint8_t> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The sanitizer sees reads past the end only if the input ends where its allocation does.
void RunPrefix(const std::vector<std::uint8_t>& input, std::size_t size) {
  const std::vector<std::uint8_t> prefix(input.begin(),
                                         input.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(prefix.data(), prefix.size());
}

void RunFile(const std::filesystem::path& path) {
  constexpr std::size_t kTruncations = 64;
  const std::vector<std::uint8_t> input = ReadFile(path);
  RunPrefix(input, input.size());
  const std::size_t step = std::max<std::size_t>(1, input.size() / kTruncations);
  for (std::size_t size = 0; size < input.size(); size += step) RunPrefix(input, size);
}

int RunFolder(const char* folder) {
  std::error_code error;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    RunFile(entry.path());
    ++files;
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  bool failed = argc < 2;
  for (int i = 1; i < argc; ++i) {
    const int files = RunFolder(argv[i]);
    std::printf("%s: %d files\n", argv[i], files);
    failed = failed || files == 0;
  }
  if (failed) std::fputs("a corpus folder is missing or empty\n", stderr);
  return failed ? 1 : 0;
}
