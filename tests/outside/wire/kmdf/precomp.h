#pragma once
extern "C" {
#include <ntddk.h>
#include <wdf.h>
#include <ntddser.h>
#include <ntstrsafe.h>
#include <initguid.h>
}
#define WIRE_TAG 'riaP'
