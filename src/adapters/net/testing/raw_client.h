// A plain socket to a loopback port, for clients that no decent library would be: half-closing,
// resetting, dripping, pipelining, lying. Tests only. Not thread-safe. Failures to connect or send
// fail the test; reads end after ten seconds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace perigee::net {

struct RawResponse {
  int status = 0;  // 0: the connection ended, or what came is not HTTP
  std::string head;
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(int port);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;

  void Send(std::string_view bytes);
  // FIN: "I have said all", while still listening.
  void HalfClose();
  // RST.
  void Reset();
  // The next answer, whose body has a Content-Length. `bodiless` for the answer to HEAD.
  RawResponse Read(bool bodiless = false);
  // So many bytes of what follows; fewer if the connection ends before.
  std::string ReadBytes(std::size_t count);
  // True once the server has ended the connection; false if it does not within ten seconds.
  bool ReadsEnd();

 private:
  bool Fill();

  int fd_ = -1;
  std::string buffer_;
};

// Can nobody connect to that port?
bool IsRefused(int port);

}  // namespace perigee::net
