// A folder of a test's own, with what it writes into it; gone with the object.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace perigee::serving {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = testing::TempDir() + "perigee_XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void Write(const std::filesystem::path& file, std::string_view bytes) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path path_;
};

// A card of x [-1, 2] FP32 -> y [-1, 2] FP32, as IdentityBackend has it, with two labels.
inline std::string IdentityCard(std::string_view name, std::string_view file_table = "") {
  return "name = \"" + std::string(name) + "\"\n" +
         "[[inputs]]\nname = \"x\"\ndtype = \"FP32\"\nshape = [-1, 2]\n" +
         "[[outputs]]\nname = \"y\"\ndtype = \"FP32\"\nshape = [-1, 2]\n" +
         "[classifier]\nlabels = [\"no\", \"yes\"]\n" + std::string(file_table);
}

}  // namespace perigee::serving
