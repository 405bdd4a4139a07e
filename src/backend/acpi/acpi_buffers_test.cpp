// The buffers of ACPI methods.
#include <gtest/gtest.h>

#include <ntddk.h>
#include <acpiioct.h>

#include <cstring>

#include "backend/acpi/acpi_buffers.h"
#include "drydock/acpi.h"

namespace drydock {
namespace {

TEST(AcpiBuffersTest, ArgumentsAreRead) {
  backend::Evaluation evaluation;
  ACPI_EVAL_INPUT_BUFFER plain = {};
  plain.Signature = ACPI_EVAL_INPUT_BUFFER_SIGNATURE;
  std::memcpy(plain.MethodName, "_STA", 4);
  EXPECT_EQ(backend::ReadEvaluation(&plain, sizeof plain, false, &evaluation), STATUS_SUCCESS);
  EXPECT_EQ(evaluation.name, "_STA");
  EXPECT_TRUE(evaluation.arguments.empty());
  EXPECT_EQ(backend::ReadEvaluation(&plain, sizeof plain - 1, false, &evaluation), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(backend::ReadEvaluation(&plain, sizeof plain, true, &evaluation), STATUS_INVALID_PARAMETER);
  plain.Signature = 1;
  EXPECT_EQ(backend::ReadEvaluation(&plain, sizeof plain, false, &evaluation), STATUS_INVALID_PARAMETER);

  ACPI_EVAL_INPUT_BUFFER_SIMPLE_INTEGER_EX integer = {};
  integer.Signature = ACPI_EVAL_INPUT_BUFFER_SIMPLE_INTEGER_SIGNATURE_EX;
  std::strcpy(integer.MethodName, "CHLD._PSW");
  integer.IntegerArgument = 0x1'0000'0002;
  EXPECT_EQ(backend::ReadEvaluation(&integer, sizeof integer, true, &evaluation), STATUS_SUCCESS);
  EXPECT_EQ(evaluation.name, "CHLD._PSW");
  ASSERT_EQ(evaluation.arguments.size(), 1u);
  EXPECT_EQ(evaluation.arguments[0].integer, 0x1'0000'0002u);

  // A buffer of 16 bytes, two integers, an empty package: as _DSM has them.
  alignas(8) char memory[128] = {};
  auto* complex = reinterpret_cast<ACPI_EVAL_INPUT_BUFFER_COMPLEX*>(memory);
  complex->Signature = ACPI_EVAL_INPUT_BUFFER_COMPLEX_SIGNATURE;
  std::memcpy(complex->MethodName, "_DSM", 4);
  complex->ArgumentCount = 4;
  PACPI_METHOD_ARGUMENT argument = complex->Argument;
  ACPI_METHOD_SET_ARGUMENT_BUFFER(argument, "0123456789abcdef", 16);
  argument = ACPI_METHOD_NEXT_ARGUMENT(argument);
  ACPI_METHOD_SET_ARGUMENT_INTEGER(argument, 1);
  argument = ACPI_METHOD_NEXT_ARGUMENT(argument);
  ACPI_METHOD_SET_ARGUMENT_INTEGER(argument, 2);
  argument = ACPI_METHOD_NEXT_ARGUMENT(argument);
  argument->Type = ACPI_METHOD_ARGUMENT_PACKAGE;
  argument->DataLength = 0;
  argument = ACPI_METHOD_NEXT_ARGUMENT(argument);
  complex->Size = static_cast<ULONG>(reinterpret_cast<char*>(argument) - memory);
  evaluation = {};
  EXPECT_EQ(backend::ReadEvaluation(memory, complex->Size, false, &evaluation), STATUS_SUCCESS);
  ASSERT_EQ(evaluation.arguments.size(), 4u);
  EXPECT_EQ(evaluation.arguments[0].bytes, "0123456789abcdef");
  EXPECT_EQ(evaluation.arguments[2].integer, 2u);
  EXPECT_EQ(evaluation.arguments[3].kind, AcpiValue::Kind::kPackage);
  // Whatever is cut off is refused, and nothing behind the end is read.
  for (size_t length = 0; length + 4 < complex->Size; ++length) {
    const std::vector<char> exact(memory, memory + length);
    evaluation = {};
    EXPECT_EQ(backend::ReadEvaluation(exact.data(), length, false, &evaluation), STATUS_INVALID_PARAMETER) << length;
  }
}

TEST(AcpiBuffersTest, ResultsAreWritten) {
  alignas(8) UCHAR memory[64];
  auto* out = reinterpret_cast<ACPI_EVAL_OUTPUT_BUFFER*>(memory);
  ULONG_PTR information;
  EXPECT_EQ(backend::WriteResult(AcpiValue(15), memory, sizeof(ACPI_EVAL_OUTPUT_BUFFER), &information), STATUS_SUCCESS);
  EXPECT_EQ(information, sizeof(ACPI_EVAL_OUTPUT_BUFFER));
  EXPECT_EQ(out->Signature, ACPI_EVAL_OUTPUT_BUFFER_SIGNATURE);
  EXPECT_EQ(out->Length, sizeof(ACPI_EVAL_OUTPUT_BUFFER));
  EXPECT_EQ(out->Count, 1u);
  EXPECT_EQ(out->Argument[0].Type, ACPI_METHOD_ARGUMENT_INTEGER);
  EXPECT_EQ(out->Argument[0].DataLength, 4);
  EXPECT_EQ(out->Argument[0].Argument, 15u);

  // The elements of a package are arguments; a text has its end.
  EXPECT_EQ(backend::WriteResult(AcpiValue::Package({AcpiValue(1), AcpiValue::Text("battery"), AcpiValue::Buffer("\1")}), memory, sizeof memory, &information), STATUS_SUCCESS);
  EXPECT_EQ(out->Count, 3u);
  PACPI_METHOD_ARGUMENT second = ACPI_METHOD_NEXT_ARGUMENT(out->Argument);
  EXPECT_EQ(second->Type, ACPI_METHOD_ARGUMENT_STRING);
  EXPECT_EQ(second->DataLength, 8);
  EXPECT_STREQ(reinterpret_cast<char*>(second->Data), "battery");
  EXPECT_EQ(ACPI_METHOD_NEXT_ARGUMENT(second)->DataLength, 1);
  EXPECT_EQ(out->Length, information);
  const ULONG needed = out->Length;

  EXPECT_EQ(backend::WriteResult(AcpiValue::Package({AcpiValue(1), AcpiValue::Text("battery"), AcpiValue::Buffer("\1")}), memory, needed - 1, &information), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(out->Length, needed);
  EXPECT_EQ(backend::WriteResult(AcpiValue(1), memory, 11, &information), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(information, 0u);
  EXPECT_EQ(backend::WriteResult(std::nullopt, memory, sizeof memory, &information), STATUS_SUCCESS);
  EXPECT_EQ(out->Count, 0u);
  EXPECT_EQ(backend::WriteResult(AcpiValue(1), nullptr, 0, &information), STATUS_SUCCESS);
}

}  // namespace
}  // namespace drydock
