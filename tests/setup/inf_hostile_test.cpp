// Whatever bytes come as an INF: an answer, never a crash, never an endless loop.
#include <gtest/gtest.h>

#include <random>

#include "machine/setup/inf_package.h"
#include "machine/setup/inf_stamp.h"
#include "setup/sample_inf.h"

namespace drydock::machine::setup {
namespace {

// What was read, as one number, so that nothing is left out.
size_t Digest(const std::string& bytes) {
  InfReport report;
  InfFile file = InfFile::Parse(StampInf(bytes, InfStamp()), "x.inf", 0x409, report);
  DriverPackage package = ReadPackage(file, InfTarget(), nullptr, report);
  size_t digest = report.items().size() + package.models.size();
  for (const DeviceModelEntry& model : package.models) {
    EXPECT_LT(model.install, package.installs.size());
    digest += package.installs[model.install].services.size();
  }
  return digest;
}

TEST(InfHostile, EveryTruncationIsAnswered) {
  const std::string text = test::SampleInf();
  for (size_t length = 0; length <= text.size(); ++length) Digest(text.substr(0, length));
}

TEST(InfHostile, RandomChangesAreAnswered) {
  std::mt19937 random(7);
  const std::string text = test::SampleInf();
  constexpr std::string_view kBytes = "[]=,;\"%\\\n\r\t .{}$@HKR0x1\xFF\xFE";
  for (int round = 0; round < 3000; ++round) {
    std::string changed = text;
    for (unsigned i = 0; i <= random() % 8; ++i) {
      size_t at = random() % changed.size();
      switch (random() % 4) {
        case 0: changed[at] = kBytes[random() % kBytes.size()]; break;
        case 1: changed.insert(at, 1, kBytes[random() % kBytes.size()]); break;
        case 2: changed.erase(at, random() % 40); break;
        default: {
          // A piece of the file somewhere else: sections that name others in circles.
          std::string piece = text.substr(random() % text.size(), random() % 80);
          changed.insert(at, piece);
        }
      }
      if (changed.empty()) changed = "[";
    }
    Digest(changed);
  }
}

TEST(InfHostile, NoNotesKeepAMistakeFromBeingTold) {
  InfReport report;
  for (int i = 0; i < 1000; ++i) report.Note("x.inf", i, "a note");
  for (int i = 0; i < 1000; ++i) report.Error("x.inf", i, "a mistake");
  EXPECT_TRUE(report.ErrorText().starts_with("x.inf: a mistake\nx.inf:1: a mistake\n"));
  EXPECT_TRUE(report.ErrorText().ends_with("\n... and 800 more"));
}

TEST(InfHostile, StringsDoNotMultiply) {
  std::string text = "[S]\n";
  for (int i = 0; i < 2000; ++i) text += "a=" + std::string(200, 'x') + "%big%%big%%big%\n";
  text += "[Strings]\nbig=\"" + std::string(100000, 'y') + "\"\n";
  InfReport report;
  InfFile file = InfFile::Parse(text, "x.inf", 0x409, report);
  for (const InfLine& line : file.Find("S")->lines) EXPECT_LE(line.value(0).size(), 4096u);
  EXPECT_FALSE(report.ok());
}

TEST(InfHostile, ZeroBytesAndBinaryAreNoText) {
  InfReport report;
  InfFile::Parse(std::string("[S]\na=\0b\n", 9), "x.inf", 0x409, report);
  EXPECT_FALSE(report.ok());
  std::mt19937 random(3);
  std::string noise;
  for (int i = 0; i < 5000; ++i) noise += static_cast<char>(random());
  Digest(noise);
  Digest(std::string("\xFF\xFE", 2));
  Digest(std::string("\xFF\xFE[", 3));
}

}  // namespace
}  // namespace drydock::machine::setup
