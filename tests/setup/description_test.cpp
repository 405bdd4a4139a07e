// A machine as a file tells it: what the keys mean, what is wrong with a file, and the same through the C++ API and the device tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <filesystem>
#include <fstream>

#include "drydock/testing.h"
#include "drydock/description.h"
#include "drydock/tree.h"
#include "setup/sample_inf.h"

namespace drydock {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(const std::string& text) {
  try {
    MachineDescription::Parse(text, "m.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "(none)";
}

TEST(MachineDescriptionFile, AnInfThatIsNotBesideTheFileIsTakenFromTheBuildersFolder) {
  const fs::path root = fs::path(testing::TempDir()) / "description_built_inf";
  fs::remove_all(root);
  fs::create_directories(root / "out/echo");
  std::ofstream(root / "out/echo/echo.inf") << "[Version]\n";
  std::ofstream(root / "own.inf") << "[Version]\n";
  const std::string file = (root / "m.toml").string(), out = (root / "out").string();
  MachineDescription d = MachineDescription::Parse("[[package]]\ninf = \"echo/echo.inf\"\n[[package]]\ninf = \"own.inf\"\n[[package]]\ninf = \"none.inf\"\n", file, out);
  ASSERT_EQ(d.packages.size(), 3u);
  EXPECT_EQ(d.packages[0].inf, out + "/echo/echo.inf");
  EXPECT_EQ(d.packages[0].images, out + "/echo");
  EXPECT_EQ(d.packages[1].inf, (root / "own.inf").string());
  EXPECT_EQ(d.packages[1].images, out);
  EXPECT_EQ(d.packages[2].inf, (root / "none.inf").string());  // told where it was expected first
}

TEST(MachineDescriptionFile, EveryKeyIsRead) {
  MachineDescription d = MachineDescription::Parse(R"(
[machine]
executor = "live"
seed = 42
strategy = "run-to-block"
verifier = true
rules = true
trace = true
debugger = true
images = "built"

[names]
"C:" = { folder = "disk" }
PhysicalDrive0 = { disk = "/x/disk.img" }
COM1 = { terminal = "/dev/pts/3" }

[registry]
files = ["a.reg", "b.reg"]
[registry.keys."HKEY_LOCAL_MACHINE\\Software\\X"]
Number = 7
Text = "words"

[[package]]
inf = "echo.inx"
[[package]]
inf = "other/o.inf"
images = "there"

[services]
i8042prt = "/x/port.so"

[[driver]]
image = "/x/filter.so"
ids = ['TOASTER\PIE']

[[device]]
name = "pie"
id = 'root\pie'
ids = ['root\generic-pie']
compatible-ids = ['root\food']
instance = 'ROOT\PIE\0003'
description = "A pie"
model = { kind = "memory", size = 4096 }
resources = [{ registers = 0x100, at = 0xFE000000, holds = "01 00dc0A" }, { port = 8, at = 0x3F8 }, { memory = 4096 }, { line = 5, edge = true }, { messages = 2 }]
power = { d-states = [0, 1, 2, 2, 3, 3], d2 = true, wakes-from-d = 2, wakes-from-s = 3 }
plugged = false

[[device]]
function = "filter"
upper = "filter"
model = "silent"
)", "dir/m.toml");
  EXPECT_EQ(d.options.executor, ExecutorKind::Live);
  EXPECT_EQ(d.options.seed, 42u);
  EXPECT_EQ(d.options.strategy, Strategy::RunToBlock);
  EXPECT_TRUE(d.options.verifier && d.options.rules && d.options.trace && d.options.debugger);
  EXPECT_EQ(d.images, "dir/built");
  ASSERT_EQ(d.options.names.size(), 3u);
  EXPECT_EQ(d.options.names[0].name, "C:");
  EXPECT_EQ(d.options.names[0].path, "dir/disk");
  EXPECT_EQ(d.options.names[1].kind, NameMapping::Kind::Terminal);
  EXPECT_EQ(d.options.names[2].path, "/x/disk.img");
  EXPECT_THAT(d.registry_files, ElementsAre("dir/a.reg", "dir/b.reg"));
  ASSERT_EQ(d.registry_values.size(), 2u);
  EXPECT_EQ(std::get<uint32_t>(d.registry_values[0].value), 7u);
  EXPECT_EQ(std::get<std::string>(d.registry_values[1].value), "words");
  ASSERT_EQ(d.packages.size(), 2u);
  EXPECT_EQ(d.packages[0].inf, "dir/echo.inx");
  EXPECT_EQ(d.packages[0].images, "dir/built");
  EXPECT_EQ(d.packages[1].images, "dir/there");
  ASSERT_EQ(d.services.size(), 1u);
  EXPECT_EQ(d.services[0].second, "/x/port.so");
  ASSERT_EQ(d.drivers.size(), 1u);
  EXPECT_EQ(d.drivers[0].name, "filter");
  ASSERT_EQ(d.devices.size(), 2u);
  EXPECT_EQ(d.devices[0].instance, "ROOT\\PIE\\0003");
  EXPECT_EQ(d.devices[0].model.size, 4096u);
  EXPECT_FALSE(d.devices[0].plugged);
  ASSERT_EQ(d.devices[0].resources.size(), 5u);
  EXPECT_EQ(d.devices[0].resources[0].start, 0xFE000000u);
  EXPECT_EQ(d.devices[0].resources[0].content, std::string("\x01\x00\xdc\x0a", 4));
  EXPECT_EQ(d.devices[0].resources[1].length, 8u);
  EXPECT_FALSE(d.devices[0].resources[3].line.level_sensitive);
  EXPECT_EQ(d.devices[0].resources[4].messages, 2u);
  EXPECT_TRUE(d.devices[0].power.given && d.devices[0].power.d2 && !d.devices[0].power.d1);
  EXPECT_EQ(d.devices[0].power.d_state[3], 2);
  EXPECT_EQ(d.devices[0].power.wakes_from_d, 2);
  EXPECT_EQ(d.devices[0].power.wakes_from_s, 3);
  EXPECT_THAT(d.devices[1].upper, ElementsAre("filter"));
  EXPECT_EQ(d.devices[1].model.kind, ModelDescription::Kind::kSilent);
}

TEST(MachineDescriptionFile, MethodsOfAcpiAreRead) {
  const MachineDescription d = MachineDescription::Parse(
      "[[device]]\nid = 'a'\n"
      "[[device]]\nid = 'ACPI\\A'\nacpi = { _STA = 15, NAME = \"text\", BUF0 = \"hex:00ff\", _BIF = [1, [2, \"b\"]], WAIT = { silent = true } }\n", "m.toml");
  EXPECT_FALSE(d.devices[0].has_acpi);
  ASSERT_EQ(d.devices[1].acpi.size(), 5u);
  for (const AcpiMethodDescription& method : d.devices[1].acpi) {
    EXPECT_EQ(method.silent, method.name == "WAIT");
    if (method.name == "_STA") EXPECT_EQ(method.value.integer, 15u);
    if (method.name == "NAME") EXPECT_EQ(method.value.bytes, "text");
    if (method.name == "BUF0") EXPECT_EQ(method.value.bytes, std::string("\0\xff", 2));
    if (method.name == "_BIF") EXPECT_EQ(method.value.package.at(1).package.at(1).bytes, "b");
  }
  EXPECT_THAT(ErrorOf("[[device]]\nid = 'a'\nacpi = { _STA = 1.5 }\n"), HasSubstr("acpi: _STA is a number, a text"));
  EXPECT_THAT(ErrorOf("[[device]]\nid = 'a'\nacpi = { X = 1 }\n"), HasSubstr("four characters: X"));
}

TEST(MachineDescriptionFile, EveryMistakeIsToldWithItsLine) {
  EXPECT_THAT(ErrorOf("[machine\n"), HasSubstr("m.toml:1: "));
  EXPECT_EQ(ErrorOf("[machine]\nsede = 1\nexecutor = \"dead\"\nseed = -1\nverifier = 1\n[[device]]\nname = \"x\"\n[[package]]\n[other]\n"),
            "m.toml:9: unknown key 'other' in the file; it has machine, names, registry, package, services, driver, device\n"
            "m.toml:2: unknown key 'sede' in [machine] (did you mean seed?); it has executor, seed, strategy, verifier, rules, trace, contain_hosts, debugger, images\n"
            "m.toml:3: executor: 'dead' is neither simulated nor live\n"
            "m.toml:4: seed is no number from 0 to 9223372036854775807\n"
            "m.toml:5: verifier is neither true nor false\n"
            "m.toml:8: [[package]]: inf is missing\n"
            "m.toml:6: [[device]]: neither id (its drivers come from an INF) nor function (a driver) nor pci (the bus has an id for it)");
  EXPECT_THAT(ErrorOf("[[device]]\nid = 'a'\nmodel = \"robot\"\n"), HasSubstr("m.toml:3: 'robot' is no model; none, silent, memory, file, disk, keyboard, mouse, uart and shared objects (board.so) are"));
  EXPECT_THAT(ErrorOf("[[device]]\nid = 'a'\nmodel = { kind = \"memory\", path = \"x\" }\n"), HasSubstr("unknown key 'path' in the model memory"));
  EXPECT_THAT(ErrorOf("[[device]]\nid = 'a'\nupper = ['f']\n"), HasSubstr("upper and lower go with function"));
  EXPECT_THAT(ErrorOf("[[device]]\nid = 'a'\nname = \"12\"\n"), HasSubstr("'12' is a number, no name"));
  EXPECT_THAT(ErrorOf("[[device]]\nid='a'\nname='n'\n[[device]]\nid='a'\nname='n'\n"), HasSubstr("m.toml:4: [[device]]: the name n is taken, in line 1"));
  EXPECT_THAT(ErrorOf("[names]\n'C:' = 'x'\n"), HasSubstr("m.toml:2: C:: what it stands for"));
  EXPECT_THAT(ErrorOf("[registry.keys]\nX = { v = 1.5 }\n"), HasSubstr("v: neither a text nor a number of 32 bits"));
  EXPECT_THAT(ErrorOf("device = 1\n"), HasSubstr("device is a list of tables: [[device]]"));
  EXPECT_THAT(ErrorOf("[[device]]\nid = 'a'\npower = { d-states = [0, 4] }\n"), HasSubstr("m.toml:3: d-states are six numbers from 0 to 3"));
  EXPECT_THAT(ErrorOf("[[device]]\nid = 'a'\nresources = [{ registers = 0 },\n{ robot = 1 }]\n"),
              testing::AllOf(HasSubstr("m.toml:3: a resource of length 0"), HasSubstr("m.toml:4: a resource has one of registers")));
  EXPECT_THROW(MachineDescription::Load("/nowhere/m.toml"), Error);
  EXPECT_THROW(MachineDescription::Load("/tmp"), Error);
}

class DescribedMachine : public testing::TestWithParam<ExecutorKind> {
 protected:
  DescribedMachine() {
    char name[] = "/tmp/drydock-machine-XXXXXX";
    folder_ = mkdtemp(name);
    Write("sample.inf", test::SampleInf());
    fs::create_symlink(DRYDOCK_IMAGE(setup_probe), folder_ / "sample.sys.so");
  }
  ~DescribedMachine() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::string Text(const std::string& rest) {
    return std::string("[machine]\nexecutor = \"") + (GetParam() == ExecutorKind::Live ? "live" : "simulated") + "\"\n" + rest;
  }
  fs::path folder_;
};

TEST_P(DescribedMachine, IsMadeFromItsFile) {
  Write("disk.img", "0123456789");
  auto machine = Machine::Load(Write("m.toml", Text(R"(
[registry.keys."HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\sample\\Parameters"]
Limit = 5
[[package]]
inf = "sample.inf"
[[device]]
name = "one"
id = 'root\sample'
model = { kind = "file", path = "disk.img", read-only = true }
resources = [{ registers = 0x100, at = 0xFE000000 }, { port = 8, at = 0x3F8 }]
[[device]]
name = "two"
id = 'root\sample'
instance = 'ROOT\TWO\0001'
model = { kind = "memory", size = 16 }
[[device]]
name = "later"
id = 'root\sample'
plugged = false
)")));
  EXPECT_TRUE(machine->FindDevice("one").started());
  EXPECT_EQ(machine->FindDevice("two").name(), "ROOT\\TWO\\0001");
  EXPECT_FALSE(machine->FindDevice("later"));
  EXPECT_TRUE(machine->Plug("later").started());
  EXPECT_THROW(machine->Plug("later"), Error);    // it is there
  EXPECT_THROW(machine->Plug("nobody"), Error);
  EXPECT_EQ(machine->Devices().size(), 3u);
  EXPECT_EQ(machine->RemoveDevice(machine->FindDevice("later")), STATUS_SUCCESS);
  EXPECT_EQ(machine->Devices().size(), 2u);
  EXPECT_TRUE(machine->Plug("later").started());  // and comes back

  std::vector<DeviceTreeNode> tree = DeviceTree(*machine);
  ASSERT_EQ(tree.size(), 3u);
  EXPECT_EQ(tree[0].name, "one");
  EXPECT_EQ(tree[0].state, "started");
  EXPECT_EQ(tree[0].power, "D0");
  EXPECT_EQ(tree[0].service, "sample");
  EXPECT_EQ(tree[0].inf, "oem0.inf");
  EXPECT_THAT(tree[0].resources, ElementsAre("memory 0xFE000000-0xFE0000FF", "port 0x03F8-0x03FF"));
  std::string drawn = DrawDeviceTree(tree, /*details=*/false);
  EXPECT_EQ(drawn.substr(0, drawn.find('\n', 5) + 1), "ROOT\n├─ Sample device (one)    ROOT\\SAMPLE\\0000  started  D0\n");
  EXPECT_TRUE(machine->TakeDown().empty());
  EXPECT_TRUE(machine->reports().empty()) << machine->ReportText();
}

TEST_P(DescribedMachine, ADeviceThatComesLaterFindsTheDriverThatItsFileNames) {
  auto machine = Machine::Load(Write("m.toml", Text(R"(
[[driver]]
name = "by name"
image = "sample.sys.so"
[[device]]
name = "later"
id = 'root\unknown'
function = "by name"
plugged = false
)")));
  EXPECT_TRUE(machine->Plug("later").started());
  EXPECT_TRUE(machine->TakeDown().empty());
}

TEST_P(DescribedMachine, SaysWhereItCannotBeMade) {
  auto error = [&](const std::string& rest) {
    try {
      Machine::Load(Write("m.toml", rest));
    } catch (const Error& wrong) {
      return std::string(wrong.what());
    }
    return std::string("(none)");
  };
  EXPECT_THAT(error("[[package]]\ninf = 'none.inf'\n"), HasSubstr("m.toml:1: " + (folder_ / "none.inf").string() + ": cannot be read"));
  EXPECT_THAT(error("[[package]]\ninf = 'sample.inf'\n\n[[device]]\nid = 'root\\unknown'\n"), HasSubstr("m.toml:4: root\\unknown: no installed INF"));
  EXPECT_THAT(error("[[device]]\nfunction = 'nobody'\n"), HasSubstr("m.toml:1: there is no [[driver]] nobody"));
  EXPECT_THAT(error("[[driver]]\nimage = 'none'\n"), HasSubstr("m.toml:1: "));
  EXPECT_THAT(error("[registry]\nfiles = ['none.reg']\n"), HasSubstr("none.reg: cannot be read"));
}

TEST(Models, MemoryAndFilesAreReadAndWrittenAtOffsets) {
  Machine machine;
  ASSERT_TRUE(machine.AddNamedModel("\\Device\\Memory", MemoryDevice(8)).ok());
  auto file = machine.Open("\\Device\\Memory");
  EXPECT_EQ(file.Write("abcd", 4, {.offset = 4}).information, 4u);
  char buffer[8] = {};
  EXPECT_EQ(file.Read(buffer, 8, {.offset = 2}).information, 6u);
  EXPECT_EQ(std::string(buffer + 2, 4), "abcd");
  EXPECT_EQ(file.Write("abcd", 4, {.offset = 5}).status, STATUS_DISK_FULL);
  EXPECT_EQ(file.Read(buffer, 1, {.offset = 8}).status, STATUS_END_OF_FILE);
  EXPECT_THROW(FileDevice("/nowhere/at/all"), Error);
  EXPECT_THROW(FileDevice("/tmp"), Error);
}

TEST(Models, ADiskHasSectorsAndAnswersWhatFiltersAsk) {
  Machine machine;
  ASSERT_TRUE(machine.AddNamedModel("\\Device\\Disk", DiskDevice({.size = 3000, .sector = 512, .number = 4, .product = "Platter"})).ok());
  auto disk = machine.Open("\\Device\\Disk");
  std::vector<char> sector(512, 'x'), back(512);
  EXPECT_EQ(disk.Write(sector.data(), 512, {.offset = 2048}).status, STATUS_SUCCESS);
  EXPECT_EQ(disk.Read(back.data(), 512, {.offset = 2048}).status, STATUS_SUCCESS);
  EXPECT_EQ(back, sector);
  EXPECT_EQ(disk.Read(back.data(), 512, {.offset = 2560}).status, STATUS_INVALID_PARAMETER) << "five sectors, the rest of 3000 bytes is none";
  EXPECT_EQ(disk.Read(back.data(), 100, {.offset = 0}).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(disk.Read(back.data(), 512, {.offset = 5}).status, STATUS_INVALID_PARAMETER);

  auto ask = [&](uint32_t property, uint32_t type, size_t room) {
    const uint32_t query[3] = {property, type, 0};
    std::string answer(room, '\0');
    const auto result = disk.Ioctl(0x002D1400, query, sizeof query, answer.data(), answer.size());
    return std::pair(result.status, answer.substr(0, result.information));
  };
  auto number = [](const std::string& bytes, size_t at) {
    uint32_t value = 0;
    if (at + 4 <= bytes.size()) std::memcpy(&value, bytes.data() + at, 4);
    return value;
  };
  const auto header = ask(0, 0, 8);
  EXPECT_EQ(header.first, STATUS_SUCCESS);
  ASSERT_EQ(header.second.size(), 8u);
  const auto whole = ask(0, 0, number(header.second, 4));
  EXPECT_EQ(whole.second.size(), number(header.second, 4)) << "what the header promises";
  EXPECT_STREQ(whole.second.c_str() + number(whole.second, 16), "Platter");
  EXPECT_EQ(number(whole.second, 28), 11u) << "the bus";
  EXPECT_EQ(number(ask(6, 0, 64).second, 16), 512u) << "bytes of a logical sector";
  EXPECT_EQ(ask(7, 1, 0).first, STATUS_SUCCESS) << "seek penalty: exists";
  EXPECT_EQ(ask(200, 1, 0).first, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(ask(0, 0, 4).first, STATUS_BUFFER_TOO_SMALL);

  uint64_t length = 0;
  EXPECT_EQ(disk.Ioctl(0x0007405C, nullptr, 0, &length, sizeof length).status, STATUS_SUCCESS);
  EXPECT_EQ(length, 2560u);
  uint32_t which[3] = {};
  EXPECT_EQ(disk.Ioctl(0x002D1080, nullptr, 0, which, sizeof which).status, STATUS_SUCCESS);
  EXPECT_EQ(which[1], 4u);
  uint32_t geometry[8] = {};
  EXPECT_EQ(disk.Ioctl(0x000700A0, nullptr, 0, geometry, sizeof geometry).information, 32u);
  EXPECT_EQ(geometry[5], 512u);
  EXPECT_EQ(geometry[6], 2560u) << "the size behind the geometry";
  EXPECT_THROW(DiskDevice({.sector = 500}), Error);
}

INSTANTIATE_TEST_SUITE_P(Executors, DescribedMachine, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
}  // namespace drydock
