// Early-launch anti-malware: what registered drivers are told while boot drivers start.
#include "nt/io/boot_driver.h"

#include <string>
#include <vector>

#include "nt/testing/kernel_fixture.h"

namespace drydock::nt {
namespace {

struct Watcher {
  std::vector<std::string> seen;
  BDCB_CLASSIFICATION answer = BdCbClassificationUnknownImage;
};

VOID Watch(PVOID context, BDCB_CALLBACK_TYPE type, PBDCB_IMAGE_INFORMATION image) {
  auto& watcher = *static_cast<Watcher*>(context);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  if (type == BdCbStatusUpdate) {
    watcher.seen.push_back("status " + std::to_string(reinterpret_cast<BDCB_STATUS_UPDATE_CONTEXT*>(image)->StatusType));
    return;
  }
  EXPECT_EQ(image->Classification, BdCbClassificationUnknownImage);
  watcher.seen.push_back("image " + std::to_string(image->ImageFlags));
  image->Classification = watcher.answer;
}

class BootDrivers : public testing::BothExecutors {};
DRYDOCK_BOTH_EXECUTORS(BootDrivers);

TEST_P(BootDrivers, EachRegisteredDriverIsAskedAndTheGravestAnswerCounts) {
  Watcher good{{}, BdCbClassificationKnownGoodImage}, bad{{}, BdCbClassificationKnownBadImage};
  void* first = IoRegisterBootDriverCallback(Watch, &bad);
  void* second = IoRegisterBootDriverCallback(Watch, &good);
  ASSERT_NE(first, nullptr);
  ASSERT_NE(second, nullptr);
  io::TellBootStatus(*kernel_, BdCbStatusPrepareForDriverLoad);
  BDCB_IMAGE_INFORMATION image = {};
  image.ImageFlags = BDCB_IMAGEFLAGS_FAILED_CODE_INTEGRITY;
  EXPECT_EQ(io::ClassifyBootImage(*kernel_, image), BdCbClassificationKnownBadImage);
  IoUnregisterBootDriverCallback(first);
  EXPECT_EQ(io::ClassifyBootImage(*kernel_, image), BdCbClassificationKnownGoodImage);
  IoUnregisterBootDriverCallback(second);
  EXPECT_EQ(io::ClassifyBootImage(*kernel_, image), BdCbClassificationUnknownImage);
  EXPECT_EQ(bad.seen, (std::vector<std::string>{"status 1", "image 2"}));
  EXPECT_EQ(good.seen, (std::vector<std::string>{"status 1", "image 2", "image 2"}));
  EXPECT_EQ(IoRegisterBootDriverCallback(nullptr, nullptr), nullptr);
}

}  // namespace
}  // namespace drydock::nt
