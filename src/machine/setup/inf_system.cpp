// What the system's own INFs say, as far as a machine has use for it: the services and filters behind Include and Needs. Written from the
// public documentation of how drivers use them.
#include "machine/setup/inf_package.h"

namespace drydock::machine::setup {
namespace {

constexpr char kWudfrd[] = R"([Version]
Signature="$WINDOWS NT$"
[WUDFRD.NT]
[WUDFRD.NT.HW]
[WUDFRD.NT.Services]
AddService=WUDFRd,0x000001fa,WUDFRD_ServiceInstall
[WUDFRD_LowerFilter.NT]
[WUDFRD_LowerFilter.NT.HW]
[WUDFRD_LowerFilter.NT.Services]
AddService=WUDFRd,0x000001f8,WUDFRD_ServiceInstall
[WUDFRD_LowerFilter.NT.Filters]
AddFilter=WUDFRd,,WUDFRD_LowerFilterInstall
[WUDFRD_UpperFilter.NT]
[WUDFRD_UpperFilter.NT.HW]
[WUDFRD_UpperFilter.NT.Services]
AddService=WUDFRd,0x000001f8,WUDFRD_ServiceInstall
[WUDFRD_UpperFilter.NT.Filters]
AddFilter=WUDFRd,,WUDFRD_UpperFilterInstall
[WUDFRD_LowerFilterInstall]
FilterPosition=Lower
[WUDFRD_UpperFilterInstall]
FilterPosition=Upper
[WUDFRD_ServiceInstall]
DisplayName="Windows Driver Foundation - User-mode Driver Framework Reflector"
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\WUDFRd.sys
)";

constexpr char kMsHidUmdf[] = R"([Version]
Signature="$WINDOWS NT$"
[MsHidUmdf.NT]
[MsHidUmdf.NT.HW]
[MsHidUmdf.NT.Services]
AddService=mshidumdf,0x000001fa,MsHidUmdf_ServiceInstall
[MsHidUmdf_ServiceInstall]
DisplayName="Pass-through HID to UMDF Driver"
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\mshidumdf.sys
)";

constexpr char kMsHidKmdf[] = R"([Version]
Signature="$WINDOWS NT$"
[MsHidKmdf.NT]
[MsHidKmdf.NT.HW]
[MsHidKmdf.NT.Services]
AddService=mshidkmdf,0x000001fa,MsHidKmdf_ServiceInstall
[MsHidKmdf_ServiceInstall]
DisplayName="Pass-through HID to KMDF Filter Driver"
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\mshidkmdf.sys
)";

constexpr char kKeyboard[] = R"([Version]
Signature="$WINDOWS NT$"
Class=Keyboard
ClassGuid={4D36E96B-E325-11CE-BFC1-08002BE10318}
Provider=System
DriverVer=06/21/2006,10.0.0.0
[Manufacturer]
System=Keyboards,NTamd64
[Keyboards.NTamd64]
"Standard PS/2 Keyboard"=STANDARD_Inst,ACPI\PNP0303,*PNP0303
"HID Keyboard Device"=HID_Keyboard_Inst,HID_DEVICE_SYSTEM_KEYBOARD
[HID_Keyboard_Inst.NT]
[HID_Keyboard_Inst.NT.HW]
[HID_Keyboard_Inst.NT.Services]
AddService=kbdhid,0x000001fa,kbdhid_ServiceInstall
[kbdhid_ServiceInstall]
DisplayName="Keyboard HID Driver"
ServiceType=1
StartType=3
ErrorControl=0
ServiceBinary=%12%\kbdhid.sys
[STANDARD_Inst]
[STANDARD_Inst.HW]
[STANDARD_Inst.Services]
AddService=i8042prt,0x000001fa,i8042prt_ServiceInstall
[STANDARD_Inst.NT]
[STANDARD_Inst.NT.HW]
[STANDARD_Inst.NT.Services]
AddService=i8042prt,0x000001fa,i8042prt_ServiceInstall
[i8042prt_ServiceInstall]
DisplayName="PS/2 Keyboard and Mouse Port Driver"
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\i8042prt.sys
)";

