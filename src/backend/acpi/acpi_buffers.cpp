#include "backend/acpi/acpi_buffers.h"

#include <acpiioct.h>

#include <algorithm>
#include <cstring>

namespace drydock::backend {
namespace {

constexpr size_t kMostArguments = 7, kDeepest = 8;
constexpr size_t kHeader = FIELD_OFFSET(ACPI_METHOD_ARGUMENT, Data);

template <class Number>
Number At(const uint8_t* bytes) {
  Number value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::string NameOf(const uint8_t* bytes, size_t length) {
  std::string name(reinterpret_cast<const char*>(bytes), strnlen(reinterpret_cast<const char*>(bytes), length));
  while (!name.empty() && name.back() == ' ') name.pop_back();
  return name;
}

// Arguments one behind the other; false: not whole. `count`: how many there are to be; without one, as far as the bytes go.
bool ReadArguments(const uint8_t* bytes, size_t length, std::optional<size_t> count, size_t depth, std::vector<AcpiValue>* values) {
  if (depth > kDeepest) return false;
  for (size_t at = 0; count ? values->size() < *count : at < length;) {
    if (length - at < kHeader) return false;
    const USHORT type = At<USHORT>(bytes + at), size = At<USHORT>(bytes + at + 2);
    const uint8_t* data = bytes + at + kHeader;
    if (length - at - kHeader < size) return false;
    AcpiValue value;
    switch (type) {
      case ACPI_METHOD_ARGUMENT_INTEGER:
        if (size != 4 && size != 8) return false;
        value = size == 4 ? At<uint32_t>(data) : At<uint64_t>(data);
        break;
      case ACPI_METHOD_ARGUMENT_STRING: value = AcpiValue::Text(std::string(reinterpret_cast<const char*>(data), strnlen(reinterpret_cast<const char*>(data), size))); break;
      case ACPI_METHOD_ARGUMENT_BUFFER: value = AcpiValue::Buffer(std::string(reinterpret_cast<const char*>(data), size)); break;
      case ACPI_METHOD_ARGUMENT_PACKAGE:
      case ACPI_METHOD_ARGUMENT_PACKAGE_EX:
        value.kind = AcpiValue::Kind::kPackage;
        if (!ReadArguments(data, size, std::nullopt, depth + 1, &value.package)) return false;
        break;
      default: return false;
    }
    values->push_back(std::move(value));
    at = std::min(length, at + ACPI_METHOD_ARGUMENT_LENGTH(size_t{size}));
  }
  return true;
}

void Append(const AcpiValue& value, std::string* out) {
  std::string data;
  USHORT type = ACPI_METHOD_ARGUMENT_INTEGER;
  switch (value.kind) {
    case AcpiValue::Kind::kInteger:
      data.assign(reinterpret_cast<const char*>(&value.integer), value.integer > MAXULONG ? 8 : 4);
      break;
    case AcpiValue::Kind::kText:
      type = ACPI_METHOD_ARGUMENT_STRING;
      data = value.bytes + '\0';
      break;
    case AcpiValue::Kind::kBuffer:
      type = ACPI_METHOD_ARGUMENT_BUFFER;
      data = value.bytes;
      break;
    case AcpiValue::Kind::kPackage:
      type = ACPI_METHOD_ARGUMENT_PACKAGE;
      for (const AcpiValue& each : value.package) Append(each, &data);
      break;
  }
  const auto size = static_cast<USHORT>(data.size());
  out->append(reinterpret_cast<const char*>(&type), 2).append(reinterpret_cast<const char*>(&size), 2).append(data);
  if (data.size() < sizeof(ULONG)) out->append(sizeof(ULONG) - data.size(), '\0');
}

}  // namespace

NTSTATUS ReadEvaluation(const void* buffer, size_t length, bool extended, Evaluation* evaluation) {
  auto* bytes = static_cast<const uint8_t*>(buffer);
  const size_t name_length = extended ? 256 : 4, rest_at = 4 + name_length;
  if (!bytes || length < rest_at) return STATUS_INVALID_PARAMETER;
  evaluation->name = NameOf(bytes + 4, name_length);
  const uint8_t* rest = bytes + rest_at;
  const size_t rest_length = length - rest_at;
  const auto is = [&](ULONG plain, ULONG ex) { return At<ULONG>(bytes) == (extended ? ex : plain); };
  if (is(ACPI_EVAL_INPUT_BUFFER_SIGNATURE, ACPI_EVAL_INPUT_BUFFER_SIGNATURE_EX)) return STATUS_SUCCESS;
  if (is(ACPI_EVAL_INPUT_BUFFER_SIMPLE_INTEGER_SIGNATURE, ACPI_EVAL_INPUT_BUFFER_SIMPLE_INTEGER_SIGNATURE_EX)) {
    // The extended structure has a 64-bit integer, aligned.
    const size_t at = extended ? FIELD_OFFSET(ACPI_EVAL_INPUT_BUFFER_SIMPLE_INTEGER_EX, IntegerArgument) - rest_at : 0;
    if (rest_length < at + (extended ? 8 : 4)) return STATUS_INVALID_PARAMETER;
    evaluation->arguments.emplace_back(extended ? At<uint64_t>(rest + at) : At<uint32_t>(rest));
    return STATUS_SUCCESS;
  }
  if (is(ACPI_EVAL_INPUT_BUFFER_SIMPLE_STRING_SIGNATURE, ACPI_EVAL_INPUT_BUFFER_SIMPLE_STRING_SIGNATURE_EX)) {
    if (rest_length < 4 || At<ULONG>(rest) > rest_length - 4) return STATUS_INVALID_PARAMETER;
    auto* text = reinterpret_cast<const char*>(rest + 4);
    evaluation->arguments.push_back(AcpiValue::Text(std::string(text, strnlen(text, At<ULONG>(rest)))));
    return STATUS_SUCCESS;
  }
  if (is(ACPI_EVAL_INPUT_BUFFER_COMPLEX_SIGNATURE, ACPI_EVAL_INPUT_BUFFER_COMPLEX_SIGNATURE_EX)) {
    if (rest_length < 8) return STATUS_INVALID_PARAMETER;
    const size_t size = At<ULONG>(rest), count = At<ULONG>(rest + 4);
    if (size > length || count > kMostArguments) return STATUS_INVALID_PARAMETER;
    return ReadArguments(rest + 8, rest_length - 8, count, 0, &evaluation->arguments) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  }
  return STATUS_INVALID_PARAMETER;
}

NTSTATUS WriteResult(const std::optional<AcpiValue>& result, void* buffer, size_t length, ULONG_PTR* information) {
  *information = 0;
  if (!buffer || length == 0) return STATUS_SUCCESS;
  constexpr size_t kFixed = FIELD_OFFSET(ACPI_EVAL_OUTPUT_BUFFER, Argument);
  if (length < kFixed) return STATUS_BUFFER_TOO_SMALL;
  std::string arguments;
  ULONG count = 0;
  if (result && result->kind == AcpiValue::Kind::kPackage) {
    for (const AcpiValue& each : result->package) Append(each, &arguments);
    count = static_cast<ULONG>(result->package.size());
  } else if (result) {
    Append(*result, &arguments);
    count = 1;
  }
  ACPI_EVAL_OUTPUT_BUFFER header = {};
  header.Signature = ACPI_EVAL_OUTPUT_BUFFER_SIGNATURE;
  header.Length = static_cast<ULONG>(std::max(kFixed + arguments.size(), size_t{sizeof header}));
  const bool fits = kFixed + arguments.size() <= length;
  header.Count = fits ? count : 0;
  std::memcpy(buffer, &header, kFixed);
  *information = kFixed;
  if (!fits) return STATUS_BUFFER_OVERFLOW;
  std::memcpy(static_cast<char*>(buffer) + kFixed, arguments.data(), arguments.size());
  *information = std::min<size_t>(length, header.Length);
  if (*information > kFixed + arguments.size())
    std::memset(static_cast<char*>(buffer) + kFixed + arguments.size(), 0, *information - kFixed - arguments.size());
  return STATUS_SUCCESS;
}

}  // namespace drydock::backend
