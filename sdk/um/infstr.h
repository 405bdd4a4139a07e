// Names in INF files that programs ask for. Source: public documentation of INF files.
#ifndef _INC_INFSTR
#define _INC_INFSTR

#define INFSTR_SECT_VERSION TEXT("Version")
#define INFSTR_KEY_SIGNATURE TEXT("Signature")
#define INFSTR_KEY_PROVIDER TEXT("Provider")
#define INFSTR_KEY_CLASS TEXT("Class")
#define INFSTR_KEY_HARDWARE_CLASS TEXT("Class")
#define INFSTR_KEY_HARDWARE_CLASSGUID TEXT("ClassGUID")
#define INFSTR_KEY_CATALOGFILE TEXT("CatalogFile")
#define INFSTR_DRIVERVERSION_SECTION TEXT("DriverVer")
#define INFSTR_SECT_MFG TEXT("Manufacturer")
#define INFSTR_SECT_DESTINATIONDIRS TEXT("DestinationDirs")
#define INFSTR_SECT_STRINGS TEXT("Strings")
#define INFSTR_SECT_CLASS_INSTALL_32 TEXT("ClassInstall32")
#define INFSTR_KEY_COPYFILES TEXT("CopyFiles")
#define INFSTR_KEY_DELFILES TEXT("DelFiles")
#define INFSTR_KEY_ADDREG TEXT("AddReg")
#define INFSTR_KEY_DELREG TEXT("DelReg")
#define INFSTR_KEY_NEEDS TEXT("Needs")
#define INFSTR_KEY_ADDSERVICE TEXT("AddService")
#define INFSTR_SUBKEY_HW TEXT("Hw")
#define INFSTR_SUBKEY_SERVICES TEXT("Services")
#define INFSTR_SUBKEY_INTERFACES TEXT("Interfaces")
#define INFSTR_SUBKEY_COINSTALLERS TEXT("CoInstallers")

#endif  // _INC_INFSTR
