// The version that the system's own files have; scripts of resources include it before common.ver. Source: public documentation of the kit's build.
#ifndef _NTVERP_H_
#define _NTVERP_H_

#define VER_PRODUCTBUILD 22621
#define VER_PRODUCTBUILD_QFE 1
#define VER_PRODUCTMAJORVERSION 10
#define VER_PRODUCTMINORVERSION 0
#define VER_PRODUCTVERSION_W (0x0A00)
#define VER_PRODUCTVERSION_DW (0x0A000000 | VER_PRODUCTBUILD)
#define VER_PRODUCTVERSION 10, 0, VER_PRODUCTBUILD, VER_PRODUCTBUILD_QFE
#define VER_PRODUCTVERSION_STR "10.0.22621.1"
#define VER_PRODUCTBETA_STR ""
#define VER_COMPANYNAME_STR "Microsoft Corporation"
#define VER_PRODUCTNAME_STR "Windows"
#define VER_LEGALTRADEMARKS_STR ""
#ifndef VER_DEBUG
#define VER_DEBUG 0
#endif
#define VER_PRERELEASE 0
#define VER_FILEFLAGSMASK 0x3F
#define VER_FILEOS 0x00040004
#define VER_FILEFLAGS (VER_PRERELEASE | VER_DEBUG)

#endif  // _NTVERP_H_
