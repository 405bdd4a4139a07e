// Driver packages in a machine: ranking, keys as Windows lays them out, filters of device and class, and what a driver sees of it.
#include <gmock/gmock.h>
#include <ntddk.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "drydock/testing.h"
#include "drydock/tree.h"
#include "nt/cm/registry.h"
#include "nt/io/driver.h"
#include "setup/probe.h"
#include "setup/sample_inf.h"
#include "support/conformance.h"

namespace drydock {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Replaced = std::vector<std::pair<std::string, std::string>>;

// A folder with copies of the probe under the names that INFs give their images.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/drydock-setup-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  void Image(const std::string& name, const char* image = DRYDOCK_IMAGE(setup_probe)) const { fs::create_symlink(image, path_ / name); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::string Narrow(const WCHAR* text) {
  std::string result;
  for (; *text; ++text) result += static_cast<char>(*text);
  return result;
}

std::vector<std::string> StackOf(Machine& machine, Device device) {
  auto file = machine.Open(device);
  PROBE_STACK stack = {};
  auto result = file.Ioctl(PROBE_IOCTL_STACK, &stack, sizeof stack, &stack, sizeof stack);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  std::vector<std::string> names;
  for (unsigned i = 0; i < stack.Count; ++i) names.push_back(Narrow(stack.Name[i]));
  return names;
}

// The lowest driver hands the request to the bus, which gives it back.
std::shared_ptr<DeviceModel> Bottom() {
  return MakeModel({.on_ioctl = [](const ModelRequest& request) { request.Complete(STATUS_SUCCESS, request.output_length()); }});
}

std::string Text(Machine& machine, const std::u16string& key, const std::u16string& name) {
  std::string result = "(none)";
  machine.Run([&] {
    nt::cm::Value value;
    if (!NT_SUCCESS(nt::cm::GetValue(machine.kernel(), u"\\Registry\\Machine\\System\\CurrentControlSet\\" + key, name, &value))) return;
    result.clear();
    if (value.type == REG_DWORD) {
      result = std::to_string(*reinterpret_cast<const uint32_t*>(value.data.data()));
      return;
    }
    for (size_t i = 0; i + 1 < value.data.size(); i += 2) result += value.data[i] ? static_cast<char>(value.data[i]) : '|';
  });
  while (result.ends_with("|")) result.pop_back();
  return result;
}

constexpr char16_t kInstance[] = u"Enum\\ROOT\\SAMPLE\\0000";
constexpr char16_t kClass[] = u"Control\\Class\\{78a1c341-4539-11d3-b88d-00c04fad5171}";

