#include <gtest/gtest.h>

#include <vector>

#include "doubles.h"

namespace {

// An IRP with three stack locations, current one the middle.
class IrpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    memset(&packet_, 0, sizeof packet_);
    irp()->StackCount = 3;
    irp()->CurrentLocation = 2;
    irp()->Tail.Overlay.CurrentStackLocation = &packet_.stack[1];
  }
  PIRP irp() { return &packet_.irp; }
  struct {
    IRP irp;
    IO_STACK_LOCATION stack[3];
  } packet_;
};

NTSTATUS Completion(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_SUCCESS; }
VOID Cancel(PDEVICE_OBJECT, PIRP) {}

TEST_F(IrpTest, TheNextLocationLiesBelowTheCurrentOne) {
  EXPECT_EQ(IoGetCurrentIrpStackLocation(irp()), &packet_.stack[1]);
  EXPECT_EQ(IoGetNextIrpStackLocation(irp()), &packet_.stack[0]);
}

TEST_F(IrpTest, SettingAndSkippingMoveTheLocationAndItsNumberTogether) {
  IoSetNextIrpStackLocation(irp());
  EXPECT_EQ(IoGetCurrentIrpStackLocation(irp()), &packet_.stack[0]);
  EXPECT_EQ(irp()->CurrentLocation, 1);
  IoSkipCurrentIrpStackLocation(irp());
  IoSkipCurrentIrpStackLocation(irp());
  EXPECT_EQ(IoGetCurrentIrpStackLocation(irp()), &packet_.stack[2]);
  EXPECT_EQ(irp()->CurrentLocation, 3);
}

TEST_F(IrpTest, CopyingLeavesTheCompletionRoutineAndControlBehind) {
  auto& current = packet_.stack[1];
  auto& next = packet_.stack[0];
  current.MajorFunction = IRP_MJ_WRITE;
  current.Control = SL_PENDING_RETURNED | SL_INVOKE_ON_ERROR;
  current.Parameters.Write.Length = 77;
  current.DeviceObject = reinterpret_cast<PDEVICE_OBJECT>(0x10);
  current.FileObject = reinterpret_cast<PFILE_OBJECT>(0x20);
  current.CompletionRoutine = Completion;
  current.Context = this;
  IoCopyCurrentIrpStackLocationToNext(irp());
  EXPECT_EQ(next.MajorFunction, IRP_MJ_WRITE);
  EXPECT_EQ(next.Parameters.Write.Length, 77u);
  EXPECT_EQ(next.FileObject, current.FileObject);
  EXPECT_EQ(next.Control, 0);
  EXPECT_EQ(next.CompletionRoutine, nullptr);
  EXPECT_EQ(next.Context, nullptr);
}

TEST_F(IrpTest, ACompletionRoutineIsInvokedExactlyOnWhatWasAsked) {
  for (int mask = 0; mask < 8; ++mask) {
    IoSetCompletionRoutine(irp(), Completion, this, (mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0);
    const int expected = (mask & 1 ? SL_INVOKE_ON_SUCCESS : 0) | (mask & 2 ? SL_INVOKE_ON_ERROR : 0) |
                         (mask & 4 ? SL_INVOKE_ON_CANCEL : 0);
    EXPECT_EQ(packet_.stack[0].Control, expected);
  }
  EXPECT_EQ(packet_.stack[0].CompletionRoutine, Completion);
  EXPECT_EQ(packet_.stack[0].Context, this);
}

TEST_F(IrpTest, MarkingPendingKeepsTheOtherControlBits) {
  packet_.stack[1].Control = SL_INVOKE_ON_CANCEL;
  IoMarkIrpPending(irp());
  EXPECT_EQ(packet_.stack[1].Control, SL_INVOKE_ON_CANCEL | SL_PENDING_RETURNED);
}

TEST_F(IrpTest, SettingACancelRoutineGivesTheOldOne) {
  EXPECT_EQ(IoSetCancelRoutine(irp(), Cancel), nullptr);
  EXPECT_EQ(IoSetCancelRoutine(irp(), nullptr), Cancel);
  EXPECT_EQ(irp()->CancelRoutine, nullptr);
}

TEST(IrpSize, CountsOneLocationEach) { EXPECT_EQ(IoSizeOfIrp(3), 208 + 3 * 72); }

TEST(ControlCode, HasTypeAccessFunctionAndMethodInTheirPlaces) {
  const ULONG code = CTL_CODE(FILE_DEVICE_SERIAL_PORT, 0x801, METHOD_NEITHER, FILE_WRITE_ACCESS);
  EXPECT_EQ(code, 0x001BA007u);
  EXPECT_EQ(DEVICE_TYPE_FROM_CTL_CODE(code), static_cast<ULONG>(FILE_DEVICE_SERIAL_PORT));
  EXPECT_EQ(METHOD_FROM_CTL_CODE(code), static_cast<ULONG>(METHOD_NEITHER));
  EXPECT_EQ(IoGetFunctionCodeFromCtlCode(code), 0x801u);
}

}  // namespace
