// Device models: inline answers, kept requests, cancels, and what a second completion does.
#include "backend/model.h"

#include <cstring>
#include <functional>

#include "nt/io/file.h"
#include "nt/io/irp.h"
#include "nt/testing/kernel_fixture.h"

namespace drydock::backend {
namespace {

constexpr ULONG kCode = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS);

struct Functions : ModelDevice {
  std::function<void(const ModelRequest&)> read, control, cancel;
  std::function<void()> destroyed;
  ~Functions() override {
    if (destroyed) destroyed();
  }
  void OnRead(const ModelRequest& request) override { read ? read(request) : ModelDevice::OnRead(request); }
  void OnDeviceControl(const ModelRequest& request) override { control ? control(request) : ModelDevice::OnDeviceControl(request); }
  void OnCancel(const ModelRequest& request) override { cancel ? cancel(request) : ModelDevice::OnCancel(request); }
};

class ModelTest : public nt::testing::BothExecutors {
 protected:
  void SetUp() override {
    BothExecutors::SetUp();
    auto model = std::make_unique<Functions>();
    model_ = model.get();
    ASSERT_EQ(CreateModelDevice(*kernel_, {.name = u"\\Device\\Model"}, std::move(model), &device_), STATUS_SUCCESS);
    ASSERT_EQ(nt::io::OpenFile(*kernel_, u"\\Device\\Model", {}, &file_), STATUS_SUCCESS);
  }
  nt::io::AsyncIo StartRead() {
    nt::io::Request request;
    request.major = IRP_MJ_READ;
    request.output = buffer_;
    request.output_length = sizeof buffer_;
    nt::io::AsyncIo async;
    async.Start(file_, request);
    return async;
  }
  Functions* model_ = nullptr;
  DEVICE_OBJECT* device_ = nullptr;
  FILE_OBJECT* file_ = nullptr;
  char buffer_[16] = {};
};
DRYDOCK_BOTH_EXECUTORS(ModelTest);

TEST_P(ModelTest, AModelAnswersInline) {
  model_->control = [](const ModelRequest& request) {
    EXPECT_EQ(request.ioctl(), kCode);
    EXPECT_EQ(request.input_length(), 3u);
    EXPECT_EQ(request.output_length(), 8u);
    std::memcpy(request.output(), "out", 4);
    EXPECT_TRUE(request.Complete(STATUS_SUCCESS, 4));
    EXPECT_FALSE(request.Complete(STATUS_SUCCESS, 4));  // harmless
  };
  char out[8] = {};
  nt::io::Result result = nt::io::DeviceControl(file_, UserMode, kCode, "in", 3, out, 8);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 4u);
  EXPECT_STREQ(out, "out");
  EXPECT_EQ(nt::io::Read(file_, UserMode, out, 8).status, STATUS_INVALID_DEVICE_REQUEST);  // the default
  nt::io::CloseFile(file_);
}

TEST_P(ModelTest, AKeptRequestIsCompletedLaterOnAnotherTask) {
  ModelRequest kept;
  model_->read = [&](const ModelRequest& request) { kept = model_->Pend(request); };
  nt::io::AsyncIo read = StartRead();
  EXPECT_EQ(model_->pending_count(), 1u);
  rt::Task* task = Start("device", [&] {
    std::memcpy(kept.output(), "late", 4);
    EXPECT_TRUE(kept.Complete(STATUS_SUCCESS, 4));
  });
  EXPECT_EQ(read.Wait(), STATUS_SUCCESS);
  EXPECT_EQ(read.information(), 4u);
  Join(task);
  EXPECT_FALSE(kept.Complete(STATUS_SUCCESS, 4));
  EXPECT_EQ(model_->pending_count(), 0u);
  nt::io::CloseFile(file_);
}

TEST_P(ModelTest, ACancelReachesTheModelOnceAndBeatsALateCompletion) {
  ModelRequest kept, cancelling;
  model_->read = [&](const ModelRequest& request) { kept = model_->Pend(request); };
  model_->cancel = [&](const ModelRequest& request) { cancelling = request; };
  nt::io::AsyncIo read = StartRead();
  EXPECT_TRUE(read.Cancel());
  EXPECT_FALSE(read.done());  // the model takes its time
  EXPECT_FALSE(model_->IsPending(kept));
  EXPECT_TRUE(cancelling.Complete(STATUS_CANCELLED));
  EXPECT_FALSE(kept.Complete(STATUS_SUCCESS, 1));
  EXPECT_EQ(read.status(), STATUS_CANCELLED);
  nt::io::CloseFile(file_);
}

