// A stop-watch on the sockets of a server that is not changed for it: preloaded (LD_PRELOAD), it
// notes for each exchange on a connection the time from the call that read its first byte to the
// return of the call that wrote its last. At the process's end, descriptor kOutput gets a line for
// each: "bytes read, bytes written, nanoseconds".
//
// An answer may be written by another thread than the one that reads. The client may have it, and
// its next request be read, before the writing call has returned: so that call holds the slot's
// lock.
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace {

constexpr int kOutput = 199;                    // a descriptor that whoever preloads this opens
constexpr int kSocketsMax = 4096;               // connections above are not timed
constexpr std::size_t kExchangesMax = 1 << 18;  // later exchanges are not noted

struct Exchange {
  std::int64_t bytes_read = 0;
  std::int64_t bytes_written = 0;
  std::int64_t first_read_ns = 0;
  std::int64_t last_write_ns = 0;
};

std::array<Exchange, kSocketsMax> open_exchanges;
std::array<std::mutex, kSocketsMax> locks;
std::array<Exchange, kExchangesMax> noted;
std::atomic<std::size_t> noted_count = 0;

std::int64_t Now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

void Note(Exchange& exchange) {
  if (exchange.bytes_read > 0 && exchange.bytes_written > 0) {
    const std::size_t at = noted_count.fetch_add(1);
    if (at < kExchangesMax) noted[at] = exchange;
  }
  exchange = {};
}

bool IsTimed(int fd) { return fd > 2 && fd < kSocketsMax; }

ssize_t Read(int fd, std::int64_t called_ns, ssize_t count) {
  if (!IsTimed(fd)) return count;
  const std::lock_guard lock(locks[static_cast<std::size_t>(fd)]);
  Exchange& exchange = open_exchanges[static_cast<std::size_t>(fd)];
  if (exchange.bytes_written > 0 || count == 0) Note(exchange);
  if (count <= 0) return count;
  if (exchange.bytes_read == 0) exchange.first_read_ns = called_ns;
  exchange.bytes_read += count;
  return count;
}

template <typename Call>
ssize_t Write(int fd, Call call) {
  if (!IsTimed(fd)) return call();
  const std::lock_guard lock(locks[static_cast<std::size_t>(fd)]);
  const ssize_t count = call();
  if (count <= 0) return count;
  Exchange& exchange = open_exchanges[static_cast<std::size_t>(fd)];
  exchange.bytes_written += count;
  exchange.last_write_ns = Now();
  return count;
}

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

struct AtExit {
  ~AtExit() {
    std::FILE* file = fdopen(kOutput, "w");
    if (file == nullptr) return;
    for (Exchange& exchange : open_exchanges) Note(exchange);
    for (std::size_t i = 0; i < noted_count && i < kExchangesMax; ++i) {
      (void)std::fprintf(file, "%lld %lld %lld\n", static_cast<long long>(noted[i].bytes_read),
                         static_cast<long long>(noted[i].bytes_written),
                         static_cast<long long>(noted[i].last_write_ns - noted[i].first_read_ns));
    }
    (void)std::fclose(file);
  }
} at_exit;

}  // namespace

// The calls that Asio makes for a clear-text socket, whichever its version prefers.
extern "C" {

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  static const auto next = Next<ssize_t(int, void*, size_t, int)>("recv");
  const std::int64_t called = Now();
  return Read(fd, called, next(fd, buffer, size, flags));
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static const auto next = Next<ssize_t(int, msghdr*, int)>("recvmsg");
  const std::int64_t called = Now();
  return Read(fd, called, next(fd, message, flags));
}

ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  static const auto next = Next<ssize_t(int, const void*, size_t, int)>("send");
  return Write(fd, [=] { return next(fd, buffer, size, flags); });
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto next = Next<ssize_t(int, const msghdr*, int)>("sendmsg");
  return Write(fd, [=] { return next(fd, message, flags); });
}

}  // extern "C"
