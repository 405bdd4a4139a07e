// A small, correct INF for tests, with parts of it replaced.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace drydock::test {

inline std::string SampleInf(const std::vector<std::pair<std::string, std::string>>& replaced = {}) {
  std::string text = R"([Version]
Signature = "$WINDOWS NT$"
Class = Sample
ClassGuid = {78A1C341-4539-11d3-B88D-00C04FAD5171}
Provider = %Maker%
DriverVer = 05/01/2024,1.2.3.4
[DestinationDirs]
DefaultDestDir = 13
[SourceDisksNames]
1 = "Disk"
[SourceDisksFiles]
sample.sys = 1,,
[Manufacturer]
%Maker% = Models,NTamd64
[Models.NTamd64]
%Desc% = Inst, root\sample, root\generic
[Inst.NT]
CopyFiles = Files
AddReg = Soft
[Files]
sample.sys
[Soft]
HKR,,Made,0x00010001,2024
[Inst.NT.HW]
AddReg = Hard
[Hard]
HKR,,Depth,0x00010001,4
[Inst.NT.Services]
AddService = sample, 2, Service
[Service]
DisplayName = %Desc%
ServiceType = 1
StartType = 3
ErrorControl = 1
ServiceBinary = %13%\sample.sys
LoadOrderGroup = Extended Base
[Inst.NT.Wdf]
KmdfService = sample, Wdf
[Wdf]
KmdfLibraryVersion = 1.33
[Strings]
Maker = "Drydock tests"
Desc = "Sample device"
)";
  for (const auto& [from, to] : replaced)
    if (size_t at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

}  // namespace drydock::test