constexpr char kMouse[] = R"([Version]
Signature="$WINDOWS NT$"
Class=Mouse
ClassGuid={4D36E96F-E325-11CE-BFC1-08002BE10318}
Provider=System
DriverVer=06/21/2006,10.0.0.0
[Manufacturer]
System=Mice,NTamd64
[Mice.NTamd64]
"PS/2 Compatible Mouse"=PS2_Inst,ACPI\PNP0F13,*PNP0F13
"HID-compliant mouse"=HID_Mouse_Inst,HID_DEVICE_SYSTEM_MOUSE
[PS2_Inst]
[PS2_Inst.HW]
[PS2_Inst.Services]
AddService=i8042prt,0x000001fa,i8042prt_ServiceInstall
[HID_Mouse_Inst.NT]
[HID_Mouse_Inst.NT.HW]
[HID_Mouse_Inst.NT.Services]
AddService=mouhid,0x000001fa,mouhid_ServiceInstall
[mouhid_ServiceInstall]
DisplayName="Mouse HID Driver"
ServiceType=1
StartType=3
ErrorControl=0
ServiceBinary=%12%\mouhid.sys
[PS2_Inst.NT]
[PS2_Inst.NT.HW]
[PS2_Inst.NT.Services]
AddService=i8042prt,0x000001fa,i8042prt_ServiceInstall
[i8042prt_ServiceInstall]
DisplayName="PS/2 Keyboard and Mouse Port Driver"
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\i8042prt.sys
)";

// The battery class driver, which batteries link to: files alone.
constexpr char kBattery[] = R"([Version]
Signature="$WINDOWS NT$"
[Battery_Inst]
[Battery_Inst.NT]
)";

// A device that a driver makes through the Virtual HID Framework: the HID class above it.
constexpr char kHidVhf[] = R"([Version]
Signature="$WINDOWS NT$"
Class=HIDClass
ClassGuid={745A17A0-74D3-11D0-B6FE-00A0C90F57DA}
Provider=System
DriverVer=06/21/2006,10.0.0.0
[Manufacturer]
System=Devices,NTamd64
[Devices.NTamd64]
"Virtual HID Framework (VHF) HID device"=HidVhf_Inst,VHF\HID_DEVICE
[HidVhf_Inst.NT]
[HidVhf_Inst.NT.Services]
AddService=mshidkmdf,0x000001fa,MsHidKmdf_ServiceInstall
[MsHidKmdf_ServiceInstall]
DisplayName="Pass-through HID to KMDF Filter Driver"
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\mshidkmdf.sys
)";

// A collection of a HID device that no driver wants: a device of the class, without a service, so that the class's filters are above it.
constexpr char kInput[] = R"([Version]
Signature="$WINDOWS NT$"
Class=HIDClass
ClassGuid={745A17A0-74D3-11D0-B6FE-00A0C90F57DA}
Provider=System
DriverVer=06/21/2006,10.0.0.0
[Manufacturer]
System=Devices,NTamd64
[Devices.NTamd64]
"HID-compliant game controller"=HID_Raw_Inst,HID_DEVICE_SYSTEM_GAME
"HID-compliant consumer control device"=HID_Raw_Inst,HID_DEVICE_SYSTEM_CONSUMER
"HID-compliant system controller"=HID_Raw_Inst,HID_DEVICE_SYSTEM_CONTROL
"HID-compliant device"=HID_Raw_Inst,,HID_DEVICE
[HID_Raw_Inst.NT]
[HID_Raw_Inst.NT.Services]
AddService=,0x00000002
)";

}  // namespace

const char* SystemInf(std::string_view file_name) {
  static constexpr struct {
    std::string_view name;
    const char* text;
  } kFiles[] = {{"wudfrd.inf", kWudfrd}, {"mshidumdf.inf", kMsHidUmdf}, {"mshidkmdf.inf", kMsHidKmdf}, {"keyboard.inf", kKeyboard}, {"msmouse.inf", kMouse}, {"battery.inf", kBattery}, {"hidvhf.inf", kHidVhf}, {"input.inf", kInput}};
  for (const auto& file : kFiles)
    if (InfEqual(file.name, file_name)) return file.text;
  return nullptr;
}

}  // namespace drydock::machine::setup
