#include "model/pbtxt.h"

#include <fmt/format.h>

#include <cctype>
#include <utility>

namespace perigee::model {
namespace {

constexpr std::size_t kBytesMax = 256 << 10;
constexpr int kDepthMax = 16;
constexpr int kFieldsMax = 10'000;
constexpr std::size_t kWordMax = 1024;

bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-' ||
         c == '+';
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  // The fields up to `end`, which is taken too; '\0': up to the end of the text.
  Result<std::vector<PbField>> Fields(char end, int depth) {
    std::vector<PbField> fields;
    if (depth > kDepthMax) return Bad(fmt::format("nested deeper than {}", kDepthMax));
    while (Peek() != end) {
      TRY(Field(fields, depth));
      if (Peek() == ',' || Peek() == ';') ++at_;
    }
    if (end != '\0') ++at_;
    return fields;
  }

 private:
  std::unexpected<Error> Bad(std::string_view why) const {
    return Fail(InvalidArgument(fmt::format("line {}: {}", line_, why)));
  }

  // The next character that counts; '\0' at the end.
  char Peek() {
    bool comment = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        comment = false;
      } else if (c == '#') {
        comment = true;
      } else if (!comment && std::isspace(static_cast<unsigned char>(c)) == 0) {
        return c;
      }
    }
    return '\0';
  }

  Result<std::string> Word(std::string_view what) {
    (void)Peek();
    const std::size_t start = at_;
    while (at_ < text_.size() && IsWord(text_[at_])) ++at_;
    if (at_ == start) return Bad(fmt::format("{} is expected here", what));
    if (at_ - start > kWordMax) return Bad("a word of over 1 KiB");
    return std::string(text_.substr(start, at_ - start));
  }

  Result<void> Field(std::vector<PbField>& fields, int depth) {
    const std::string name = TRY(Word("a field's name"));
    const bool colon = Peek() == ':';
    if (colon) ++at_;
    if (Peek() != '[') return Value(name, colon, depth, fields);
    ++at_;
    if (Peek() == ']') {
      ++at_;
      return {};
    }
    while (true) {
      TRY(Value(name, colon, depth, fields));
      const char next = Peek();
      ++at_;
      if (next == ']') return {};
      if (next != ',') return Bad("a list goes on with , or ends with ]");
    }
  }

  Result<void> Value(const std::string& name, bool colon, int depth, std::vector<PbField>& fields) {
    if (++fields_ > kFieldsMax) return Bad(fmt::format("over {} fields", kFieldsMax));
    const char first = Peek();
    PbField field{.name = name, .line = line_, .kind = {}, .text = {}, .fields = {}};
    if (first == '{' || first == '<') {
      ++at_;
      field.kind = PbField::Kind::kMessage;
      field.fields = TRY(Fields(first == '{' ? '}' : '>', depth + 1));
    } else if (!colon) {
      return Bad(fmt::format("field {} has no value", name));
    } else if (first == '"' || first == '\'') {
      field.kind = PbField::Kind::kText;
      field.text = TRY(Text());
    } else {
      field.text = TRY(Word("a value"));
    }
    fields.push_back(std::move(field));
    return {};
  }

  // One or more quoted pieces, which belong together.
  Result<std::string> Text() {
    std::string text;
    while (Peek() == '"' || Peek() == '\'') {
      TRY(Piece(text));
    }
    return text;
  }

  // At the opening quote.
  Result<void> Piece(std::string& text) {
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\n') return Bad("a text ends before its quote");
      if (text_[at_] == '\\') {
        TRY(Escape(text));
      } else {
        text += text_[at_++];
      }
    }
    if (at_ >= text_.size()) return Bad("a text ends before its quote");
    ++at_;
    return {};
  }

  // At the backslash. Of the escapes those that C has, without \u.
  Result<void> Escape(std::string& text) {
    constexpr std::string_view kNames = "abfnrtv\\'\"?";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"?";
    if (++at_ >= text_.size()) return Bad("a text ends before its quote");
    const char name = text_[at_];
    if (IsOctal(name)) {
      int value = 0;
      for (int i = 0; i < 3 && at_ < text_.size() && IsOctal(text_[at_]); ++i) {
        value = value * 8 + (text_[at_++] - '0');
      }
      text += static_cast<char>(value);
      return {};
    }
    const std::size_t known = kNames.find(name);
    if (known == std::string_view::npos) return Bad(fmt::format("\\{} is no escape", name));
    text += kMeanings[known];
    ++at_;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int fields_ = 0;
};

}  // namespace

Result<std::vector<PbField>> ParsePbtxt(std::string_view text) {
  if (text.size() > kBytesMax) return Fail(InvalidArgument("line 1: over 256 KiB"));
  if (text.contains('\0')) return Fail(InvalidArgument("line 1: a zero byte, so this is no text"));
  return Parser(text).Fields('\0', 0);
}

}  // namespace perigee::model
