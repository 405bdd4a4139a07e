#pragma once
#include <windows.h>
#include <wdf.h>
#include <ntddser.h>
#include <strsafe.h>
#include <initguid.h>
#include <new>
