// One table of a model card, and how to name its keys in an error ("inputs[0].shape"). What the
// readers of the card's parts share; the TOML library stays out of sight. Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perigee::model {

class CardScope {
 public:
  // `origin` is how messages name the card. InvalidArgument names the line of what is no TOML.
  static Result<CardScope> Parse(std::string_view toml, std::string_view origin);

  // InvalidArgument that names card and key.
  Error Bad(std::string_view key, std::string_view why) const;

  bool Has(std::string_view key) const;
  // What the value of `key` is: the readers below refuse what is of another kind.
  bool IsText(std::string_view key) const;
  bool IsList(std::string_view key) const;

  // Empty if absent.
  Result<std::string> Text(std::string_view key) const;
  Result<std::string> RequiredText(std::string_view key) const;
  // `minimum` to a million.
  Result<int> Integer(std::string_view key, int fallback, int minimum) const;
  Result<std::optional<int>> OptionalInteger(std::string_view key, int minimum) const;
  // 0 to 1.
  Result<float> Fraction(std::string_view key, float fallback) const;

  // Lists are empty if absent, and refused if they have more than `size_max` elements.
  Result<std::vector<std::int64_t>> Integers(std::string_view key, std::size_t size_max) const;
  Result<std::vector<double>> Numbers(std::string_view key, std::size_t size_max) const;
  Result<std::vector<std::string>> Texts(std::string_view key, std::size_t size_max) const;
  Result<std::vector<std::vector<double>>> NumberLists(std::string_view key,
                                                       std::size_t size_max) const;
  Result<std::vector<CardScope>> Tables(std::string_view key, std::size_t size_max) const;
  // Nothing if absent.
  Result<std::optional<CardScope>> Table(std::string_view key) const;
  std::vector<std::string> Keys() const;

 private:
  struct Node;  // a table, and the document that it is part of
  CardScope(std::shared_ptr<const Node> node, std::string origin, std::string prefix);
  CardScope Inner(const void* table, const std::string& prefix) const;

  std::shared_ptr<const Node> node_;
  std::string origin_;
  std::string prefix_;
};

}  // namespace perigee::model
