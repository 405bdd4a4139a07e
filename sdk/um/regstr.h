// Names of keys and values of device installation in the registry. Source: public documentation of registry trees and keys for devices.
#ifndef _INC_REGSTR
#define _INC_REGSTR

#define REGSTR_PATH_CURRENT_CONTROL_SET TEXT("System\\CurrentControlSet\\Control")
#define REGSTR_PATH_SYSTEMENUM TEXT("System\\CurrentControlSet\\Enum")
#define REGSTR_PATH_ENUM REGSTR_PATH_SYSTEMENUM
#define REGSTR_PATH_CLASS_NT TEXT("System\\CurrentControlSet\\Control\\Class")
#define REGSTR_PATH_DEVICE_CLASSES TEXT("System\\CurrentControlSet\\Control\\DeviceClasses")
#define REGSTR_PATH_SERVICES TEXT("System\\CurrentControlSet\\Services")
#define REGSTR_PATH_SETUP TEXT("Software\\Microsoft\\Windows\\CurrentVersion")
#define REGSTR_PATH_RUN TEXT("Software\\Microsoft\\Windows\\CurrentVersion\\Run")
#define REGSTR_PATH_RUNONCE TEXT("Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce")
#define REGSTR_PATH_UNINSTALL TEXT("Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall")
#define REGSTR_KEY_CURRENTCONTROLSET TEXT("CurrentControlSet")
#define REGSTR_KEY_CONTROL TEXT("Control")
#define REGSTR_KEY_ENUM TEXT("Enum")
#define REGSTR_KEY_CLASS TEXT("Class")
#define REGSTR_KEY_DEVICEPARAMETERS TEXT("Device Parameters")
#define REGSTR_KEY_DEVICE_PROPERTIES TEXT("Properties")
#define REGSTR_KEY_FILTERS TEXT("Filters")
#define REGSTR_KEY_INDICATOR TEXT("Indicator")
#define REGSTR_VAL_ADDRESS TEXT("Address")
#define REGSTR_VAL_CAPABILITIES TEXT("Capabilities")
#define REGSTR_VAL_CLASS TEXT("Class")
#define REGSTR_VAL_CLASSDESC TEXT("ClassDesc")
#define REGSTR_VAL_CLASSGUID TEXT("ClassGUID")
#define REGSTR_VAL_COMPATIBLEIDS TEXT("CompatibleIDs")
#define REGSTR_VAL_CONFIGFLAGS TEXT("ConfigFlags")
#define REGSTR_VAL_DEVDESC TEXT("DeviceDesc")
#define REGSTR_VAL_DEVICE_CHARACTERISTICS TEXT("DeviceCharacteristics")
#define REGSTR_VAL_DEVICE_EXCLUSIVE TEXT("Exclusive")
#define REGSTR_VAL_DEVICE_SECURITY_DESCRIPTOR TEXT("Security")
#define REGSTR_VAL_DEVICE_TYPE TEXT("DeviceType")
#define REGSTR_VAL_DRIVER TEXT("Driver")
#define REGSTR_VAL_DRIVERDATE TEXT("DriverDate")
#define REGSTR_VAL_DRIVERDATEDATA TEXT("DriverDateData")
#define REGSTR_VAL_DRIVERVERSION TEXT("DriverVersion")
#define REGSTR_VAL_DRVDESC TEXT("DriverDesc")
#define REGSTR_VAL_FRIENDLYNAME TEXT("FriendlyName")
#define REGSTR_VAL_HARDWAREID TEXT("HardwareID")
#define REGSTR_VAL_INFPATH TEXT("InfPath")
#define REGSTR_VAL_INFSECTION TEXT("InfSection")
#define REGSTR_VAL_INFSECTIONEXT TEXT("InfSectionExt")
#define REGSTR_VAL_LOCATION_INFORMATION TEXT("LocationInformation")
#define REGSTR_VAL_LOWERFILTERS TEXT("LowerFilters")
#define REGSTR_VAL_MATCHINGDEVID TEXT("MatchingDeviceId")
#define REGSTR_VAL_MFG TEXT("Mfg")
#define REGSTR_VAL_PROVIDER_NAME TEXT("ProviderName")
#define REGSTR_VAL_SERVICE TEXT("Service")
#define REGSTR_VAL_UI_NUMBER TEXT("UINumber")
#define REGSTR_VAL_UPPERFILTERS TEXT("UpperFilters")
// ConfigFlags
#define CONFIGFLAG_DISABLED 0x00000001
#define CONFIGFLAG_REMOVED 0x00000002
#define CONFIGFLAG_MANUAL_INSTALL 0x00000004
#define CONFIGFLAG_IGNORE_BOOT_LC 0x00000008
#define CONFIGFLAG_REINSTALL 0x00000020
#define CONFIGFLAG_FAILEDINSTALL 0x00000040
#define CONFIGFLAG_FINISH_INSTALL 0x00000400

#endif  // _INC_REGSTR
