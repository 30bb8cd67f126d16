// Bytes read from a socket and not parsed yet, in one block of fixed size. Pure; not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace perigee::net {

class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t size) : bytes_(size) {}

  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  std::span<const std::byte> Unparsed() const {
    return std::span(bytes_).subspan(begin_, end_ - begin_);
  }
  // The first `count` of them are parsed.
  void Take(std::size_t count) { begin_ += count; }

  // Where the next bytes are read to; empty if the block is full of unparsed ones. Moves those to
  // the front, so not while a read is under way.
  std::span<std::byte> Unfilled() {
    if (begin_ > 0) {
      std::ranges::copy(Unparsed(), bytes_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    return std::span(bytes_).subspan(end_);
  }
  // So many were read to there.
  void Fill(std::size_t count) { end_ += count; }

  // For bytes that nobody parses.
  std::span<std::byte> Whole() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace perigee::net
