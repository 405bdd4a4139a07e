#pragma once

//
// ProcWatch - interface between driver and user mode
//
#define PW_DEVICE_NAME      L"\\Device\\ProcWatch"
#define PW_SYMLINK_NAME     L"\\DosDevices\\ProcWatch"
#define PW_WIN32_NAME       L"\\\\.\\ProcWatch"

#define PW_DEVICE_TYPE      0x8022

#define IOCTL_PW_GET_EVENT      CTL_CODE(PW_DEVICE_TYPE, 0x801, METHOD_OUT_DIRECT, FILE_READ_ACCESS)
#define IOCTL_PW_PROTECT_PID    CTL_CODE(PW_DEVICE_TYPE, 0x802, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define IOCTL_PW_BLOCK_IMAGE    CTL_CODE(PW_DEVICE_TYPE, 0x803, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define IOCTL_PW_GET_STATS      CTL_CODE(PW_DEVICE_TYPE, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)

enum class PwEventType : short
{
    None,
    ProcessCreate,
    ProcessExit,
    ThreadCreate,
    ThreadExit,
    ImageLoad,
    RegistrySet,
    HandleStripped,
};

#pragma pack(push, 8)
struct PwEventHeader
{
    PwEventType   Type;
    USHORT        Size;
    LARGE_INTEGER Time;
};

struct PwProcessCreate : PwEventHeader
{
    ULONG  ProcessId;
    ULONG  ParentProcessId;
    ULONG  CreatingProcessId;
    USHORT ImageOffset, ImageLength;            // bytes, from the start of the structure
    USHORT CommandLineOffset, CommandLineLength;
};

struct PwProcessExit : PwEventHeader
{
    ULONG ProcessId;
    ULONG ExitCode;
};

struct PwThread : PwEventHeader
{
    ULONG ProcessId, ThreadId;
};

struct PwImageLoad : PwEventHeader
{
    ULONG   ProcessId;
    ULONG64 Base;
    ULONG64 Length;
    WCHAR   Name[128];
};

struct PwRegistrySet : PwEventHeader
{
    ULONG ProcessId, ThreadId;
    WCHAR KeyName[256];
    WCHAR ValueName[64];
    ULONG DataType;
    UCHAR Data[128];
    ULONG DataSize;
};

struct PwHandleStripped : PwEventHeader
{
    ULONG       CallerId, TargetId;
    ACCESS_MASK Before, After;
};
#pragma pack(pop)

typedef struct _PW_STATS
{
    ULONG64 Queued;
    ULONG64 Dropped;
    ULONG   Waiting;
    ULONG   Callbacks;
} PW_STATS, *PPW_STATS;
