// An experiment (docs/adr/0008-grpc-over-nghttp2.md): ModelInfer over nghttp2 and epoll on one
// thread, answering the same bytes each time as empty_grpc_server.cc does, so that what differs is
// the library under gRPC. Of gRPC it knows the path, the five bytes before a message and the
// trailers; of HTTP/2 what nghttp2 does. Prints its address, ends at SIGTERM.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "canned_answer.h"

namespace {

constexpr std::string_view kInferPath = "/inference.GRPCInferenceService/ModelInfer";
constexpr std::size_t kMessageMax = std::size_t{64} << 20;
constexpr std::size_t kRoomMax = std::size_t{128} << 10;
constexpr std::size_t kMessageHead = 5;  // a flag and a length, big-endian
constexpr std::int32_t kWindow = std::int32_t{16} << 20;
constexpr std::uint32_t kStreamsMax = 256;

std::string Canned() {
  const std::string message = perigee::bench::CannedAnswer();
  const std::uint32_t length = htonl(static_cast<std::uint32_t>(message.size()));
  std::string framed(kMessageHead, '\0');
  std::memcpy(&framed[1], &length, sizeof length);
  return framed + message;
}

nghttp2_nv Field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  // The texts outlive the session: nghttp2 need not copy them.
  return {bytes(name), bytes(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

// Room for the message that its head announces; what is beyond kRoomMax follows the bytes.
std::size_t Announced(const std::uint8_t* data, std::size_t size) {
  if (size < kMessageHead) return kMessageHead;
  std::uint32_t length = 0;
  std::memcpy(&length, data + 1, sizeof length);
  return std::min<std::size_t>(kMessageHead + ntohl(length), kRoomMax);
}

// One call. The message is kept whole, as a server that parses it would.
struct Call {
  bool is_infer = false;
  std::string message;
  std::size_t sent = 0;  // of the answer
};

// One connection. Not thread-safe: all on the one thread.
class Connection {
 public:
  Connection(int socket, const std::string& answer) : socket_(socket), answer_(answer) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, OnBegin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMax},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow},
    };
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow);
  }
  ~Connection() {
    nghttp2_session_del(session_);
    ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }

  // False: it has ended.
  bool Read() {
    static std::array<std::uint8_t, std::size_t{64} << 10> buffer;
    while (true) {
      const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (got < 0) return errno == EAGAIN ? Write() : false;
      if (got == 0) return false;
      const auto bytes = static_cast<std::size_t>(got);
      if (nghttp2_session_mem_recv(session_, buffer.data(), bytes) != got) return false;
      if (bytes < buffer.size()) return Write();
    }
  }

  bool Write() {
    while (true) {
      const std::uint8_t* bytes = nullptr;
      ssize_t count = 0;
      // One segment where it fits: many small frames, one system call.
      while (unsent_.size() < (std::size_t{64} << 10) &&
             (count = nghttp2_session_mem_send(session_, &bytes)) > 0) {
        unsent_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
      }
      if (count < 0) return false;
      if (unsent_.empty()) return nghttp2_session_want_read(session_) != 0;
      const ssize_t sent = ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      unsent_.erase(0, static_cast<std::size_t>(sent));
    }
  }

 private:
  static Connection& Of(void* self) { return *static_cast<Connection*>(self); }

  static int OnBegin(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) Of(self).calls_[frame->hd.stream_id];
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* self) {
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    const auto found = Of(self).calls_.find(frame->hd.stream_id);
    if (key == ":path" && found != Of(self).calls_.end()) {
      found->second.is_infer = text == kInferPath;
    }
    return 0;
  }

  static int OnData(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                    std::size_t size, void* self) {
    const auto found = Of(self).calls_.find(stream);
    if (found == Of(self).calls_.end()) return 0;
    std::string& message = found->second.message;
    if (message.size() + size > kMessageMax + kMessageHead) return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (message.empty()) message.reserve(Announced(data, size));
    message.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    const bool body = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (!body || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    const auto found = Of(self).calls_.find(frame->hd.stream_id);
    if (found == Of(self).calls_.end()) return 0;
    return Of(self).Answer(session, frame->hd.stream_id, found->second);
  }

  static int OnClose(nghttp2_session*, std::int32_t stream, std::uint32_t, void* self) {
    Of(self).calls_.erase(stream);
    return 0;
  }

  int Answer(nghttp2_session* session, std::int32_t stream, Call& call) {
    const std::array head = {Field(":status", "200"), Field("content-type", "application/grpc")};
    if (!call.is_infer || !IsOneMessage(call.message)) {
      const std::array only = {head[0], head[1], Field("grpc-status", "12")};
      return nghttp2_submit_response(session, stream, only.data(), only.size(), nullptr);
    }
    nghttp2_data_provider provider{};
    provider.source.ptr = &call;
    provider.read_callback = ReadAnswer;
    return nghttp2_submit_response(session, stream, head.data(), head.size(), &provider);
  }

  static bool IsOneMessage(std::string_view framed) {
    if (framed.size() < kMessageHead || framed[0] != 0) return false;
    std::uint32_t length = 0;
    std::memcpy(&length, &framed[1], sizeof length);
    return ntohl(length) == framed.size() - kMessageHead;
  }

  static ssize_t ReadAnswer(nghttp2_session* session, std::int32_t stream, std::uint8_t* into,
                            std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                            void* self) {
    Call& call = *static_cast<Call*>(source->ptr);
    const std::string& answer = Of(self).answer_;
    const std::size_t part = std::min(room, answer.size() - call.sent);
    std::memcpy(into, answer.data() + call.sent, part);
    call.sent += part;
    if (call.sent == answer.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const nghttp2_nv trailer = Field("grpc-status", "0");
      nghttp2_submit_trailer(session, stream, &trailer, 1);
    }
    return static_cast<ssize_t>(part);
  }

  const int socket_;
  const std::string& answer_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, Call> calls_;  // kStreamsMax at most
  std::string unsent_;
};

int Listen(int& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, 128) != 0) return -1;
  ::getsockname(listener, any, &size);
  port = ntohs(address.sin_port);
  return listener;
}

void Watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// Until a signal comes.
void Serve(int listener, int signals) {
  const std::string answer = Canned();
  std::unordered_map<int, std::unique_ptr<Connection>> connections;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  Watch(epoll, listener);
  Watch(epoll, signals);
  while (true) {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == signals) return;
      if (fd == listener) {
        const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) continue;
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto connection = std::make_unique<Connection>(socket, answer);
        if (connection->Write()) connections.emplace(socket, std::move(connection));
        Watch(epoll, socket);
      } else if (const auto found = connections.find(fd);
                 found != connections.end() && !found->second->Read()) {
        connections.erase(found);
      }
    }
  }
}

}  // namespace

int main() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  int port = 0;
  const int listener = Listen(port);
  if (listener < 0) {
    fmt::print(stderr, "grpc_nghttp2_server: listen on loopback: the address cannot be bound\n");
    return 1;
  }
  fmt::print("ready grpc=127.0.0.1:{}\n", port);
  (void)std::fflush(stdout);
  Serve(listener, ::signalfd(-1, &signals, SFD_CLOEXEC));
  return 0;
}
