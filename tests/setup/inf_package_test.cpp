// What an INF says: decorations, registry entries, services, filters, framework directives, includes; and its mistakes, each with its line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/setup/inf_package.h"
#include "setup/sample_inf.h"
#include "support/spec.h"

namespace drydock::machine::setup {
namespace {

using testing::ElementsAre;
using testing::Contains;
using testing::HasSubstr;

struct Read {
  explicit Read(std::string_view text, InfTarget target = {}, InfLoader loader = nullptr)
      : file(InfFile::Parse(text, "x.inf", target.locale, report)), package(ReadPackage(file, target, loader, report)) {}
  InfReport report;
  InfFile file;
  DriverPackage package;
  const DeviceInstall& install() const { return package.installs.at(0); }
};

TEST(InfPackage, AWholeInfIsUnderstood) {
  Read inf(test::SampleInf());
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  const DriverPackage& package = inf.package;
  EXPECT_EQ(package.class_name, "Sample");
  EXPECT_EQ(package.class_guid, "{78a1c341-4539-11d3-b88d-00c04fad5171}");
  EXPECT_EQ(package.date, 20240501u);
  EXPECT_EQ(package.version, "1.2.3.4");
  EXPECT_EQ(package.version_number, 0x0001000200030004u);
  ASSERT_EQ(package.models.size(), 1u);
  EXPECT_EQ(package.models[0].description, "Sample device");
  EXPECT_EQ(package.models[0].hardware_id, "root\\sample");
  EXPECT_THAT(package.models[0].compatible_ids, ElementsAre("root\\generic"));
  ASSERT_EQ(package.installs.size(), 1u);
  EXPECT_EQ(inf.install().section, "Inst.NT");
  ASSERT_EQ(inf.install().services.size(), 1u);
  const ServiceInstall& service = inf.install().services[0];
  EXPECT_EQ(service.name, "sample");
  EXPECT_TRUE(service.function());
  EXPECT_EQ(service.start, 3u);
  EXPECT_EQ(service.binary, "%13%\\sample.sys");
  EXPECT_EQ(service.load_order_group, "Extended Base");
  ASSERT_EQ(inf.install().wdf.kmdf.size(), 1u);
  EXPECT_EQ(inf.install().wdf.kmdf[0].library_version, "1.33");
  EXPECT_THAT(inf.install().files, ElementsAre("sample.sys"));
}

TEST(InfPackage, TheBestModelsSectionForTheSystemIsChosen) {
  auto description = [](const char* decorations, uint32_t build = 22621, uint32_t product = 1) {
    std::string text = test::SampleInf({{"%Maker% = Models,NTamd64", std::string("%Maker% = Models,") + decorations}});
    for (const char* name : {"NT", "NTx86", "NTarm64", "NTamd64.6.1", "NTamd64.10.0", "NTamd64.10.0...16299", "NTamd64.10.0...22000", "NTamd64.10.0...99999",
                             "NTamd64.10.0.1", "NTamd64...3"})
      text += std::string("[Models.") + name + "]\n\"" + name + "\" = Inst, root\\sample\n";
    InfTarget target;
    target.build = build;
    target.product_type = product;
    Read inf(text, target);
    return inf.package.models.empty() ? std::string("(none)") : inf.package.models[0].description;
  };
  EXPECT_EQ(description("NTamd64.6.1,NTamd64.10.0"), "NTamd64.10.0");
  EXPECT_EQ(description("NTamd64.10.0,NTamd64.6.1"), "NTamd64.10.0");
  EXPECT_EQ(description("NTamd64.10.0...16299,NTamd64.10.0...22000"), "NTamd64.10.0...22000");
  EXPECT_EQ(description("NTamd64.10.0...16299,NTamd64.10.0...22000", 19041), "NTamd64.10.0...16299");
  EXPECT_EQ(description("NTamd64.10.0...99999,NTamd64.6.1"), "NTamd64.6.1");
  EXPECT_EQ(description("NTamd64.10.0,NTamd64.10.0.1"), "NTamd64.10.0.1");  // a workstation, said so
  EXPECT_EQ(description("NTamd64.10.0,NTamd64.10.0.1", 22621, 3), "NTamd64.10.0");
  EXPECT_EQ(description("NT,NTx86,NTarm64"), "(none)");  // NT alone is x86
  EXPECT_EQ(description("NTamd64...3", 22621, 3), "NTamd64...3");
}

TEST(InfPackage, TheInstallSectionOfTheSystemIsChosen) {
  auto section = [](std::string extra) { return Read(test::SampleInf() + extra).package.installs.at(0).section; };
  EXPECT_EQ(section(""), "Inst.NT");
  EXPECT_EQ(section("[Inst]\n"), "Inst.NT");
  EXPECT_EQ(section("[Inst.NTamd64]\n[Inst.NTx86]\n"), "Inst.NTamd64");
}

TEST(InfPackage, AddRegWritesEveryKindOfValue) {
  Read inf(test::SampleInf({{"[Soft]", "[Soft]\n"
                                       "HKR,,Sz,,\"text, with comma\"\n"
                                       "HKR,Sub\\Key,Number,0x00010001,0x1234\n"
                                       "HKR,,FromBytes,0x00010001,04,03,02,01\n"
                                       "HKR,,Many,0x00010000,one,\"two\",\n"
                                       "HKR,,Expand,0x00020000,%%SystemRoot%%\\x\n"
                                       "HKR,,Bytes,1,de,AD,0xbe,ef\n"
                                       "HKR,,Quad,0x000B0001,1,0,0,0,0,0,0,0\n"
                                       "HKR,,Keep,0x00000002,x\n"
                                       "HKR,,Append,0x00010008,more\n"
                                       "HKR,Only\\Key\n"
                                       "HKR,Flagged,,0x00000010\n"
                                       "HKR,,Gone,0x00000004\n"
                                       "HKLM,Software\\X,,,default\n"
                                       "HKCR,.x,,,y\n"
                                       "HKR,,Negative,0x00010001,-2\n"}}));
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  const std::vector<RegistryChange>& changes = inf.install().driver_changes;
  auto named = [&](const char* name) -> const RegistryChange& {
    for (const RegistryChange& change : changes)
      if (change.name == name) return change;
    ADD_FAILURE() << name;
    return changes[0];
  };
  EXPECT_EQ(named("Sz").data, RegistryText("text, with comma"));
  EXPECT_EQ(named("Number").subkey, "Sub\\Key");
  EXPECT_THAT(named("Number").data, ElementsAre(0x34, 0x12, 0, 0));
  EXPECT_THAT(named("FromBytes").data, ElementsAre(4, 3, 2, 1));
  EXPECT_EQ(named("Many").data, RegistryTexts({"one", "two"}));
  EXPECT_EQ(named("Many").type, 7u);
  EXPECT_EQ(named("Expand").type, 2u);
  EXPECT_EQ(named("Expand").data, RegistryText("%SystemRoot%\\x"));
  EXPECT_THAT(named("Bytes").data, ElementsAre(0xDE, 0xAD, 0xBE, 0xEF));
  EXPECT_EQ(named("Quad").type, 11u);
  EXPECT_EQ(named("Quad").data.size(), 8u);
  EXPECT_TRUE(named("Keep").keep_existing);
  EXPECT_EQ(named("Append").kind, RegistryChange::Kind::kAppend);
  EXPECT_EQ(named("Gone").kind, RegistryChange::Kind::kDeleteValue);
  EXPECT_THAT(named("Negative").data, ElementsAre(0xFE, 0xFF, 0xFF, 0xFF));
  size_t keys = 0, absolute = 0;
  for (const RegistryChange& change : changes) {
    keys += change.kind == RegistryChange::Kind::kMakeKey ? 1 : 0;
    absolute += change.root != RegistryRoot::kRelative ? 1 : 0;
  }
  EXPECT_EQ(keys, 2u);
  EXPECT_EQ(absolute, 2u);
}

TEST(InfPackage, DelRegTakesValuesKeysAndStringsAway) {
  Read inf(test::SampleInf({{"AddReg = Soft", "DelReg = Gone\nAddReg = Soft"}}) + "[Gone]\nHKR,,Value\nHKR,Key\nHKR,,List,0x00018002,one\n");
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  const auto& changes = inf.install().driver_changes;
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes[0].kind, RegistryChange::Kind::kDeleteValue);
  EXPECT_EQ(changes[1].kind, RegistryChange::Kind::kDeleteKey);
  EXPECT_EQ(changes[2].kind, RegistryChange::Kind::kDeleteString);
  EXPECT_THAT(changes[2].text, ElementsAre("one"));
}

TEST(InfPackage, FiltersComeByDirectiveOrByRegistryValue) {
  Read inf(test::SampleInf() +
           "[Inst.NT.Filters]\nAddFilter = up,,Upper\nAddFilter = low,0,Lower\n[Upper]\nFilterPosition = Upper\n[Lower]\nFilterPosition = Lower\n");
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  ASSERT_EQ(inf.install().filters.size(), 2u);
  EXPECT_TRUE(inf.install().filters[0].upper);
  EXPECT_EQ(inf.install().filters[1].service, "low");
  EXPECT_FALSE(inf.install().filters[1].upper);
}

TEST(InfPackage, InterfacesHaveKeysOfTheirOwn) {
  Read inf(test::SampleInf() + "[Inst.NT.Interfaces]\nAddInterface = {CDC35B6E-0BE4-4936-BF5F-5537380A7C1A},ref,Iface\n[Iface]\nAddReg = IfaceReg\n"
                               "[IfaceReg]\nHKR,,Name,,value\n");
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  ASSERT_EQ(inf.install().interfaces.size(), 1u);
  EXPECT_EQ(inf.install().interfaces[0].guid, "{cdc35b6e-0be4-4936-bf5f-5537380a7c1a}");
  EXPECT_EQ(inf.install().interfaces[0].reference, "ref");
  EXPECT_EQ(inf.install().interfaces[0].changes.size(), 1u);
}

std::string UmdfInf(const std::string& directives) {
  return test::SampleInf({{"AddService = sample, 2, Service", "Include = WUDFRD.inf\nNeeds = WUDFRD.NT.Services"},
                          {"KmdfService = sample, Wdf", "UmdfService = sample, Wdf\nUmdfServiceOrder = sample\n" + directives},
                          {"KmdfLibraryVersion = 1.33", "UmdfLibraryVersion = 2.33.0\nServiceBinary = %13%\\sample.dll"}});
}

TEST(InfPackage, UmdfDirectivesHaveTheDocumentedDefaults) {
  RecordProperty("spec", "UM-08,UM-09,UM-10");
  Read inf(UmdfInf(""));
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  const WdfInstall& wdf = inf.install().wdf;
  EXPECT_FALSE(wdf.allow_kernel_mode_clients);
  EXPECT_FALSE(wdf.method_neither_copy);
  EXPECT_FALSE(wdf.allow_null_and_unknown_file_objects);
  EXPECT_EQ(wdf.fs_context, WdfInstall::FsContext::kFsContext);
  EXPECT_FALSE(wdf.allow_direct_hardware_access);
  EXPECT_FALSE(wdf.register_access_user_mapping);
  EXPECT_TRUE(wdf.process_sharing);
  EXPECT_EQ(wdf.dispatcher, "");
  EXPECT_EQ(wdf.impersonation_level, "");
  ASSERT_EQ(wdf.umdf.size(), 1u);
  EXPECT_EQ(wdf.umdf[0].binary, "%13%\\sample.dll");
  ASSERT_EQ(inf.install().services.size(), 1u);  // of the system's own INF
  EXPECT_EQ(inf.install().services[0].name, "WUDFRd");
  EXPECT_TRUE(inf.install().services[0].function());
}

TEST(InfPackage, UmdfDirectivesAreRead) {
  Read inf(UmdfInf("UmdfKernelModeClientPolicy = AllowKernelModeClients\nUmdfMethodNeitherAction = Copy\n"
                   "UmdfFileObjectPolicy = AllowNullAndUnknownFileObjects\nUmdfFsContextUsePolicy = CanUseFsContext2\n"
                   "UmdfDirectHardwareAccess = AllowDirectHardwareAccess\nUmdfRegisterAccessMode = RegisterAccessUsingUserModeMapping\n"
                   "UmdfHostProcessSharing = ProcessSharingDisabled\nUmdfDispatcher = NativeUSB\nUmdfImpersonationLevel = Impersonation\n"));
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  const WdfInstall& wdf = inf.install().wdf;
  EXPECT_TRUE(wdf.allow_kernel_mode_clients);
  EXPECT_TRUE(wdf.method_neither_copy);
  EXPECT_TRUE(wdf.allow_null_and_unknown_file_objects);
  EXPECT_EQ(wdf.fs_context, WdfInstall::FsContext::kFsContext2);
  EXPECT_TRUE(wdf.allow_direct_hardware_access);
  EXPECT_TRUE(wdf.register_access_user_mapping);
  EXPECT_FALSE(wdf.process_sharing);
  EXPECT_EQ(wdf.dispatcher, "NativeUSB");
  EXPECT_EQ(wdf.impersonation_level, "Impersonation");
}

TEST(InfPackage, UmdfMistakesAreTold) {
  RecordProperty("spec", "UM-11");
  auto errors = [](const std::string& text) { return Read(text).report.Lines(true); };
  EXPECT_THAT(errors(UmdfInf("UmdfMethodNeitherAction = Perhaps\n")), Contains(HasSubstr("'Perhaps' is neither Reject nor Copy")));
  EXPECT_THAT(errors(UmdfInf("UmdfDispatcher = Post\n")), Contains(HasSubstr("'Post' is none of FileHandle, NativeUSB, WinUsb")));
  EXPECT_THAT(errors(UmdfInf("UmdfService = ThisNameHasMoreThanThirtyOneCharacters, Wdf\n")), Contains(HasSubstr("31 is the most")));
  std::string no_order = UmdfInf("");
  no_order.replace(no_order.find("UmdfServiceOrder = sample"), 25, "");
  EXPECT_THAT(errors(no_order), Contains(HasSubstr("UmdfServiceOrder is missing")));
  std::string no_host = UmdfInf("");
  no_host.replace(no_host.find("Needs = WUDFRD.NT.Services"), 26, "");
  EXPECT_THAT(errors(no_host), Contains(HasSubstr("no service WUDFRd is added")));
}

TEST(InfPackage, IncludedInfsOfTheFolderAreReadAndThoseOfTheSystemNoted) {
  std::string text = test::SampleInf({{"[Inst.NT]\n", "[Inst.NT]\nInclude = own.inf, machine.inf\nNeeds = Own.Section, Machine.Section\n"}});
  Read inf(text, {}, [](const std::string& name) -> std::optional<std::string> {
    if (name != "own.inf") return std::nullopt;
    return "[Own.Section]\nAddReg = OwnReg\n[OwnReg]\nHKR,,Own,,1\n";
  });
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
  EXPECT_EQ(inf.install().driver_changes.back().name, "Own");
  EXPECT_THAT(inf.report.Lines(false), Contains(HasSubstr("machine.inf is the system's and not known here")));
}

TEST(InfPackage, AnInfThatNeedsItselfEnds) {
  Read inf(test::SampleInf({{"[Inst.NT]\n", "[Inst.NT]\nInclude = x.inf\nNeeds = Inst.NT\n"}}));
  EXPECT_TRUE(inf.report.ok()) << inf.report.ErrorText();
}

TEST(InfPackage, EveryMistakeIsToldWithItsLine) {
  struct Row {
    const char* from;
    const char* to;
    const char* words;
  };
  const Row kRows[] = {
      {"Signature = \"$WINDOWS NT$\"", "Signature = \"$Windows 95$\"", "x.inf:2: the signature '$Windows 95$' is not for this system"},
      {"ClassGuid = {78A1C341-4539-11d3-B88D-00C04FAD5171}", "ClassGuid = {78A1C341}", "x.inf:4: ClassGuid: '{78A1C341}' is no GUID"},
      {"DriverVer = 05/01/2024,1.2.3.4", "DriverVer = 2024-05-01", "x.inf:6: DriverVer:"},
      {"%Maker% = Models,NTamd64", "%Maker% = Modells,NTamd64", "there is no section [Modells.NTamd64]"},
      {"%Maker% = Models,NTamd64", "%Maker% = Models,NTmips", "'NTmips' names no system"},
      {"%Desc% = Inst, root\\sample", "%Desc% = Install, root\\sample", "there is no section [Install.NT], [Install.NTamd64] or [Install]"},
      {"%Desc% = Inst, root\\sample", "%Desk% = Inst, root\\sample", "%Desk% is not in [Strings]"},
      {"AddReg = Soft", "AddReg = Sofd", "AddReg: there is no section [Sofd]"},
      {"CopyFiles = Files", "CopyFiles = @other.sys", "other.sys is copied, but does not stand in [SourceDisksFiles]"},
      {"sample.sys = 1,,", "sample.sys = 2", "no disk 2 stands in [SourceDisksNames]"},
      {"DefaultDestDir = 13", "DefaultDestDir = there", "[DestinationDirs]: no folder"},
      {"AddService = sample, 2, Service", "AddService = sample, two, Service", "AddService: 'two' are no flags"},
      {"AddService = sample, 2, Service", "AddService = sample, 2, Nothing", "AddService: there is no section [Nothing]"},
      {"ServiceType = 1", "", "[Service]: ServiceType is missing"},
      {"StartType = 3", "StartType = 9", "StartType is 0 to 4"},
      {"ServiceBinary = %13%\\sample.sys", "", "[Service]: ServiceBinary is missing"},
      {"KmdfLibraryVersion = 1.33", "KmdfLibraryVersion = new", "'new' is no version"},
      {"KmdfLibraryVersion = 1.33", "", "[Wdf]: KmdfLibraryVersion is missing"},
      {"[Soft]", "[Soft]\nHKX,,a,,b", "AddReg: 'HKX' is no registry root"},
      {"[Soft]", "[Soft]\nHKR,,a,zz,b", "AddReg: 'zz' are no flags"},
      {"[Soft]", "[Soft]\nHKR,,a,0x00010001,many", "AddReg: 'many' is no number of 32 bits"},
      {"[Soft]", "[Soft]\nHKR,,a,1,xyz", "AddReg: 'xyz' is no byte"},
      {"[Soft]", "[Soft]\nHKR,,a,,b,c", "more than one value"},
      {"[Soft]", "[Soft]\nHKR", "neither a subkey nor a value"},
  };
  for (const Row& row : kRows) {
    Read inf(test::SampleInf({{row.from, row.to}}));
    EXPECT_THAT(inf.report.Lines(true), Contains(HasSubstr(row.words))) << row.to;
  }
  EXPECT_THAT(Read("").report.Lines(true), ElementsAre("x.inf: no section: this is no INF"));
  EXPECT_THAT(Read("[Version]\nSignature=\"$Windows NT$\"\n").report.Lines(true),
              ElementsAre("x.inf: there is no [Manufacturer]: the INF installs no device"));
}

TEST(InfPackage, SeveralMistakesAreToldTogether) {
  Read inf(test::SampleInf({{"AddReg = Soft", "AddReg = Sofd"}, {"ServiceType = 1", ""}, {"KmdfLibraryVersion = 1.33", "KmdfLibraryVersion = x"}}));
  EXPECT_EQ(inf.report.Lines(true).size(), 3u) << inf.report.ErrorText();
}

}  // namespace
}  // namespace drydock::machine::setup
