#include "model/card_scope.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <utility>

namespace perigee::model {

struct CardScope::Node {
  std::shared_ptr<const toml::table> root;
  const toml::table& table;
};

namespace {

constexpr std::int64_t kIntegerMax = 1'000'000;

// Null if absent.
Result<const toml::array*> List(const CardScope& scope, const toml::table& table,
                                std::string_view key, std::size_t size_max) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_array()) return Fail(scope.Bad(key, "must be a list"));
  if (node->as_array()->size() > size_max) {
    return Fail(scope.Bad(key, fmt::format("has more than {} elements", size_max)));
  }
  return node->as_array();
}

// The elements of a list, each of which must be a T; `kind` says in words what that is.
template <typename T>
Result<std::vector<T>> Elements(const CardScope& scope, const toml::array* list,
                                std::string_view key, std::string_view kind) {
  std::vector<T> elements;
  if (list == nullptr) return elements;
  for (const toml::node& node : *list) {
    // An integer may stand for a number, but nothing for an integer.
    std::optional<T> element =
        std::is_same_v<T, double> ? node.template value<T>() : node.template value_exact<T>();
    if (!element) return Fail(scope.Bad(key, fmt::format("must be a list of {}", kind)));
    elements.push_back(*std::move(element));
  }
  return elements;
}

}  // namespace

Result<CardScope> CardScope::Parse(std::string_view toml, std::string_view origin) {
  try {
    auto root = std::make_shared<const toml::table>(toml::parse(toml, origin));
    const toml::table& table = *root;
    auto node = std::make_shared<const Node>(Node{std::move(root), table});
    return CardScope(std::move(node), std::string(origin), "");
  } catch (const toml::parse_error& error) {
    return Fail(InvalidArgument(fmt::format("read model card {}: line {}: {}", origin,
                                            error.source().begin.line, error.description())));
  }
}

CardScope::CardScope(std::shared_ptr<const Node> node, std::string origin, std::string prefix)
    : node_(std::move(node)), origin_(std::move(origin)), prefix_(std::move(prefix)) {}

CardScope CardScope::Inner(const void* table, const std::string& prefix) const {
  const auto& inner = *static_cast<const toml::table*>(table);
  return {std::make_shared<const Node>(Node{node_->root, inner}), origin_, prefix_ + prefix};
}

Error CardScope::Bad(std::string_view key, std::string_view why) const {
  return InvalidArgument(
      fmt::format("read model card {}: key {}{}: {}", origin_, prefix_, key, why));
}

bool CardScope::Has(std::string_view key) const { return node_->table.get(key) != nullptr; }

bool CardScope::IsText(std::string_view key) const {
  return Has(key) && node_->table.get(key)->is_string();
}

bool CardScope::IsList(std::string_view key) const {
  return Has(key) && node_->table.get(key)->is_array();
}

std::vector<std::string> CardScope::Keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : node_->table) keys.emplace_back(key.str());
  return keys;
}

Result<std::string> CardScope::Text(std::string_view key) const {
  const toml::node* node = node_->table.get(key);
  if (node == nullptr) return std::string();
  if (!node->is_string()) return Fail(Bad(key, "must be text"));
  return **node->as_string();
}

Result<std::string> CardScope::RequiredText(std::string_view key) const {
  std::string text = TRY(Text(key));
  if (text.empty()) return Fail(Bad(key, "is missing or empty"));
  return text;
}

Result<int> CardScope::Integer(std::string_view key, int fallback, int minimum) const {
  const std::optional<int> value = TRY(OptionalInteger(key, minimum));
  return value.value_or(fallback);
}

Result<std::optional<int>> CardScope::OptionalInteger(std::string_view key, int minimum) const {
  const toml::node* node = node_->table.get(key);
  if (node == nullptr) return std::nullopt;
  const std::int64_t value = node->is_integer() ? **node->as_integer() : kIntegerMax + 1;
  if (value < minimum || value > kIntegerMax) {
    return Fail(Bad(key, fmt::format("must be a whole number from {}", minimum)));
  }
  return static_cast<int>(value);
}

Result<float> CardScope::Fraction(std::string_view key, float fallback) const {
  const toml::node* node = node_->table.get(key);
  if (node == nullptr) return fallback;
  const double value = node->is_number() ? *node->value<double>() : -1;
  if (!(value >= 0 && value <= 1)) return Fail(Bad(key, "must be a number from 0 to 1"));
  return static_cast<float>(value);
}

Result<std::vector<std::int64_t>> CardScope::Integers(std::string_view key,
                                                      std::size_t size_max) const {
  const toml::array* list = TRY(List(*this, node_->table, key, size_max));
  return Elements<std::int64_t>(*this, list, key, "whole numbers");
}

Result<std::vector<double>> CardScope::Numbers(std::string_view key, std::size_t size_max) const {
  const toml::array* list = TRY(List(*this, node_->table, key, size_max));
  return Elements<double>(*this, list, key, "numbers");
}

Result<std::vector<std::string>> CardScope::Texts(std::string_view key,
                                                  std::size_t size_max) const {
  const toml::array* list = TRY(List(*this, node_->table, key, size_max));
  return Elements<std::string>(*this, list, key, "texts");
}

Result<std::vector<std::vector<double>>> CardScope::NumberLists(std::string_view key,
                                                                std::size_t size_max) const {
  std::vector<std::vector<double>> lists;
  const toml::array* outer = TRY(List(*this, node_->table, key, size_max));
  if (outer == nullptr) return lists;
  for (const toml::node& node : *outer) {
    if (!node.is_array()) return Fail(Bad(key, "must be a list of lists of numbers"));
    std::vector<double> inner = TRY(Elements<double>(*this, node.as_array(), key, "numbers"));
    lists.push_back(std::move(inner));
  }
  return lists;
}

Result<std::vector<CardScope>> CardScope::Tables(std::string_view key, std::size_t size_max) const {
  std::vector<CardScope> tables;
  const toml::array* list = TRY(List(*this, node_->table, key, size_max));
  if (list == nullptr) return tables;
  for (const toml::node& node : *list) {
    if (!node.is_table()) return Fail(Bad(key, "must be a list of tables"));
    tables.push_back(Inner(node.as_table(), fmt::format("{}[{}].", key, tables.size())));
  }
  return tables;
}

Result<std::optional<CardScope>> CardScope::Table(std::string_view key) const {
  const toml::node* node = node_->table.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_table()) return Fail(Bad(key, "must be a table"));
  return Inner(node->as_table(), fmt::format("{}.", key));
}

}  // namespace perigee::model