CONFORMANCE(DriverStore, WritesTheKeysThatWindowsWrites, "ours") {
  Folder folder;
  folder.Image("sample.so");
  std::string inf = folder.Write("sample.inf", test::SampleInf({{"[Hard]", "[Hard]\nHKR,,FriendlyName,,\"A friend\"\nHKR,Sub,Deep,,x"},
                                                               {"LoadOrderGroup = Extended Base", "LoadOrderGroup = Base\nAddReg = Serv"}}) +
                                               "[Serv]\nHKR,Parameters,Limit,0x00010001,7\n[ClassInstall32]\nAddReg = Cls\n[Cls]\nHKR,,,,\"Sample things\"\n"
                                               "HKR,,Security,,\"D:P(A;;GA;;;SY)\"\n");
  EXPECT_TRUE(machine.Install(inf, folder.path()).empty());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(device.started()) << machine.ReportText() << device.problem();
  EXPECT_EQ(device.name(), "ROOT\\SAMPLE\\0000");
  EXPECT_EQ(Text(machine, kInstance, u"DeviceDesc"), "Sample device");
  EXPECT_EQ(Text(machine, kInstance, u"Mfg"), "Drydock tests");
  EXPECT_EQ(Text(machine, kInstance, u"Service"), "sample");
  EXPECT_EQ(Text(machine, kInstance, u"HardwareID"), "root\\sample");
  EXPECT_EQ(Text(machine, kInstance, u"ClassGUID"), "{78a1c341-4539-11d3-b88d-00c04fad5171}");
  EXPECT_EQ(Text(machine, kInstance, u"Driver"), "{78a1c341-4539-11d3-b88d-00c04fad5171}\\0000");
  EXPECT_EQ(Text(machine, kInstance, u"FriendlyName"), "A friend");  // a property of the device, not of its hardware key
  EXPECT_EQ(Text(machine, std::u16string(kInstance) + u"\\Device Parameters", u"Depth"), "4");
  EXPECT_EQ(Text(machine, std::u16string(kInstance) + u"\\Device Parameters\\Sub", u"Deep"), "x");
  EXPECT_EQ(Text(machine, std::u16string(kClass) + u"\\0000", u"Made"), "2024");
  EXPECT_EQ(Text(machine, std::u16string(kClass) + u"\\0000", u"InfPath"), "oem0.inf");
  EXPECT_EQ(Text(machine, std::u16string(kClass) + u"\\0000", u"InfSection"), "Inst");
  EXPECT_EQ(Text(machine, std::u16string(kClass) + u"\\0000", u"InfSectionExt"), ".NT");
  EXPECT_EQ(Text(machine, std::u16string(kClass) + u"\\0000", u"MatchingDeviceId"), "root\\sample");
  EXPECT_EQ(Text(machine, std::u16string(kClass) + u"\\0000", u"DriverDate"), "5-1-2024");
  EXPECT_EQ(Text(machine, kClass, u""), "Sample things");
  EXPECT_EQ(Text(machine, kClass, u"Class"), "Sample");
  EXPECT_EQ(Text(machine, std::u16string(kClass) + u"\\Properties", u"Security"), "D:P(A;;GA;;;SY)");
  EXPECT_EQ(Text(machine, u"Services\\sample", u"Type"), "1");
  EXPECT_EQ(Text(machine, u"Services\\sample", u"Start"), "3");
  EXPECT_EQ(Text(machine, u"Services\\sample", u"Group"), "Base");
  EXPECT_EQ(Text(machine, u"Services\\sample\\Parameters", u"Limit"), "7");
  EXPECT_EQ(Text(machine, u"Services\\sample\\Parameters\\Wdf", u"KmdfLibraryVersion"), "1.33");

  // What the driver opens and asks for is what the INF wrote.
  auto file = machine.Open(device);
  PROBE_KEYS keys = {};
  ASSERT_EQ(file.Ioctl(PROBE_IOCTL_KEYS, nullptr, 0, &keys, sizeof keys).status, STATUS_SUCCESS);
  EXPECT_EQ(keys.Hardware, 4u);
  EXPECT_EQ(keys.Software, 2024u);
  EXPECT_EQ(keys.Service, 7u);
  EXPECT_EQ(Narrow(keys.Description), "Sample device");
  EXPECT_EQ(Narrow(keys.FriendlyName), "A friend");
  EXPECT_EQ(Narrow(keys.ClassName), "Sample");
  EXPECT_EQ(Narrow(keys.Manufacturer), "Drydock tests");
  EXPECT_EQ(Narrow(keys.DriverKey), "{78a1c341-4539-11d3-b88d-00c04fad5171}\\0000");
  file.Close();
  // A second device of the kind has keys of its own.
  auto second = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  EXPECT_EQ(second.name(), "ROOT\\SAMPLE\\0001");
  EXPECT_EQ(Text(machine, u"Enum\\ROOT\\SAMPLE\\0001", u"Driver"), "{78a1c341-4539-11d3-b88d-00c04fad5171}\\0001");
  EXPECT_TRUE(machine.TakeDown().empty());
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

// An INF of the same class for another service.
std::string Inf(const std::string& service, const std::string& ids, Replaced more = {}) {
  Replaced replaced = {{"sample.sys = 1,,", service + ".sys = 1,,"},
                       {"root\\sample, root\\generic", ids},
                       {"[Files]\nsample.sys", "[Files]\n" + service + ".sys"},
                       {"AddService = sample,", "AddService = " + service + ","},
                       {"%13%\\sample.sys", "%13%\\" + service + ".sys"},
                       {"KmdfService = sample", "KmdfService = " + service}};
  replaced.insert(replaced.end(), more.begin(), more.end());
  return test::SampleInf(replaced);
}

CONFORMANCE(DriverStore, TheBestRankedPackageDrivesTheDevice, "ours") {
  Folder folder;
  for (const char* image : {"exact.so", "compat.so", "old.so", "newer.so", "scored.so"}) folder.Image(image);
  auto install = [&](const char* service, const std::string& ids, Replaced more = {}) {
    machine.Install(folder.Write(std::string(service) + ".inf", Inf(service, ids, std::move(more))), folder.path());
  };
  auto driver_of = [&](const std::vector<std::string>& hardware, const std::vector<std::string>& compatible) {
    DeviceSpec spec{.model = Bottom(), .hardware_ids = hardware};
    spec.compatible_ids = compatible;
    auto device = machine.AddRootDevice(hardware[0], spec);
    EXPECT_TRUE(device.started()) << device.problem() << machine.ReportText();
    auto stack = StackOf(machine, device);
    machine.RemoveDevice(device);
    return stack.empty() ? std::string() : stack[0];
  };
  // A hardware id of the device met by one of the INF, the more exact the better; then compatible ids.
  install("exact", "root\\a&rev1");
  install("compat", "root\\generic");
  EXPECT_EQ(driver_of({"root\\a&rev1", "root\\a"}, {"root\\generic"}), "exact");
  EXPECT_EQ(driver_of({"root\\b"}, {"ROOT\\GENERIC"}), "compat");
  install("old", "root\\a");
  EXPECT_EQ(driver_of({"root\\a&rev1", "root\\a"}, {}), "exact");
  // Of equal ones the newer.
  install("newer", "root\\a", {{"05/01/2024,1.2.3.4", "06/01/2024,1.0.0.0"}});
  EXPECT_EQ(driver_of({"root\\a"}, {}), "newer");
  // A feature score counts over the ids.
  install("scored", "root\\other, root\\a", {{"CopyFiles = Files", "CopyFiles = Files\nFeatureScore = 20"}});
  EXPECT_EQ(driver_of({"root\\a&rev1", "root\\a"}, {}), "scored");
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(DriverStore, FiltersOfDeviceAndClassStandInTheDocumentedOrder, "ours") {
  Folder folder;
  for (const char* image : {"sample.so", "fdu.so", "fdl.so", "fcu.so", "fcl.so", "fau.so"}) folder.Image(image);
  std::string services, sections;
  for (const char* name : {"fdu", "fdl", "fcu", "fcl", "fau"}) {
    services += std::string("AddService = ") + name + ",,S_" + name + "\n";
    sections += std::string("[S_") + name + "]\nServiceType = 1\nStartType = 3\nErrorControl = 1\nServiceBinary = %13%\\" + name + ".sys\n";
  }
  std::string inf = folder.Write(
      "sample.inf", test::SampleInf({{"[Hard]", "[Hard]\nHKR,,UpperFilters,0x00010000,fdu\nHKR,,LowerFilters,0x00010008,fdl"},
                                     {"AddService = sample", services + "AddService = sample"}}) +
                        sections + "[ClassInstall32]\nAddReg = Cls\n[Cls]\nHKR,,UpperFilters,0x00010000,fcu\nHKR,,LowerFilters,0x00010000,fcl\n" +
                        "[Inst.NT.Filters]\nAddFilter = fau,,Fau\n[Fau]\nFilterPosition = Upper\n");
  machine.Install(inf, folder.path());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  // From the top: upper filters of the class, of the device (the last on top), the function driver, lower ones of the class, of the device.
  EXPECT_THAT(StackOf(machine, device), ElementsAre("fcu", "fau", "fdu", "sample", "fcl", "fdl"));
  std::vector<DeviceTreeNode> tree = DeviceTree(machine);
  ASSERT_EQ(tree.size(), 1u);
  std::vector<std::string> roles;
  for (const auto& member : tree[0].stack) roles.push_back(member.driver + " " + member.role);
  EXPECT_THAT(roles, ElementsAre("fcu upper filter", "fau upper filter", "fdu upper filter", "sample function", "fcl lower filter", "fdl lower filter",
                                 "PnpManager bus"));
  EXPECT_TRUE(machine.TakeDown().empty());
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(DriverStore, FiltersStandAtTheLevelsThatTheInfNames, "ours") {
  Folder folder;
  for (const char* image : {"sample.so", "plain.so", "early.so", "late.so", "lost.so"}) folder.Image(image);
  std::string services, sections;
  for (const char* name : {"plain", "early", "late", "lost"}) {
    services += std::string("AddService = ") + name + ",,S_" + name + "\n";
    sections += std::string("[S_") + name + "]\nServiceType = 1\nStartType = 3\nErrorControl = 1\nServiceBinary = %13%\\" + name + ".sys\n";
  }
  std::string inf = folder.Write(
      "sample.inf", test::SampleInf({{"[Hard]", "[Hard]\nHKR,,UpperFilterLevels,0x00010000,Encryption,Monitoring,Caching\n"
                                                "HKR,,UpperFilterDefaultLevel,,Monitoring\nHKR,,UpperFilters,0x00010000,plain"},
                                     {"AddService = sample", services + "AddService = sample"}}) +
                        sections + "[Inst.NT.Filters]\nAddFilter = late,,Late\nAddFilter = early,,Early\nAddFilter = lost,,Lost\n"
                                   "[Late]\nFilterLevel = Caching\n[Early]\nFilterLevel = encryption\n[Lost]\nFilterLevel = NoSuchLevel\n");
  machine.Install(inf, folder.path());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  EXPECT_THAT(StackOf(machine, device), ElementsAre("late", "plain", "early", "sample"));
}

CONFORMANCE(DriverStore, DeviceTypeAndCharacteristicsOfTheInfCountForTheStack, "ours") {
  Folder folder;
  folder.Image("sample.so");
  machine.Install(folder.Write("sample.inf", test::SampleInf({{"[Hard]", "[Hard]\nHKR,,DeviceType,0x10001,0x1b\nHKR,,DeviceCharacteristics,0x10001,0x100"}})),
                  folder.path());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  for (auto* each : {device.pdo(), device.top()}) {
    EXPECT_EQ(each->DeviceType, static_cast<ULONG>(FILE_DEVICE_SERIAL_PORT));
    EXPECT_TRUE(each->Characteristics & FILE_DEVICE_SECURE_OPEN);
  }
}

CONFORMANCE(DriverStore, PortsGetTheNextName, "ours") {
  Folder folder;
  folder.Image("sample.so");
  const std::string ports = test::SampleInf({{"Class = Sample", "Class = Ports"}, {"{78A1C341-4539-11d3-B88D-00C04FAD5171}", "{4D36E978-E325-11CE-BFC1-08002BE10318}"}});
  machine.Install(folder.Write("sample.inf", ports), folder.path());
  machine.SetRegistry("HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Enum\\ROOT\\SAMPLE\\0007\\Device Parameters", "PortName", std::string("COM9"));
  machine.AddRootDevice("root\\sample", {.model = Bottom(), .instance = "ROOT\\SAMPLE\\0001"});
  machine.AddRootDevice("root\\sample", {.model = Bottom(), .instance = "ROOT\\SAMPLE\\0007"});
  machine.AddRootDevice("root\\sample", {.model = Bottom(), .instance = "ROOT\\SAMPLE\\0002"});
  EXPECT_EQ(Text(machine, u"Enum\\ROOT\\SAMPLE\\0001\\Device Parameters", u"PortName"), "COM1");
  EXPECT_EQ(Text(machine, u"Enum\\ROOT\\SAMPLE\\0007\\Device Parameters", u"PortName"), "COM9") << "it has one";
  EXPECT_EQ(Text(machine, u"Enum\\ROOT\\SAMPLE\\0002\\Device Parameters", u"PortName"), "COM2");
}

CONFORMANCE(DriverStore, AKnownDeviceKeepsWhatItsKeysSay, "ours") {
  Folder folder;
  folder.Image("sample.so");
  folder.Image("other.so");
  machine.Install(folder.Write("sample.inf", test::SampleInf()), folder.path());
  DeviceSpec spec{.model = Bottom(), .instance = "ROOT\\SAMPLE\\0007"};
  auto device = machine.AddRootDevice("root\\sample", spec);
  ASSERT_TRUE(device.started());
  ASSERT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  // A better driver comes; the device that was installed is not touched by it, a new one is.
  machine.Install(folder.Write("other.inf", Inf("other", "root\\sample", {{"05/01/2024", "05/01/2025"}})), folder.path());
  machine.SetRegistry("HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Enum\\ROOT\\SAMPLE\\0007\\Device Parameters", "Depth", uint32_t{9});
  device = machine.AddRootDevice("root\\sample", spec);
  EXPECT_THAT(StackOf(machine, device), ElementsAre("sample"));
  EXPECT_EQ(Text(machine, u"Enum\\ROOT\\SAMPLE\\0007\\Device Parameters", u"Depth"), "9");
  EXPECT_THAT(StackOf(machine, machine.AddRootDevice("root\\sample", {.model = Bottom()})), ElementsAre("other"));
}

CONFORMANCE(DriverStore, ADriverIsUnloadedWithItsLastDevice, "ours") {
  Folder folder;
  folder.Image("sample.so");
  machine.Install(folder.Write("sample.inf", test::SampleInf()), folder.path());
  auto loaded = [&] {
    bool found = false;
    machine.RunUntilIdle();
    machine.Run([&] { found = nt::io::FindDriver(machine.kernel(), u"sample") != nullptr; });
    return found;
  };
  auto first = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  auto second = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(first.started() && second.started()) << machine.ReportText();
  ASSERT_EQ(machine.RemoveDevice(first), STATUS_SUCCESS);
  EXPECT_TRUE(loaded());
  // A file that is open keeps the device object, and with it the driver.
  File file = machine.Open(second);
  machine.SurpriseRemove(second);
  EXPECT_TRUE(loaded());
  file.Close();
  EXPECT_FALSE(loaded());
  // The next device loads it again.
  auto third = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(third.started()) << third.problem() << machine.ReportText();
  EXPECT_THAT(StackOf(machine, third), ElementsAre("sample"));
  ASSERT_EQ(machine.DisableDevice(third), STATUS_SUCCESS);
  EXPECT_FALSE(loaded());
  ASSERT_EQ(machine.EnableDevice(third), STATUS_SUCCESS);
  EXPECT_TRUE(loaded());
  EXPECT_THAT(StackOf(machine, third), ElementsAre("sample"));
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(DriverStore, ExtensionsAddToWhatTheBasePackageInstalls, "ours") {
  Folder folder;
  folder.Image("sample.so");
  folder.Image("fext.so");
  machine.Install(folder.Write("sample.inf", test::SampleInf()), folder.path());
  machine.Install(folder.Write("ext.inf", Inf("fext", "root\\sample",
                                              {{"Class = Sample", "Class = Extension\nExtensionId = {0DB7B8A2-7F1D-4C52-9A2C-15A2E3C4D501}"},
                                               {"{78A1C341-4539-11d3-B88D-00C04FAD5171}", "{e2f84ce7-8efa-411c-aa69-97454ca4cb57}"},
                                               {"AddService = fext, 2,", "AddService = fext,,"},
                                               {"HKR,,Depth,0x00010001,4", "HKR,,Extra,,yes\nHKR,,UpperFilters,0x00010008,fext"}})),
                  folder.path());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  EXPECT_THAT(StackOf(machine, device), ElementsAre("fext", "sample"));
  EXPECT_EQ(Text(machine, std::u16string(kInstance) + u"\\Device Parameters", u"Extra"), "yes");
  EXPECT_EQ(Text(machine, std::u16string(kInstance) + u"\\Device Parameters", u"Depth"), "4");
}

CONFORMANCE(DriverStore, AFilterThatIsWrittenLaterCountsWhenTheStackIsBuiltAnew, "ours") {
  Folder folder;
  folder.Image("sample.so");
  folder.Image("filt.so");
  machine.Install(folder.Write("sample.inf", test::SampleInf()), folder.path());
  machine.ProvideService("filt", folder.path() + "/filt.so");
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  auto other = machine.AddRootDevice("root\\sample", {.model = Bottom()});  // keeps the driver loaded
  ASSERT_TRUE(device.started() && other.started()) << device.problem() << machine.ReportText();
  machine.Run([&] {
    constexpr char16_t kFilters[] = u"filt\0";
    EXPECT_EQ(nt::cm::SetValue(machine.kernel(), std::u16string(u"\\Registry\\Machine\\System\\CurrentControlSet\\") + kInstance, u"UpperFilters",
                               REG_MULTI_SZ, kFilters, sizeof kFilters),
              STATUS_SUCCESS);
  });
  EXPECT_THAT(StackOf(machine, device), ElementsAre("sample"));
  ASSERT_EQ(machine.DisableDevice(device), STATUS_SUCCESS);
  ASSERT_EQ(machine.EnableDevice(device), STATUS_SUCCESS);
  EXPECT_THAT(StackOf(machine, device), ElementsAre("filt", "sample"));
  EXPECT_THAT(StackOf(machine, other), ElementsAre("sample"));
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

// Windows leaves it at code 28 (CM_PROB_FAILED_INSTALL).
CONFORMANCE(DriverStore, ADeviceThatGetsFiltersAndNoFunctionIsNotStarted, "ours") {
  Folder folder;
  folder.Image("sample.so");
  const std::string filter = "[Hard]\nHKR,,UpperFilters,0x00010000,sample";
  machine.Install(folder.Write("sample.inf", test::SampleInf({{"AddService = sample, 2,", "AddService = sample,,"}, {"[Hard]", filter}})), folder.path());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  EXPECT_FALSE(device.started());
  EXPECT_EQ(device.state(), "initialized");
  const std::vector<DeviceTreeNode> tree = DeviceTree(machine);
  ASSERT_EQ(tree.size(), 1u);
  EXPECT_EQ(tree[0].stack.size(), 1u);  // its bus alone
  EXPECT_THAT(tree[0].problem, HasSubstr("code 28, CM_PROB_FAILED_INSTALL"));
  EXPECT_THAT(tree[0].problem, HasSubstr("SPSVCINST_ASSOCSERVICE"));
  EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(DriverStore, AModemsFunctionDriverIsNamedByTheInstallerOfItsClass, "ours") {
  Folder folder;
  folder.Image("sample.so");
  machine.Install(folder.Write("sample.inf", test::SampleInf({{"AddService = sample, 2,", "AddService = sample,,"},
                                                               {"Class = Sample", "Class = Modem"},
                                                               {"{78A1C341-4539-11d3-B88D-00C04FAD5171}", "{4D36E96D-E325-11CE-BFC1-08002BE10318}"},
                                                               {"[Hard]", "[Hard]\nHKR,,LowerFilters,0x00010000,sample"}})),
                  folder.path());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(device.started()) << device.problem();
  EXPECT_THAT(StackOf(machine, device), ElementsAre("sample"));
}

CONFORMANCE(DriverStore, TheNullServiceSaysThatADeviceNeedsNoFunction, "ours") {
  Folder folder;
  folder.Image("sample.so");
  const std::string filter = "[Hard]\nHKR,,UpperFilters,0x00010000,sample";
  machine.Install(folder.Write("sample.inf", test::SampleInf({{"AddService = sample, 2,", "AddService = , 2\nAddService = sample,,"}, {"[Hard]", filter}})),
                  folder.path());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  EXPECT_TRUE(device.started()) << device.problem();
}

CONFORMANCE(DriverStore, ATestStandsInForAServiceOfTheSystem, "ours") {
  Folder folder;
  folder.Image("fkb.so");
  std::string inf = folder.Write("kb.inf", Inf("fkb", "*PNP0BAAD", {{"AddService = fkb, 2, Service", "AddService = fkb,,Service\nInclude = keyboard.inf\nNeeds = STANDARD_Inst.Services"},
                                                                   {"HKR,,Depth,0x00010001,4", "HKR,,UpperFilters,0x00010000,fkb"}}));
  machine.Install(inf, folder.path());
  machine.ProvideService("i8042prt", DRYDOCK_IMAGE(setup_probe));  // goes before the machine's own
  auto device = machine.AddRootDevice("*PNP0BAAD", {.model = Bottom()});
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  EXPECT_THAT(StackOf(machine, device), ElementsAre("fkb", "i8042prt"));
}

CONFORMANCE(DriverStore, InterfacesAndOtherRootsHaveTheirKeys, "ours") {
  Folder folder;
  folder.Image("sample.so");
  machine.Install(folder.Write("sample.inf", test::SampleInf({{"[Soft]", "[Soft]\nHKLM,System\\CurrentControlSet\\Drydock,Where,,here"}}) +
                                                 "[Inst.NT.Interfaces]\nAddInterface = {CDC35B6E-0BE4-4936-BF5F-5537380A7C1A},ref,Iface\n[Iface]\nAddReg = IfaceReg\n"
                                                 "[IfaceReg]\nHKR,,Name,,value\n"),
                  folder.path());
  ASSERT_TRUE(machine.AddRootDevice("root\\sample").started());
  EXPECT_EQ(Text(machine, u"Drydock", u"Where"), "here");
  EXPECT_EQ(Text(machine,
                 u"Control\\DeviceClasses\\{cdc35b6e-0be4-4936-bf5f-5537380a7c1a}\\##?#ROOT#SAMPLE#0000#{cdc35b6e-0be4-4936-bf5f-5537380a7c1a}\\#ref\\Device Parameters",
                 u"Name"),
            "value");
}

CONFORMANCE(DriverStore, AnImageInAFolderOfItsOwnIsFoundAndAFilterOfTheSystemsOwnIsLeftOut, "ours") {
  Folder folder;
  fs::create_directory(folder.path() + "/other");
  fs::create_directory(folder.path() + "/sample");
  folder.Image("sample/sample.so");
  machine.Install(folder.Write("sample.inx", test::SampleInf({{"DriverVer = 05/01/2024,1.2.3.4", "DriverVer ="},  // the build's to fill in
                                                              {"[Hard]", "[Hard]\nHKR,,UpperFilters,0x00010000,serenum"}})),
                  folder.path());
  auto device = machine.AddRootDevice("root\\sample", {.model = Bottom()});
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  EXPECT_THAT(StackOf(machine, device), ElementsAre("sample"));
  EXPECT_THAT(machine.DebugLog(), testing::Contains(HasSubstr("serenum, a filter of the system's own, is left out")));
}

CONFORMANCE(DriverStore, TheTreeTellsWhichCallRefusedWhenADeviceDoesNotStart, "ours") {
  Folder folder;
  folder.Image("sample.so");
  machine.Install(folder.Write("sample.inf", test::SampleInf({{"AddService = sample, 2, Service", "AddService = xsample, 2, Service"}})), folder.path());
  EXPECT_FALSE(machine.AddRootDevice("root\\sample", {.model = Bottom()}).started());
  std::vector<DeviceTreeNode> tree = DeviceTree(machine);
  ASSERT_EQ(tree.size(), 1u);
  EXPECT_THAT(tree[0].problem, HasSubstr("STATUS_INVALID_SECURITY_DESCR (0xC0000079); WdfDeviceCreate returned it (probe.c:"));
}

CONFORMANCE(DriverStore, SaysWhyADeviceHasNoDriver, "ours") {
  Folder folder;
  auto problem = [&](const char* id) {
    try {
      machine.AddRootDevice(id);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("(none)");
  };
  EXPECT_THAT(problem("root\\sample"), HasSubstr("root\\sample: no installed INF has one of its ids"));
  machine.Install(folder.Write("sample.inf", test::SampleInf()), folder.path());
  EXPECT_THAT(problem("root\\sample"), HasSubstr("service sample: sample.sys is not in " + folder.path()));
  std::string text = test::SampleInf({{"ServiceType = 1", ""}, {"AddReg = Soft", "AddReg = Nothing"}});
  std::string inf = folder.Write("bad.inf", text);
  try {
    machine.Install(inf, folder.path());
    ADD_FAILURE() << "was installed";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("bad.inf:19: AddReg: there is no section [Nothing]\n"));
    EXPECT_THAT(error.what(), HasSubstr("[Service]: ServiceType is missing"));
  }
  EXPECT_THROW(machine.Install(folder.path() + "/none.inf", folder.path()), Error);
  EXPECT_THROW(machine.Install(folder.path(), folder.path()), Error);
}

CONFORMANCE(DriverStore, UmdfDirectivesReachTheRegistry, "UM-08", "UM-09", "UM-11") {
  Folder folder;
  std::string inf = folder.Write(
      "um.inf", test::SampleInf({{"AddService = sample, 2, Service", "Include = WUDFRD.inf\nNeeds = WUDFRD.NT.Services"},
                                 {"KmdfService = sample, Wdf",
                                  "UmdfService = lowest, Wdf\nUmdfService = upper, Wdf\nUmdfServiceOrder = lowest, upper\nUmdfMethodNeitherAction = Copy"},
                                 {"KmdfLibraryVersion = 1.33", "UmdfLibraryVersion = 2.33.0\nServiceBinary = %13%\\um.dll"}}));
  machine.Install(inf, folder.path());
  try {
    machine.AddRootDevice("root\\sample");
    ADD_FAILURE() << "started without an image";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("service lowest: um.dll is not in"));  // the lowest first
  }
  const std::u16string device = std::u16string(kInstance) + u"\\Device Parameters\\WUDF";
  EXPECT_EQ(Text(machine, device, u"DriverList"), "lowest|upper");
  EXPECT_EQ(Text(machine, device, u"UmdfMethodNeitherAction"), "1");
  auto directive = [&](const char16_t* name) {
    ULONG value = 99;
    machine.Run([&] {
      nt::cm::GetDword(machine.kernel(), u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\WUDF\\Services\\upper", name, &value);
    });
    return value;
  };
  EXPECT_EQ(directive(u"UmdfMethodNeitherAction"), 1u);
  EXPECT_EQ(directive(u"UmdfKernelModeClientPolicy"), 0u);
  EXPECT_EQ(directive(u"UmdfFileObjectPolicy"), 0u);
  EXPECT_EQ(directive(u"UmdfFsContextUsePolicy"), 1u);
  EXPECT_EQ(directive(u"UmdfDirectHardwareAccess"), 0u);
  EXPECT_EQ(directive(u"UmdfRegisterAccessMode"), 0u);
  EXPECT_EQ(directive(u"UmdfHostProcessSharing"), 1u);
  EXPECT_EQ(directive(u"WdfMajorVersion"), 2u);
  EXPECT_EQ(directive(u"WdfMinorVersion"), 33u);
}

CONFORMANCE(DriverStore, UmdfDriversStandInTheirServiceOrderWhereTheReflectorStands, "UM-11") {
  Folder folder;
  folder.Image("lowest.dll.so", DRYDOCK_IMAGE(setup_probe_um));
  folder.Image("fupper.dll.so", DRYDOCK_IMAGE(setup_probe_um));
  folder.Image("kernel.so");
  auto umdf = [](const std::string& host, const std::string& more) {
    return test::SampleInf({{"AddService = sample, 2, Service", host},
                            {"KmdfService = sample, Wdf", "UmdfService = fupper, Wdf2\nUmdfService = lowest, Wdf\nUmdfServiceOrder = lowest, fupper"},
                            {"KmdfLibraryVersion = 1.33", "UmdfLibraryVersion = 2.33.0\nServiceBinary = %13%\\lowest.dll"}}) +
           "[Wdf2]\nUmdfLibraryVersion = 2.33.0\nServiceBinary = %13%\\fupper.dll\n" + more;
  };
  auto roles = [&](const std::string& name) {
    std::vector<std::string> list;
    for (const DeviceTreeNode& node : DeviceTree(machine)) {
      if (node.instance != name) continue;
      for (const auto& member : node.stack) list.push_back(member.driver + " " + member.role);
    }
    return list;
  };
  // As the function driver ...
  machine.Install(folder.Write("um.inf", umdf("Include = WUDFRD.inf\nNeeds = WUDFRD.NT.Services", "")), folder.path());
  auto device = machine.AddRootDevice("root\\sample");
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  EXPECT_THAT(roles(device.name()), ElementsAre("fupper upper filter", "lowest function", "PnpManager bus"));
  // ... and as filters below a kernel-mode driver.
  std::string below = umdf("Include = WUDFRD.inf\nNeeds = WUDFRD_LowerFilter.NT.Services\nAddService = kernel, 2, Kernel",
                           "[Kernel]\nServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%13%\\kernel.sys\n"
                           "[Inst.NT.Filters]\nInclude = WUDFRD.inf\nNeeds = WUDFRD_LowerFilter.NT.Filters\n");
  below.replace(below.find("root\\sample, root\\generic"), 25, "root\\below");
  machine.Install(folder.Write("below.inf", below), folder.path());
  auto second = machine.AddRootDevice("root\\below");
  ASSERT_TRUE(second.started()) << second.problem() << machine.ReportText();
  EXPECT_THAT(roles(second.name()), ElementsAre("kernel function", "fupper lower filter", "lowest lower filter", "PnpManager bus"));
  EXPECT_TRUE(machine.TakeDown().empty());
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

}  // namespace
}  // namespace drydock