TEST_P(ModelTest, ARequestWithoutCancelNoticeIgnoresCancels) {
  ModelRequest kept;
  model_->read = [&](const ModelRequest& request) { kept = model_->Pend(request, false); };
  nt::io::AsyncIo read = StartRead();
  EXPECT_TRUE(read.Cancel());
  EXPECT_FALSE(read.done());
  EXPECT_TRUE(kept.cancelled());
  EXPECT_TRUE(kept.Complete(STATUS_SUCCESS, 2));
  EXPECT_EQ(read.information(), 2u);
  nt::io::CloseFile(file_);
}

TEST_P(ModelTest, ARequestThatIsNeitherCompletedNorKeptCanStillBeCompleted) {
  ModelRequest copy;
  model_->read = [&](const ModelRequest& request) { copy = request; };
  nt::io::AsyncIo read = StartRead();
  EXPECT_EQ(read.status(), STATUS_PENDING);
  EXPECT_TRUE(copy.Complete(STATUS_SUCCESS, 3));
  EXPECT_EQ(read.information(), 3u);
  nt::io::CloseFile(file_);
}

TEST_P(ModelTest, DeletingTheDeviceEndsWhatItHolds) {
  bool gone = false;
  model_->destroyed = [&] { gone = true; };
  ModelRequest kept;
  model_->read = [&](const ModelRequest& request) { kept = model_->Pend(request); };
  nt::io::AsyncIo read = StartRead();
  DeleteModelDevice(device_);
  EXPECT_EQ(read.status(), STATUS_DELETE_PENDING);
  EXPECT_FALSE(gone);  // a file is still open
  nt::io::CloseFile(file_);
  EXPECT_TRUE(gone);
  EXPECT_FALSE(kept.Complete(STATUS_SUCCESS));  // harmless
}

TEST(ModelRace, CompletionAndCancelEndARequestOnceUnderAHundredSeeds) {
  struct Run : nt::testing::KernelFixture {
    void TestBody() override {}
    void Once(uint64_t seed, int* cancelled, int* completed) {
      Make(rt::ExecutorKind::kSimulated, seed);
      auto owned = std::make_unique<Functions>();
      Functions* model = owned.get();
      DEVICE_OBJECT* device;
      ASSERT_EQ(CreateModelDevice(*kernel_, {.name = u"\\Device\\Model"}, std::move(owned), &device), STATUS_SUCCESS);
      FILE_OBJECT* file;
      ASSERT_EQ(nt::io::OpenFile(*kernel_, u"\\Device\\Model", {}, &file), STATUS_SUCCESS);
      ModelRequest kept;
      model->read = [&](const ModelRequest& request) { kept = model->Pend(request); };
      char byte;
      nt::io::Request request;
      request.major = IRP_MJ_READ;
      request.output = &byte;
      request.output_length = 1;
      nt::io::AsyncIo read;
      read.Start(file, request);
      bool won = false;
      rt::Task* completer = Start("completer", [&] { won = kept.Complete(STATUS_SUCCESS, 1); });
      rt::Task* canceller = Start("canceller", [&] { read.Cancel(); });
      read.Wait();
      Join(completer);
      Join(canceller);
      EXPECT_EQ(read.status(), won ? STATUS_SUCCESS : STATUS_CANCELLED) << "seed " << seed;
      ++*(won ? completed : cancelled);
      nt::io::CloseFile(file);
      EXPECT_EQ(nt::io::LiveIrps(*kernel_, nullptr, 0), 0u) << "seed " << seed;
      TearDown();
    }
  };
  int cancelled = 0, completed = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Run run;
    run.Once(seed, &cancelled, &completed);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(cancelled, 0);
  EXPECT_GT(completed, 0);
}

}  // namespace
}  // namespace drydock::backend
