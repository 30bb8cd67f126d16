// A throw-away certificate authority and a server certificate for 127.0.0.1 and localhost, as PEM
// files in a folder of its own that goes with the object. Tests only.
#pragma once

#include <filesystem>
#include <string>

namespace perigee::net {

class TestCertificate {
 public:
  TestCertificate();
  ~TestCertificate();
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  // The certificate signs itself, so it is its own authority.
  std::string certificate_file() const { return folder_ / "certificate.pem"; }
  std::string key_file() const { return folder_ / "key.pem"; }

 private:
  std::filesystem::path folder_;
};

}  // namespace perigee::net
